import type { MiddlewareHandler } from "hono";
import { WebError } from "../errors.ts";
import type { WebSettings } from "../options.ts";

const HEADERS: ReadonlyArray<[string, string]> = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
      "form-action 'none'; frame-ancestors 'none'",
  ],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
];

export const secureHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of HEADERS) context.header(name, value);
};

/**
 * Refuse requests that come by a foreign name. A page whose name was made to point at this machine could otherwise
 * speak to a server that trusts everybody who reaches it.
 */
export function guardHost({ access, allowedHosts }: WebSettings): MiddlewareHandler {
  const anyName = access.kind !== "loopback" && allowedHosts.length === 0;
  return async (context, next) => {
    const name = hostName(context.req.raw);
    if (!anyName && !isLoopback(name) && !allowedHosts.includes(name)) {
      throw new WebError("wrong-host", "This server does not answer under that name.");
    }
    await next();
  };
}

/** Refuse what pages of other sites send; scripts send no origin. */
export const guardOrigin: MiddlewareHandler = async (context, next) => {
  const { method, raw } = context.req;
  if (method !== "GET" && method !== "HEAD") {
    const origin = raw.headers.get("origin");
    const site = raw.headers.get("sec-fetch-site");
    const foreign = origin !== null && hostOf(origin) !== hostHeader(raw).toLowerCase();
    if (foreign || (site !== null && site !== "same-origin" && site !== "none")) {
      throw new WebError("wrong-origin", "Requests from pages of other sites are refused.");
    }
  }
  await next();
};

function hostHeader(request: Request): string {
  return request.headers.get("host") ?? new URL(request.url).host;
}

/** Host and port of an origin; empty if it names none. */
function hostOf(origin: string): string {
  const url = URL.parse(origin);
  return url?.host ?? "";
}

function hostName(request: Request): string {
  return URL.parse(`http://${hostHeader(request)}`)?.hostname ?? "";
}

function isLoopback(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}
