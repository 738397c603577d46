import { SqliteError } from "better-sqlite3";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { WebError } from "../errors.ts";
import { MAX_UPLOAD_BYTES } from "../kept-files.ts";
import type { Desk, Known } from "./desk.ts";
import { eventRoutes } from "./events.ts";
import { fileRoutes } from "./files.ts";
import { guardHost, guardOrigin, secureHeaders } from "./guard.ts";
import { messageRoutes } from "./messages.ts";
import { peopleRoutes } from "./people.ts";
import { roomRoutes } from "./rooms.ts";

/** 20,000 characters, each written as an escape, and something around them. */
const MAX_BODY_BYTES = 160 * 1024;

/** As base64. */
const MAX_UPLOAD_CHARS = Math.ceil(MAX_UPLOAD_BYTES / 3) * 4;

const MESSAGES = /^\/web\/api\/rooms\/[^/]+\/messages$/;

/** The page and the HTTP API. */
export function createApp(desk: Desk): Hono {
  const app = new Hono();
  app.use(secureHeaders);
  app.use(guardHost(desk.settings));
  app.get("/", (context) => desk.page().answer("index.html", context.req.raw));
  app.get("/web/:file", (context) => desk.page().answer(context.req.param("file"), context.req.raw));

  const api = new Hono<Known>();
  api.use(guardOrigin);
  const [small, large] = [limited(MAX_BODY_BYTES), limited(MAX_BODY_BYTES + MAX_UPLOAD_CHARS)];
  // Without its length in front a body is read before it is known who sends it.
  api.use((context, next) => {
    const { method, path } = context.req;
    const mayBeLarge = method === "POST" && MESSAGES.test(path) && context.req.header("content-length") !== undefined;
    return (mayBeLarge ? large : small)(context, next);
  });
  api.use(async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  peopleRoutes(api, desk);
  roomRoutes(api, desk);
  messageRoutes(api, desk);
  fileRoutes(api, desk);
  eventRoutes(api, desk);
  app.route("/web/api", api);

  app.notFound(() => {
    throw new WebError("not-found", "There is nothing here.");
  });
  app.onError((error, context) => {
    const refusal = refusalOf(error);
    return context.json({ error: { code: refusal.code, message: refusal.message } }, refusal.status);
  });
  return app;
}

function limited(maxSize: number): MiddlewareHandler {
  return bodyLimit({
    maxSize,
    onError() {
      throw new WebError("too-large", "The request is too large.");
    },
  });
}

function refusalOf(error: unknown): WebError {
  if (error instanceof WebError) return error;
  if (error instanceof SqliteError) return new WebError("not-stored", "Nothing can be stored at the moment.");
  return new WebError("internal", "Something went wrong on the server.");
}
