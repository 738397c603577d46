import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAILPOINTS, STEPS } from "../../gateway/failpoints.ts";
import { allCells, never, quickCells } from "./kill-matrix.ts";
import { playCell } from "./kill-matrix-cell.ts";
import { PLATFORMS } from "./kill-matrix-grounds.ts";
import { FULL_MATRIX } from "./kill-matrix-run.ts";
import { pointOf } from "./kill-matrix-scene.ts";
import { matrixTable, type Result } from "./kill-matrix-table.ts";

/** Which platforms are tried at every point and in every story; without it each point is tried once, somewhere. */
const full = process.env[FULL_MATRIX];
const cells =
  full === undefined ? quickCells() : allCells().filter(({ platform }) => full === "all" || full.includes(platform));
const results: Result[] = [];
let compileCache: string;

beforeAll(async () => {
  compileCache = await mkdtemp(join(tmpdir(), "parley-compiled-"));
});

afterAll(async () => {
  await rm(compileCache, { recursive: true });
  if (full !== undefined) process.stdout.write(`\n${matrixTable(results)}\n\n`);
});

test.each(cells.map((cell) => [pointOf(cell), cell.platform, cell.story.title, cell] as const))(
  "killed at %s on %s in the story of %s, the program loses nothing and does nothing twice",
  async (_point, _platform, _title, cell) => {
    const result = { ...cell, passed: false };
    results.push(result);
    await playCell(cell, compileCache);
    result.passed = true;
  },
  120_000,
);

test.runIf(full === undefined)("every point is tried, and every platform", () => {
  const points = new Set(cells.map(({ step, moment }) => `${step}.${moment}`));
  expect(FAILPOINTS.filter((point) => !points.has(point))).toEqual([]);
  expect(PLATFORMS.filter((name) => !cells.some(({ platform }) => platform === name))).toEqual([]);
});

test("what cannot be reached is only what a platform does not have", () => {
  const missing = (name: (typeof PLATFORMS)[number]) => STEPS.filter((step) => never(name, step) !== undefined);
  const drafts = ["store.draftBegun", "store.draftShown", "store.dropDraft", "adapter.remove"];
  expect(missing("discord")).toEqual(["store.setVault"]);
  expect(new Set(missing("telegram"))).toEqual(new Set([...drafts, "store.setBookmarks", "store.setVault"]));
  expect(new Set(missing("whatsapp"))).toEqual(
    new Set([...drafts, "store.threadOpened", "adapter.openThread", "store.deliverOutside", "store.setBookmarks"]),
  );
  expect(new Set(missing("web"))).toEqual(
    new Set([
      ...drafts,
      "store.chunkUnsent",
      "store.chunkFailed",
      "store.deliverOutside",
      "store.deliveryFailed",
      "store.setBookmarks",
      "store.setVault",
    ]),
  );
});
