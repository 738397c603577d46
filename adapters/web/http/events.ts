import type { Hono } from "hono";
import { z } from "zod";
import { read } from "./body.ts";
import type { Desk, Known } from "./desk.ts";

const place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

export function eventRoutes(api: Hono<Known>, desk: Desk): void {
  api.get("/events", (context) => {
    // A client that reconnects repeats the address it began with: what it heard last is in the header.
    const after = read(context.req.header("last-event-id") ?? context.req.query("after"), place);
    const body = desk.platform().feed.listen(context.var.person.id, after);
    return context.body(body, 200, {
      "content-type": "text/event-stream; charset=utf-8",
      // Proxies that collect answers before they pass them on are asked not to.
      "x-accel-buffering": "no",
    });
  });
}
