import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Run } from "../../sessions/runs.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { message, NOW } from "../sessions/messages.ts";
import { playBusily } from "./busy-stage.ts";
import type { ScriptedReply } from "./scripted-agent.ts";

describe.each(["steer", "interrupt"] as const)("a crash, in %s,", (busy) => {
  /** A run that goes on until its author's next message is about to be taken in, or just has been. */
  async function cutOff(moment: "before" | "after") {
    const db = openDatabase(":memory:");
    const reached = Promise.withResolvers<Run>();
    const first = playBusily(busy, [{ says: "1", meanwhile: () => first.say("alice", "two") }], { db });
    const { takeIn } = first.store;
    first.store.takeIn = async (lease, ...parts) => {
      if (moment === "after") await takeIn(lease, ...parts);
      reached.resolve(lease as Run);
      return await new Promise(() => {});
    };
    await first.say("alice", "one");
    void first.runner.handle(first.lane);
    await reached.promise;
    return { db, lane: first.lane, stuck: first };
  }

  test.each(["before", "after"] as const)("right %s a message is taken in: both are answered, once", async (moment) => {
    const { db, lane } = await cutOff(moment);
    const next = playBusily(busy, [], { db });
    await next.serve(lane);
    const heard = next.desk.seen.at(-1)?.filter((line) => line.startsWith("alice"));
    expect(heard).toEqual(["alice: one", "alice: two"]);
    const said = (await next.texts()).join("\n");
    expect(said.match(/re alice: two/g)).toHaveLength(1);
    expect(await next.store.counts()).toMatchObject({ waiting: 0, running: 0 });
    const kept = await next.kept();
    for (const words of ["alice: one", "alice: two"]) expect(kept.filter((line) => line === words)).toHaveLength(1);
    await next.store.close();
  });

  test("of a process that is not dead but has lost its run: it takes nothing in any more", async () => {
    const db = openDatabase(":memory:");
    const other = sqliteStore(db, { now: () => NOW });
    const taken: Run[] = [];
    const first = playBusily(
      busy,
      [
        {
          says: "1",
          async meanwhile() {
            const claim = await other.claim(first.lane);
            if (claim.kind === "run") taken.push(claim.run);
            await first.say("alice", "two").catch(() => {});
          },
        },
      ],
      { db },
    );
    await first.say("alice", "one");
    expect(await first.runner.handle(first.lane)).toBe("idle");
    const [run] = taken;
    expect(await other.following(run as Run)).toMatchObject([{ text: "two" }]);
    await other.end(run as Run, { outcome: "done", deliveries: [] });
    const rest = playBusily(busy, [{ says: "2" }], { db });
    await rest.serve();
    expect(await rest.texts()).toEqual(["2"]);
    await other.close();
  });
});

/** What may happen while a reply is written. */
const happening = fc.record({
  who: fc.constantFrom("alice", "bob", "carol"),
  what: fc.constantFrom("turn", "turn", "turn", "command", "album"),
});
const reply = fc.record({ tool: fc.boolean(), happenings: fc.array(happening, { maxLength: 4 }) });

describe("whatever people write, whenever", () => {
  test.each(["collect", "steer", "interrupt"] as const)(
    "%s: each message is answered once, as its author's, and nobody is overtaken",
    async (busy) => {
      await fc.assert(
        fc.asyncProperty(fc.array(reply, { minLength: 1, maxLength: 12 }), async (replies) => {
          let said = 0;
          const arrived: Array<{ who: string; text: string }> = [];
          const script = replies.map(({ tool, happenings }): ScriptedReply => {
            const meanwhile = async () => {
              for (const { who, what } of happenings) await happens(who, what);
            };
            return { says: "ok", tool, meanwhile };
          });
          const scene = playBusily(busy, script);
          const { desk, accept, write, serve, clock, store, db } = scene;
          const before = db.prepare<[string, number]>(
            `SELECT 1 FROM inbox WHERE state = 'waiting' AND (user_id <> ?) <> is_command AND seq < ?`,
          );
          const { takeIn } = store;
          store.takeIn = async (lease, messages, steps) => {
            const taken = await takeIn(lease, messages, steps);
            const { author } = lease as Run;
            if (taken) expect(before.all(author.id, messages[0]?.seq as number)).toEqual([]);
            return taken;
          };
          async function happens(who: string, what: string): Promise<void> {
            if (what === "command") {
              await accept(message(who, "/status", { command: { name: "status", args: "" } }), { isCommand: true });
              return;
            }
            said += 1;
            const text = `m${said}`;
            arrived.push({ who, text });
            await write(message(who, text, what === "album" ? { albumId: `a${said}` } : {}));
          }
          await happens("alice", "turn");
          for (let round = 0; round < 60; round++) {
            await serve();
            for (const { message: command } of await store.pendingCommands())
              await store.answerCommand(command.seq, []);
            clock.advance(1_000);
            if ((await store.counts()).waiting === 0) break;
          }
          expect(await store.counts()).toMatchObject({ waiting: 0, running: 0 });
          const heard = await scene.kept();
          const order = heard.flatMap((line) => {
            const [who, words = ""] = line.split(": ");
            return words.split(" ").flatMap((word) => (/^m\d+$/.test(word) ? [{ who, text: word }] : []));
          });
          // Nothing is lost, nothing comes twice, nobody speaks for anybody else.
          expect(order.toSorted(byText)).toEqual(arrived.toSorted(byText));
          // Everybody's own messages keep their order.
          for (const person of ["alice", "bob", "carol"]) {
            const own = (list: typeof order) => list.filter(({ who }) => who === person);
            expect(own(order)).toEqual(own(arrived as typeof order));
          }
          expect(desk.seen.length).toBeGreaterThan(0);
          await store.close();
        }),
        { numRuns: 40, seed: 20_261_122 },
      );
    },
  );
});

function byText(one: { text: string }, other: { text: string }): number {
  return Number(one.text.slice(1)) - Number(other.text.slice(1));
}
