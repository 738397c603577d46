import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { HttpRoutes } from "../adapters/adapter.ts";
import { isLoopback } from "./config/loopback.ts";
import type { Metrics } from "./metrics.ts";
import type { Platforms } from "./platforms.ts";

export interface HttpOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  platforms: Platforms;
  metrics: Metrics;
  /** True once everything has been started and nothing is being stopped. */
  isRunning(): boolean;
  /** Why the store takes nothing; undefined if it does. */
  storeFailure(): string | undefined;
  /** What `/metrics` asks for; undefined: it is open under the names of this machine, which alone can reach it. */
  metricsToken: string | undefined;
}

/**
 * The gateway's own addresses, in front of those of the platforms.
 *
 * `GET /healthz`: the process is alive. `GET /readyz`: 200 if every configured platform is connected and the store works,
 * else 503, with the state of each and what is wrong with the store. `GET /metrics`: Prometheus text.
 */
export function createApp({ platforms, metrics, isRunning, storeFailure, metricsToken }: HttpOptions): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.text("ok\n"));

  app.get("/readyz", async (c) => {
    const states = platforms.states();
    const reason = storeFailure();
    const ready = isRunning() && reason === undefined && Object.values(states).every((state) => state.ready);
    const described = Object.fromEntries(
      Object.entries(states).map(([name, state]) => [name, state.ready ? "connected" : state.reason]),
    );
    const store = reason === undefined ? { store: "open" } : { store: "failing", reason };
    return c.json({ ready, ...store, platforms: described }, ready ? 200 : 503);
  });

  app.get("/metrics", async (c) => {
    const shown = c.req.header("authorization")?.replace(/^Bearer /i, "") ?? "";
    // A page elsewhere may have made its own name point at this machine.
    const local = metricsToken === undefined && isLoopback(new URL(c.req.url).hostname);
    if (!local && (metricsToken === undefined || !sameSecret(shown, metricsToken))) {
      return c.text("Send the gateway's token: Authorization: Bearer <PARLEY_TOKEN>\n", 401);
    }
    return c.body(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType });
  });

  const routes = platforms
    .all()
    .map((adapter) => adapter.http)
    .filter((http): http is HttpRoutes => http !== undefined)
    .sort((one, other) => other.path.length - one.path.length);
  for (const { path, fetch } of routes) {
    app.all(path, (c) => fetch(c.req.raw));
    app.all(path.endsWith("/") ? `${path}*` : `${path}/*`, (c) => fetch(c.req.raw));
  }
  return app;
}

export interface HttpServer {
  url: string;
  close(): Promise<void>;
}

/** @throws NodeJS.ErrnoException if the address cannot be listened on */
export function listen(options: HttpOptions): Promise<HttpServer> {
  const { host, port } = options;
  return new Promise((resolve, reject) => {
    const server: ServerType = serve(
      { fetch: createApp(options).fetch, hostname: host, port },
      (address: AddressInfo) => {
        server.off("error", reject);
        const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
        resolve({ url: `http://${name}:${address.port}`, close: () => shut(server) });
      },
    );
    server.once("error", reject);
  });
}

function shut(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}

function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
