import fc from "fast-check";
import { expect, test } from "vitest";
import { isFromPerson } from "../../agents/steps.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { RULES } from "../../sessions/sqlite/integrity-rules.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { ContextWorld, events, turnsIn } from "./context-world.ts";
import { given } from "./contract/compacting.ts";
import { message, NOW, routing } from "./messages.ts";

/** Whatever has happened, sessions give what they hold, all of it and nothing else. */
async function expectHonest({ store, db }: ContextWorld): Promise<void> {
  const sessions = db.prepare<[], { id: number; merged: number }>(
    "SELECT id, merged_into IS NOT NULL AS merged FROM sessions",
  );
  const transcript = db.prepare<[number], string>(
    "SELECT group_concat(content, ' ') FROM transcript WHERE session_id = ?",
  );
  const summaries = db.prepare<[number], string>(
    "SELECT group_concat(summary, ' ') FROM compactions WHERE session_id = ?",
  );
  for (const { id, merged } of sessions.all()) {
    const held = turnsIn(transcript.pluck().get(id) ?? "");
    expect(held).toEqual(expect.arrayContaining(turnsIn(summaries.pluck().get(id) ?? "")));
    if (merged === 1) continue;
    const context = await store.context(id);
    expect(turnsIn(given(context).join(" "))).toEqual(held);
    const [first] = context.messages;
    if (first !== undefined) expect(isFromPerson(first)).toBe(true);
    expectPaired(context.messages);
  }
  for (const { broken, what } of RULES) expect(db.prepare(broken).all(), what).toEqual([]);
}

/** Every result of a tool stands right behind the reply that asked for it, and the other way round. */
function expectPaired(messages: readonly TranscriptMessage[]): void {
  const ids = (of: TranscriptMessage | undefined, type: "tool-use" | "tool-result") =>
    (of?.content ?? []).flatMap((block) => {
      if (block.type !== type) return [];
      return [block.type === "tool-use" ? block.id : block.type === "tool-result" ? block.toolUseId : ""];
    });
  messages.forEach((each, index) => {
    expect(ids(each, "tool-result")).toEqual(ids(messages[index - 1], "tool-use"));
  });
  expect(ids(messages.at(-1), "tool-use")).toEqual([]);
}

test("whatever is said, summed up, erased, copied and joined, a session gives all that it holds, and no erased word", async () => {
  let summedUp = 0;
  await fc.assert(
    fc.asyncProperty(events, async (script) => {
      const clock = { now: NOW };
      const db = openDatabase(":memory:");
      const store = sqliteStore(db, { now: () => clock.now });
      try {
        const world = new ContextWorld(store, db, clock);
        for (const event of script) {
          await world.play(event);
          await expectHonest(world);
        }
        summedUp += world.summedUp;
      } finally {
        await store.close();
      }
    }),
    { numRuns: 50 },
  );
  expect(summedUp).toBeGreaterThan(20);
}, 120_000);

test("a message that was damaged in storage is no hindrance to summing up what came before it", async () => {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => NOW });
  const begin = async (text: string) => {
    const inbound = message("alice", text);
    const accepted = await store.accept(inbound, routing(inbound));
    const claimed = await store.claim("lane" in accepted ? accepted.lane : "");
    if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
    return claimed.run;
  };
  for (const said of ["one", "two", "three"]) {
    const run = await begin(said);
    const content = [{ type: "text" as const, text: said }];
    await store.journal(run, { message: { role: "user", content, author: run.author } });
    await store.end(run, { outcome: "done", deliveries: [] });
  }
  db.exec("UPDATE transcript SET content = '[{' WHERE seq = 2");
  const run = await begin("/compact");
  const sizes = { tokensBefore: 9, tokensAfter: 3 };
  expect(await store.compact(run, { upTo: 1, summary: "S", clearedTo: 1, method: "model", ...sizes })).toBe(true);
  expect(await store.context(run.sessionId)).toMatchObject({ messages: [{ seq: 2 }, { seq: 3 }] });
  await store.close();
});
