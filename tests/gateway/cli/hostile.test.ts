import { expect, test } from "vitest";
import { message } from "../../sessions/messages.ts";
import { Desk } from "./desk.ts";

test("hostile names reach the terminal neither in text nor in JSON", async () => {
  const desk = Desk.open({ strategy: "shared" });
  const evil = "\u001b]0;owned\u0007\u202e\u{e0041}\u009b31m";
  const chat = { id: `-1${evil}`, kind: "group", name: evil, guildId: "9", guildName: evil } as const;
  const user = { id: `u${evil}`, name: evil, isBot: false };
  const { lane } = await desk.hears("x", evil, { source: { platform: "web", chat, user } });
  await desk.answers(lane, evil);
  await desk.hears("x", "more", { source: { platform: "web", chat, user } });
  const notMine = { platform: "web" as const, chat: { ...chat, id: `-2${evil}` }, user };
  await desk.isAsked(message("x", "in", { source: notMine }), "ABCD2345");
  const where = `web:${chat.id}`;
  for (const args of [
    ["chats"],
    ["sessions"],
    ["chats", "show", where],
    ["settings", where],
    ["strategy", where],
    ["strategy", where, "per-user"],
    ["pair", "list"],
    ["usage"],
    ["usage", where],
    ["queue"],
    ["why", where, user.id],
    ["export", where, user.id],
    ["access", "block", `web:${user.id}`],
    ["access", "list"],
    ["audit"],
    ["stop", where],
    ["complete", "--", "chats", "show", ""],
  ]) {
    const plain = await desk.says(...args);
    expect(plain.replace(/[\n\t]/g, ""), args.join(" ")).not.toMatch(/[\p{Cc}\u202e]/u);
    if (args[0] === "complete") continue;
    const json = await desk.says(...args, "--json");
    expect(json.replaceAll("\n", ""), args.join(" ")).not.toMatch(/\p{C}/u);
    expect(() => JSON.parse(json)).not.toThrow();
  }
  expect(await desk.json("chats")).toContainEqual(expect.objectContaining({ name: evil }));
});
