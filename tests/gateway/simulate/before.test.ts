import { expect, test } from "vitest";
import { replayBefore } from "../../../gateway/simulate/before.ts";
import { question } from "./channel.ts";

const OPTIONS = { persona: "You are a test.", contextTokens: 200_000, seed: 1 };

test("whoever writes while somebody else is being answered breaks that off", async () => {
  const asked = [question(0, "ann", { tools: 10 }), question(0.5, "ben"), question(10, "cy")];
  const tally = await replayBefore(asked, OPTIONS);
  expect(tally.answered).toBe(2);
  expect(tally.interrupted).toBe(1);
  expect([...tally.interruptedPeople]).toEqual(["ann"]);
});

test("one's own message is answered together with what it breaks off", async () => {
  const tally = await replayBefore([question(0, "ann", { tools: 10 }), question(0.5, "ann")], OPTIONS);
  expect(tally).toMatchObject({ answered: 2, interrupted: 0 });
});

test("what tools have found before one's own message is not looked for again", async () => {
  const task = question(0, "ann", { tools: 10 });
  const alone = await replayBefore([task], OPTIONS);
  const broken = await replayBefore([task, question(0.5, "ann")], OPTIONS);
  expect(alone.sent).toHaveLength(11);
  // What was being written or looked up at that moment is done again, once.
  expect(broken.sent.length).toBeLessThanOrEqual(13);
  expect(task.tools).toBe(10);
});

test("what is not for the bot interrupts nobody and is given to nobody", async () => {
  const asked = [question(0, "ann", { tools: 10 }), question(0.5, "ben", { addressed: false })];
  const [with_, without] = [await replayBefore(asked, OPTIONS), await replayBefore(asked.slice(0, 1), OPTIONS)];
  expect(with_).toMatchObject({ answered: 1, interrupted: 0, tokensSent: without.tokensSent });
});

test("the conversation grows until a request is longer than the window; then a new one is begun", async () => {
  const asked = Array.from({ length: 6 }, (_, n) => question(10 * n, `user${n}`, { tools: 10 }));
  const tally = await replayBefore(asked, OPTIONS);
  expect(tally).toMatchObject({ answered: 5, overLimit: 1 });
  expect(tally.largest).toBeGreaterThan(200_000);
  expect(tally.largest).toBeLessThan(215_000);
  expect(tally.sent.at(-1)?.tokens).toBeLessThan(130_000);
  // A request that fails is not paid for.
  expect(tally.tokensSent).toBe(tally.sent.reduce((sum, { tokens }) => sum + tokens, 0) - tally.largest);
});
