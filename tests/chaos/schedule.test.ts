import { expect, test } from "vitest";
import { type Round, rounds, strategyOf } from "./schedule.ts";

const faults = new Map([
  ["telegram", ["429", "ack-lost", "reset"]],
  ["web", ["disconnected"]],
] as const);

function begin(seed: number, count = 200): Round[] {
  return rounds({ seed, people: 20, faults, perRound: 10, longestDelayMs: 40 }).take(count).toArray();
}

test("the same seed makes the same storm, another one another", () => {
  expect(begin(1)).toEqual(begin(1));
  expect(begin(2)).not.toEqual(begin(1));
});

test("in a long storm everybody writes everywhere, everything goes wrong, and kills are set for everything", () => {
  const all = begin(7);
  const deeds = all.flatMap(({ down, up }) => [...down, ...up]);
  const seen = (of: (deed: (typeof deeds)[number]) => string[]) => new Set(deeds.flatMap(of));
  const places = seen((deed) => (deed.kind === "write" ? [`${deed.platform} ${deed.place}`] : []));
  expect(places.size).toBe(6);
  expect(seen((deed) => (deed.kind === "write" ? [`${deed.person}`] : [])).size).toBe(20);
  expect(seen((deed) => (deed.kind === "fault" ? [deed.name] : [])).size).toBe(4);
  expect(seen((deed) => (deed.kind === "model" ? [deed.name] : [])).size).toBe(5);
  expect(new Set(all.map(({ kill }) => kill?.on)).size).toBe(6);
  const messages = deeds.filter(({ kind }) => kind === "write").length / all.length;
  expect(messages).toBeGreaterThan(9);
  expect(messages).toBeLessThan(11);
});

test("every platform has two strategies, all four are somewhere, and over four seeds every platform has seen each", () => {
  for (const platform of [0, 1, 2, 3]) {
    const seen = [0, 1, 2, 3].flatMap((seed) => [strategyOf(seed, platform, 0), strategyOf(seed, platform, 1)]);
    expect(new Set(seen).size).toBe(4);
    expect(strategyOf(0, platform, 0)).not.toBe(strategyOf(0, platform, 1));
  }
  const together = [0, 1].flatMap((platform) => [strategyOf(5, platform, 0), strategyOf(5, platform, 1)]);
  expect(new Set(together).size).toBe(4);
});
