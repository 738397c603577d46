import type { Hono } from "hono";
import { z } from "zod";
import { MAX_FILES, uploadedFiles } from "../kept-files.ts";
import type { Post } from "../posts.ts";
import { wireMessage } from "../wire.ts";
import { captionText, fileWord, messageText, read, readBody, reference } from "./body.ts";
import type { Desk, Known } from "./desk.ts";

const place = {
  thread: reference.optional(),
  replyTo: reference.optional(),
  clientId: reference.optional(),
};
const upload = z.strictObject({ name: fileWord, mimeType: fileWord.optional(), base64: z.string() });
const uploads = z
  .array(upload)
  .refine((files) => files.length > 0 && files.length <= MAX_FILES, `a message has 1 to ${MAX_FILES} files`);
const speaking = z.strictObject({ text: messageText, ...place });
const sending = z.strictObject({ text: captionText, files: uploads, ...place });
const anything = z.looseObject({});
const editing = z.strictObject({ text: messageText });
const paging = z.strictObject({
  thread: reference.optional(),
  before: reference.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function messageRoutes(api: Hono<Known>, desk: Desk): void {
  api.get("/rooms/:room/messages", (context) => {
    const { room } = context.req.param();
    const platform = desk.platform();
    // Read first: whoever listens from here on misses nothing, and may hear of something twice.
    const latest = platform.log.changes.latest();
    const { messages, more } = platform.posts.history(context.var.person, room, read(context.req.query(), paging));
    return context.json({ messages: messages.map(wireMessage), more, latest });
  });

  api.post("/rooms/:room/messages", async (context) => {
    const { room } = context.req.param();
    const body = await readBody(context.req, anything);
    const post = "files" in body ? withFiles(read(body, sending)) : read(body, speaking);
    const { row, isNew } = await desk.change(({ posts }) => posts.post(context.var.person, room, post));
    return context.json(wireMessage(row), isNew ? 201 : 200);
  });

  api.post("/rooms/:room/messages/:id/again", async (context) => {
    const { room, id } = context.req.param();
    const row = await desk.change(({ posts }) => posts.again(context.var.person, room, id));
    return context.json(wireMessage(row));
  });

  api.patch("/rooms/:room/messages/:id", async (context) => {
    const { room, id } = context.req.param();
    const { text } = await readBody(context.req, editing);
    const row = await desk.change(({ posts }) => posts.edit(context.var.person, room, id, text));
    return context.json(wireMessage(row));
  });

  api.delete("/rooms/:room/messages/:id", async (context) => {
    const { room, id } = context.req.param();
    await desk.change(({ posts }) => posts.erase(context.var.person, room, id));
    return context.body(null, 204);
  });
}

function withFiles({ files, ...post }: z.infer<typeof sending>): Post {
  return { ...post, files: uploadedFiles(files) };
}
