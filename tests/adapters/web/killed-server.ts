/**
 * A process to be killed: the web platform on the database named by the first argument. It takes every message but
 * those that say "never", answers in the lobby what it takes, and prints its address and what it holds.
 */
import { stdout } from "node:process";
import { serve } from "@hono/node-server";
import { createWebAdapter } from "../../../adapters/web/adapter.ts";
import { MemoryBookmarks } from "../memory-bookmarks.ts";
import { MemoryVault } from "../memory-vault.ts";

const adapter = createWebAdapter({ file: process.argv[2] ?? "", access: { kind: "loopback" } });
await adapter.start({
  async onMessage({ source, text }) {
    if (text.startsWith("never")) {
      stdout.write(`holding ${text}\n`);
      return new Promise(() => {});
    }
    const to = { platform: "web" as const, account: "default", chatId: source.chat.id };
    const chunk = { key: source.messageId, to, index: 0, text: "<p>said by the bot</p>", plain: "said by the bot" };
    await adapter.send(chunk, new AbortController().signal);
    return true;
  },
  async onEdit() {},
  async onDelete() {},
  async onChatMoved() {},
  async onSamePerson() {},
  onMalformed() {},
  onSkipped() {},
  onState() {},
  bookmarks: new MemoryBookmarks(),
  vault: new MemoryVault(),
});
const answer = (request: Request) => adapter.http?.fetch(request) ?? new Response(null, { status: 404 });
serve({ fetch: answer, hostname: "127.0.0.1", port: 0 }, ({ port }) => stdout.write(`http://127.0.0.1:${port}\n`));
