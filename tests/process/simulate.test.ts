import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { scratchFolder } from "../gateway/config/scratch.ts";
import { Program } from "../gateway/stage/program.ts";

const ROOT = join(import.meta.dirname, "../..");

test("the README's table and picture are what its command gives", { timeout: 120_000 }, async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, command = "", file = ""] = /npm run parley (simulate -- --generate --plot (\S+))`/.exec(readme) ?? [];
  expect(file).not.toBe("");
  // Where nothing is configured.
  const folder = scratchFolder();
  const program = new Program({ args: command.replace(" --", "").split(" "), cwd: folder, env: {} });
  onTestFinished(async () => void (await program.end("SIGKILL")));
  expect(await program.exited, program.errors.join("\n")).toBe(0);
  const table = program.output.filter((line) => line.startsWith("|"));
  expect(table).toHaveLength(7);
  expect(readme).toContain(table.join("\n"));
  expect(readFileSync(join(ROOT, "docs/simulate.svg"), "utf8")).toBe(readFileSync(join(folder, file), "utf8"));
});
