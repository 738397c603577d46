import { expect, test } from "vitest";
import { check, type Kind } from "./checker.ts";
import { DRIVERS } from "./drivers.ts";
import type { Said } from "./platform.ts";
import type { PlatformRecord, StormRecord } from "./record.ts";
import { stories, table } from "./report.ts";
import { storm } from "./storm.ts";
import { read } from "./wording.ts";

const PEOPLE = 20;

test("in a storm over all platforms nothing is lost, nothing done twice, and nobody sees what is not theirs", async () => {
  const record = await storm({
    seed: 20,
    people: PEOPLE,
    platforms: await Promise.all(Object.values(DRIVERS).map((open) => open(PEOPLE))),
    messages: 120,
    kills: 8,
    minutes: Number.POSITIVE_INFINITY,
    perRound: 14,
    longestDelayMs: 0,
    patienceMs: 30_000,
  });
  const verdict = check(record);
  expect(stories(record, verdict), table(record, verdict)).toBe("");
  expect(record.kills).toBe(8);
  expect(record.written).toHaveLength(120);
  expect(verdict.platforms.reduce((sum, { answered }) => sum + answered, 0)).toBe(120);
  for (const [kind, harmed] of Object.entries(harmedRecords(record))) {
    const kinds = new Set(check(harmed).violations.map((violation) => violation.kind));
    expect([...kinds], `a planted "${kind}"`).toContain(kind);
  }
}, 240_000);

/** The same storm, had it done one kind of harm. */
function harmedRecords(record: StormRecord): Partial<Record<Kind, StormRecord>> {
  const platform = record.platforms.find(({ hasKeys }) => hasKeys) as PlatformRecord;
  const { said } = platform;
  const saying = (changed: readonly Said[]) => ({
    ...record,
    platforms: record.platforms.map((each) => (each === platform ? { ...platform, said: changed } : each)),
  });
  const first = said[0] as Said;
  const begins = said.findIndex(({ text }) => read(text).parts.some(({ part, of }) => part === 1 && of > 1));
  const ends = said.findIndex(
    (each, index) => index > begins && each.place === said[begins]?.place && read(each.text).parts[0]?.part === 2,
  );
  const swapped = said.with(begins, said[ends] as Said).with(ends, said[begins] as Said);
  const [asked, other] = [record.asked[0], record.written.find((each) => each.platform !== platform.name)];
  const shown = { ...asked, seen: [...(asked?.seen ?? []), other?.token ?? ""] } as StormRecord["asked"][number];
  return {
    lost: saying(said.slice(1)),
    twice: saying([...said, first]),
    order: saying(swapped),
    leak: { ...record, asked: [shown, ...record.asked.slice(1)] },
  };
}
