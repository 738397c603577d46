import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { afterEnding } from "../adapters/whatsapp/connection-policy.ts";
import { main } from "../gateway/cli/main.ts";
import { commands } from "../gateway/commands/index.ts";
import { loadConfig } from "../gateway/config/load.ts";
import { settingKinds } from "../sessions/settings.ts";
import { builtInStrategies, StrategyRegistry } from "../strategies/index.ts";
import { loadStrategies } from "../strategies/load.ts";
import { strategyContract } from "./strategies/contract.ts";
import { everyRecord } from "./strategies/records.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFile(join(root, file), "utf8");
const readme = await read("README.md");
const fence = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1] ?? "");

describe("the README", () => {
  test("shows every strategy and every command, and no others", () => {
    const cells = [...readme.matchAll(/^\| (`[^|]+`) /gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
    );
    const strategies = builtInStrategies.map(({ name }) => name);
    expect(cells.filter((cell) => /^[a-z-]+$/.test(cell)).toSorted()).toEqual(strategies.toSorted());
    expect(cells.filter((cell) => cell.startsWith("/"))).toEqual(
      expect.arrayContaining(commands.map(({ name }) => `/${name}`)),
    );
    expect(cells.filter((cell) => cell.startsWith("/"))).toHaveLength(commands.length);
  });

  test("has no gaps left to fill", () => {
    expect(readme).not.toContain("<!--");
  });

  test("its configuration loads", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parley-readme-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [yaml] = fence(readme, "yaml");
    await writeFile(join(folder, "parley.yaml"), yaml ?? "");
    expect(loadConfig({ env: {}, cwd: folder }).owners).toEqual(["telegram:123456789"]);
  });

  test("its command lines exist", async () => {
    const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
    for (const [, script] of readme.matchAll(/npm (?:run )?(start|test|dev|check|fix|parley)\b/g)) {
      expect(scripts).toHaveProperty(script ?? "");
    }
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    expect(await main(["--help"], { env: {}, cwd: root, print, complain: print })).toBe(0);
    const named = [...readme.matchAll(/npm run parley (\w+)/g)].map((match) => match[1] ?? "");
    expect(named.length).toBeGreaterThan(3);
    for (const command of named) expect(printed.join("\n")).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test("links to files that exist", async () => {
    for (const file of [
      "README.md",
      "CHANGELOG.md",
      "docs/discord.md",
      "docs/whatsapp.md",
      "docs/configuration.md",
      "docs/administration.md",
      "docs/approvals.md",
      "docs/command-line.md",
      "docs/backup.md",
      "docs/strategies.md",
      "docs/stores.md",
      "docs/tools.md",
      "docs/simulate.md",
    ]) {
      const links = [...(await read(file)).matchAll(/\]\((?!http)([^)#]+)\)/g)].map((match) => match[1] ?? "");
      for (const link of links) await readFile(join(root, file, "..", link));
    }
  });
});

test("docs/administration.md lists every setting with who may make it", async () => {
  const rows = [...(await read("docs/administration.md")).matchAll(/^\| (`[^|]+`) \|[^|]*\| (admins|owners) \|$/gm)];
  const listed = rows.flatMap(([, names = "", who = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name}: ${who}`),
  );
  expect(listed.toSorted()).toEqual(settingKinds.map(({ name, who }) => `${name}: ${who}s`).toSorted());
});

test("docs/whatsapp.md knows every end of a connection that an operator has to do something about", async () => {
  const page = await read("docs/whatsapp.md");
  const rows = [...page.matchAll(/^\| ([^|`]+) \|/gm)].map((match) => match[1] ?? "");
  const told = [401, 402, 403, 405, 440].map((code) => afterEnding({ by: "whatsapp", code }).reason);
  for (const reason of told)
    expect(
      rows.some((row) => reason.startsWith(row)),
      reason,
    ).toBe(true);
});

// The example is read from the page and loaded as its readers would load it.
const folder = await mkdtemp(join(tmpdir(), "parley-example-"));
const example = fence(await read("docs/strategies.md"), "ts");
const file = join(folder, "by-topic.ts");
await writeFile(file, (example[0] ?? "").replaceAll("<where Parley is>", root));
const registry = new StrategyRegistry();
await loadStrategies(registry, file);
await rm(folder, { recursive: true });
const byTopic = registry.get("by-topic");
if (byTopic === undefined) throw new Error("docs/strategies.md has no example that loads");
strategyContract(byTopic, everyRecord(), { sharesGroup: false, sharesThread: true });
