import type { Hono } from "hono";
import type { Desk, Known } from "./desk.ts";

/** Rooms in one answer, those with the latest messages first. */
const LISTED = 200;

export function roomRoutes(api: Hono<Known>, desk: Desk): void {
  api.get("/rooms", (context) => context.json({ rooms: desk.platform().log.rooms.list(LISTED) }));

  api.put("/rooms/:room", async (context) => {
    const room = context.req.param("room");
    const isNew = await desk.change(({ posts }) => posts.createRoom(context.var.person, room));
    return context.json({ id: room }, isNew ? 201 : 200);
  });
}
