import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What each code is answered with. */
export const STATUS = {
  /** The request is not of the form that is documented. */
  invalid: 400,
  /** Nobody is signed in, or the token is unknown. */
  unauthorized: 401,
  /** Joining needs the access token, and it was missing or wrong. */
  "access-token": 403,
  /** The request came by a name that is not this server's, as in DNS rebinding. */
  "wrong-host": 403,
  /** A page of another site sent it. */
  "wrong-origin": 403,
  /** The message is somebody else's. */
  "not-yours": 403,
  "not-found": 404,
  "too-large": 413,
  "not-json": 415,
  "too-many": 429,
  internal: 500,
  /** There is no room for more files. */
  full: 507,
  /** The platform is starting or stopping. */
  closed: 503,
  /** The platform's own log could not be written. */
  "not-stored": 503,
  /** The message is in the log, but the gateway did not take it: send it again. */
  "not-taken": 503,
} as const satisfies Record<string, ContentfulStatusCode>;

export type WebErrorCode = keyof typeof STATUS;

/** A request that is refused. The message is for people and holds nothing of what they wrote. */
export class WebError extends Error {
  readonly code: WebErrorCode;

  constructor(code: WebErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WebError";
    this.code = code;
  }

  get status(): ContentfulStatusCode {
    return STATUS[this.code];
  }
}
