import type { Hono } from "hono";
import type { Desk, Known } from "./desk.ts";

/** What came with messages, to be saved: no browser shows it under the name of this server. */
export function fileRoutes(api: Hono<Known>, desk: Desk): void {
  api.get("/rooms/:room/messages/:id/files/:n{[0-9]{1,3}}", (context) => {
    const { room, id, n } = context.req.param();
    const { name, bytes } = desk.platform().posts.file(context.var.person, room, id, Number(n));
    const headers = {
      // Not its own type: that would be an offer to show it.
      "content-type": "application/octet-stream",
      "content-disposition": attachmentNamed(name),
      "content-length": String(bytes.length),
    };
    return new Response(bytes, { headers });
  });
}

/**
 * The name in full, and once more for those who read ASCII alone.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
function attachmentNamed(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`;
}
