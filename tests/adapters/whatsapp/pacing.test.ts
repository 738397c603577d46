import { expect, test } from "vitest";
import { Pacing } from "../../../adapters/whatsapp/pacing.ts";
import { never } from "./gateway.ts";

function paced(random = 0.5) {
  let now = 1_000_000;
  const waits: number[] = [];
  const pacing = new Pacing(
    { charsPerSecond: 60, maxMs: 3_000, gapMs: 300 },
    {
      now: () => now,
      random: () => random,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
      },
    },
  );
  return {
    pacing,
    waits,
    later(ms: number) {
      now += ms;
    },
  };
}

test("an answer takes as long as typing it, up to a bound", async () => {
  const { pacing, waits } = paced();
  await pacing.turn("a", 60, never);
  await pacing.turn("b", 60_000, never);
  expect(waits).toEqual([1_000, 3_000]);
});

test("the time that the bot has shown to be typing counts", async () => {
  const { pacing, waits, later } = paced();
  pacing.began("a");
  later(400);
  pacing.began("a");
  await pacing.turn("a", 60, never);
  expect(waits).toEqual([600]);
});

test("after a message the next one is typed from then on", async () => {
  const { pacing, waits, later } = paced();
  pacing.began("a");
  later(5_000);
  await pacing.turn("a", 60, never);
  pacing.sent("a");
  await pacing.turn("a", 60, never);
  expect(waits).toEqual([1_000]);
  pacing.sent("a");
  later(10_000);
  pacing.began("a");
  await pacing.turn("a", 60, never);
  expect(waits).toEqual([1_000, 1_000]);
});

test("two messages of the account keep a gap, whatever their chats", async () => {
  const { pacing, waits } = paced();
  await pacing.turn("a", 0, never);
  await pacing.turn("b", 0, never);
  await pacing.turn("c", 0, never);
  expect(waits).toEqual([300, 300]);
});

test("no two waits for the same text are quite the same", async () => {
  const [short, long] = [paced(0), paced(1)];
  await short.pacing.turn("a", 60, never);
  await long.pacing.turn("a", 60, never);
  expect([...short.waits, ...long.waits]).toEqual([800, 1_200]);
});

test("nothing is waited for once the send was called off", async () => {
  const { pacing, waits } = paced();
  await pacing.turn("a", 60, AbortSignal.abort());
  expect(waits).toEqual([]);
});
