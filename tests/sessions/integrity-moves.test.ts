import { join } from "node:path";
import { expect, test } from "vitest";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { openSqliteStore } from "../../sessions/sqlite/store.ts";
import { scratch } from "./backups/stage.ts";
import { message, NOW, routing } from "./messages.ts";

test("a conversation that lost its beginning and goes on in another chat is no gap", async () => {
  const folder = join(scratch(), "data");
  let now = NOW;
  const store = openSqliteStore(folder, { now: () => now });
  async function turn(chat: string, text: string) {
    const inbound = message("alice", text, { source: { chat: { id: chat, kind: "group", name: "T" } } });
    const accepted = await store.accept(inbound, routing(inbound));
    now += 2_000;
    const claim = await store.claim("lane" in accepted ? accepted.lane : "");
    if (claim.kind !== "run") throw new Error(claim.kind);
    const { run } = claim;
    await store.journal(run, { message: { role: "user", content: [{ type: "text", text }], author: run.author } });
    await store.journal(run, { message: { role: "assistant", content: [{ type: "text", text: "ok" }] } });
    await store.end(run, { outcome: "done", deliveries: [] });
  }
  await turn("-1001", "new 1");
  await turn("-5", "old 1");
  const before = now + 1;
  now += 10_000;
  await turn("-5", "old 2");
  await turn("-1001", "new 2");
  await store.prune(before);
  await store.moveChat({ platform: "telegram", account: "default", chatId: "-5" }, "-1001");
  expect(await checkDatabase(folder)).toEqual([]);
  await store.close();
});
