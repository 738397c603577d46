import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StrategyRegistry } from "../../strategies/index.ts";
import { loadStrategies } from "../../strategies/load.ts";
import { strategyContract } from "./contract.ts";
import { everyRecord } from "./records.ts";

describe("strategies from a module", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "parley-strategies-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function load(source: string) {
    const file = join(folder, "strategy.mjs");
    await writeFile(file, source);
    const registry = new StrategyRegistry();
    return { registry, names: loadStrategies(registry, file) };
  }

  test("are added under their names, each once", async () => {
    const { registry, names } = await load(`
      export const byDay = { name: "by-day", summary: "S.", plan: () => ({}) };
      export default byDay;
      export const other = { name: "other", summary: "S.", plan: () => ({}) };
      export const unrelated = 3;
    `);
    expect((await names).toSorted()).toEqual(["by-day", "other"]);
    expect(registry.names()).toContain("by-day");
  });

  test.each([
    ["exports none", "export const x = 1;", "invalid-strategy"],
    ["has no name", "export default { plan() {} };", "invalid-strategy"],
    ["has a name nobody can type", 'export default { name: "My Strategy", plan() {} };', "invalid-strategy"],
    ["has a name that fits no button", `export default { name: "${"x".repeat(33)}", plan() {} };`, "invalid-strategy"],
    ["takes a built-in name", 'export default { name: "shared", summary: "S.", plan() {} };', "duplicate-strategy"],
  ])("are refused if the module %s", async (_, source, code) => {
    await expect((await load(source)).names).rejects.toMatchObject({ code });
  });
});

const { wholeChat } = await import("./example-strategy.ts");
strategyContract(wholeChat, everyRecord(), { sharesGroup: true, sharesThread: true });
