import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toParams } from "../../agents/anthropic-messages.ts";
import { isFromPerson, standing } from "../../agents/steps.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { decodeKey } from "../../strategies/key.ts";
import { NOW } from "./messages.ts";
import { account, type Event, events, PEOPLE, textsOf, World } from "./privacy-world.ts";

/** Whatever a few people do in a few rooms. */
function always(check: (world: World) => Promise<void>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(events, async (script: Event[]) => {
      const clock = { now: NOW };
      const store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now });
      try {
        const world = new World(store, clock);
        await world.live(script);
        await check(world);
      } finally {
        await store.close();
      }
    }),
    { numRuns: 40 },
  );
}

const byOthers = (texts: readonly string[], who: string) => texts.filter((text) => !text.startsWith(`${who}/`));

describe("whatever people have said", () => {
  test("taking along gives each all of their own turns, and nothing of anybody else", () =>
    always(async ({ store, sessions }) => {
      for (const who of PEOPLE) {
        const exported = await store.exported({ account, userId: who });
        const texts = exported.flatMap(({ messages }) => textsOf(messages));
        expect(byOthers(texts, who)).toEqual([]);
        const said = [...sessions.values()].flatMap(({ turns }) => turns).filter((turn) => turn.who === who);
        expect(said.filter((turn) => !texts.includes(turn.said))).toEqual([]);
        for (const { key } of exported) expect([undefined, who]).toContain(decodeKey(key)?.user);
      }
    }));

  test("forgetting erases one's own in a chat, and leaves every other conversation as it was", () =>
    always(async (world) => {
      const { store, sessions, rooms } = world;
      for (const [room, chatRef] of rooms) {
        for (const who of PEOPLE) {
          const before = await world.histories();
          await store.forget({ chatRef, userId: who, before: 1_000_000, by: `telegram:${who}` });
          for (const [id, history] of await world.histories()) {
            const session = sessions.get(id);
            const named = decodeKey(session?.key ?? "")?.user;
            const authors = new Set((before.get(id) ?? []).flatMap(({ author }) => author?.id ?? []));
            const own = named === undefined ? authors.size === 1 && authors.has(who) : named === who;
            expect(history).toEqual(session?.room === room && own ? [] : before.get(id));
          }
        }
      }
    }));

  test("what is left when the old is erased is whole turns, as a model takes them, and nothing old", () =>
    always(async (world) => {
      const { store, clock } = world;
      let before = await world.histories();
      for (const at of [0.3, 0.7, 1].map((share) => NOW + Math.ceil((clock.now - NOW) * share))) {
        const erased = await store.prune(at);
        const after = await world.histories();
        let turns = 0;
        for (const [id, history] of after) {
          const was = before.get(id) ?? [];
          expect(history).toEqual(was.slice(was.length - history.length));
          turns += was.slice(0, was.length - history.length).filter(isFromPerson).length;
          await expectWhole(history);
        }
        expect(erased).toBe(turns);
        before = after;
      }
      await store.prune(clock.now + 1);
      expect([...(await world.histories()).values()].flat()).toEqual([]);
    }));
});

async function expectWhole(history: readonly TranscriptMessage[]): Promise<void> {
  if (history[0] === undefined) return;
  expect(isFromPerson(history[0])).toBe(true);
  expect(standing(history)).toEqual({ next: "nothing" });
  const params = JSON.stringify(await toParams(history, async () => ({ type: "text", text: "picture" })));
  expect(params).not.toContain("left out");
  expect(params).not.toContain("result unknown");
  // Nothing had to be dropped for want of the reply that asked for it.
  const results = history.flatMap(({ content }) => content.filter(({ type }) => type === "tool-result"));
  expect(params.split('"type":"tool_result"')).toHaveLength(results.length + 1);
}
