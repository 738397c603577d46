import { describe, expect, test } from "vitest";
import { type Walked, walk } from "./walk.ts";

const STRATEGIES = ["shared", "per-user", "per-thread", "tagged-hybrid"];
const cases = STRATEGIES.flatMap((strategy, n) => [1, 2].map((seed) => ({ strategy, seed: seed + 10 * n })));

describe("messages, whatever happens to them until they are answered", () => {
  const all: Walked[] = [];

  test.each(cases)("$strategy, seed $seed: none is lost, none answered twice, each in order", async (options) => {
    const walked = await walk({ ...options, messages: 300 });
    all.push(walked);
    expect(walked.wrong).toEqual([]);
    expect(walked.answered + walked.stopped + walked.notAddressed).toBeGreaterThanOrEqual(300);
    expect(walked.mostRuns).toBeLessThanOrEqual(4);
    expect(walked.left).toEqual({ queued: 0, running: 0, timers: 0 });
  });

  test("all of it has happened", () => {
    const total = (of: (walked: Walked) => number) => all.reduce((sum, walked) => sum + of(walked), 0);
    for (const crash of ["between", "before", "after"] as const) {
      expect(total(({ crashes }) => crashes[crash])).toBeGreaterThan(20);
    }
    for (const event of ["stops", "moves", "merges", "albums", "stopped", "notAddressed"] as const) {
      expect(total((walked) => walked[event])).toBeGreaterThan(20);
    }
  });

  test("the same seed tells the same story", async () => {
    const options = { seed: 7, strategy: "shared", messages: 100 };
    expect(await walk(options)).toEqual(await walk(options));
  });
});
