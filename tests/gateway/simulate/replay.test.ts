import { beforeAll, describe, expect, test } from "vitest";
import type { Conversation } from "../../../gateway/simulate/questions.ts";
import { replay } from "../../../gateway/simulate/replay.ts";
import { simulate } from "../../../gateway/simulate/simulate.ts";
import type { Tally } from "../../../gateway/simulate/tally.ts";
import { channel, options, question } from "./channel.ts";

const run = (asked: Parameters<typeof replay>[0], strategy: string) => replay(asked, { ...options(), strategy });

test("under per-user nobody waits for anybody; where a conversation is shared, one after the other is answered", async () => {
  const asked = ["ann", "ben", "cy"].map((user, n) => question(n / 100, user, { tools: 10 }));
  const [own, together] = [await run(asked, "per-user"), await run(asked, "shared")];
  for (const tally of [own, together]) expect(tally).toMatchObject({ answered: 3, interrupted: 0, overLimit: 0 });
  expect(Math.max(...own.waits)).toBeLessThan(1.6 * Math.min(...own.waits));
  expect(Math.max(...together.waits)).toBeGreaterThan(2.5 * Math.min(...together.waits));
  expect(together.largest).toBeGreaterThan(1.9 * own.largest);
});

test("what one person asks while waiting is answered together, and each message counts", async () => {
  const asked = [question(0, "ann", { tools: 10 }), question(0.2, "ben"), question(0.3, "ben"), question(0.4, "cy")];
  const tally = await run(asked, "shared");
  expect(tally.answered).toBe(4);
  // Eleven requests for Ann, one for both of Ben's, one for Cy's.
  expect(tally.sent).toHaveLength(13);
});

test("under per-thread an answer to a message goes on with its conversation, anything else begins one", async () => {
  const asked = [
    question(0, "ann", { id: "root" }),
    question(5, "ann", { id: "more", replyTo: "root" }),
    question(10, "ben", { id: "joins", replyTo: "more" }),
    question(15, "ann", { id: "other" }),
  ];
  const { sent } = await run(asked, "per-thread");
  expect(sent.map(({ session }) => session.slice(session.indexOf(":thread:")))).toEqual([
    ":thread:root",
    ":thread:root",
    ":thread:root",
    ":thread:other",
  ]);
  expect(sent[2]?.tokens).toBeGreaterThan(sent[1]?.tokens ?? 0);
  expect(sent[3]?.tokens).toBeLessThan(sent[1]?.tokens ?? 0);
});

test("an answer that takes too long fails, and nobody has interrupted it", async () => {
  const asked = [question(0, "ann", { tools: 10 }), question(0.1, "ben")];
  const { config } = options();
  const hasty = options({ config: { ...config, runs: { ...config.runs, timeoutMs: 20_000 } } });
  expect(await replay(asked, { ...hasty, strategy: "per-user" })).toMatchObject({
    failed: 1,
    answered: 1,
    interrupted: 0,
  });
});

test("what is not for the bot is answered by nobody", async () => {
  const asked = [question(0, "ann"), question(1, "ben", { addressed: false })];
  expect((await run(asked, "shared")).answered).toBe(1);
});

test("whoever has too many messages waiting is refused, and everybody else is answered", async () => {
  const flood = Array.from({ length: 30 }, (_, n) =>
    question(n / 1_000, "ann", { id: `a${n}`, tools: n === 0 ? 10 : 0 }),
  );
  const tally = await run([...flood, question(0.5, "ben")], "shared");
  expect(tally.refused).toBe(9);
  expect(tally.answered).toBe(22);
});

describe("a channel of twelve people with tasks of ten tools", () => {
  let conversation: Conversation;
  let tallies: Tally[];
  beforeAll(async () => {
    conversation = await channel(2);
    tallies = await simulate(conversation, options());
  }, 120_000);

  test("fills the window as it used to be, and people interrupt one another", () => {
    const [before] = tallies;
    expect(before).toMatchObject({ name: "before", bound: undefined });
    expect(before?.largest).toBeGreaterThan(200_000);
    expect(before?.overLimit).toBeGreaterThan(0);
    expect(before?.interrupted).toBeGreaterThan(0);
    expect(before?.answered).toBeLessThan(conversation.questions);
  });

  test("stays within every strategy's bound and one step, and everybody is answered", () => {
    expect(tallies.slice(1).map(({ name }) => name)).toEqual(["shared", "per-user", "per-thread", "tagged-hybrid"]);
    for (const tally of tallies.slice(1)) {
      expect(tally, tally.name).toMatchObject({
        interrupted: 0,
        overLimit: 0,
        refused: 0,
        bound: 120_000,
        staysBounded: true,
      });
      expect(tally.answered, tally.name).toBe(conversation.questions);
    }
  });

  test("takes the same work under each strategy", () => {
    const written = tallies.slice(1).map(({ usage }) => usage.outputTokens);
    const [shared = 0, , , hybrid] = written;
    expect(hybrid).toBe(shared);
    for (const tokens of written) expect(Math.abs(tokens - shared)).toBeLessThan(0.2 * shared);
  });

  test("gives the same when it is replayed again", { timeout: 120_000 }, async () => {
    const again = await simulate(conversation, options());
    expect(JSON.stringify(again)).toBe(JSON.stringify(tallies));
  });

  test("gives something else for another seed", async () => {
    const [before] = await simulate(conversation, options({ seed: 2, strategies: [] }));
    expect(before?.tokensSent).not.toBe(tallies[0]?.tokensSent);
  });
});

test("a smaller window has smaller bounds, which hold", async () => {
  const tallies = await simulate(await channel(1), options({ contextTokens: 60_000 }));
  for (const tally of tallies.slice(1)) {
    expect(tally.bound).toBe(36_000);
    expect(tally.staysBounded, `${tally.name}: ${tally.largest}`).toBe(true);
  }
});
