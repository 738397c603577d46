import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { main } from "../../../gateway/cli/main.ts";
import { scratchFolder } from "../config/scratch.ts";

async function run(args: string[], env: Record<string, string> = {}) {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const code = await main(args, { env, cwd: scratchFolder(), print, complain: print });
  return { code, said: printed.join("\n") };
}

test("--version is that of the package", async () => {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(await run(["--version"])).toEqual({ code: 0, said: JSON.parse(manifest).version });
});

test("--help says where settings are explained and where things are", async () => {
  const { code, said } = await run(["--help"]);
  expect(code).toBe(0);
  for (const name of ["docs/configuration.md", "PARLEY_CONFIG", "PARLEY_DATA"]) expect(said).toContain(name);
});

test("check warns of variables that this version does not serve", async () => {
  const { code, said } = await run(["check"], { DATABASE_URL: "postgres://SECRET" });
  expect(code).toBe(0);
  expect(said).toContain("warning: DATABASE_URL is set, but");
  expect(said).not.toContain("SECRET");
});

test("check says who can join", async () => {
  const open = await run(["check"], { PARLEY_HOST: "0.0.0.0", PARLEY_ACCESS: "open" });
  expect(open.said).toContain("anybody who reaches the port can join");
  const closed = await run(["check"], { PARLEY_HOST: "0.0.0.0" });
  expect(closed.said).toContain("nobody can join");
});

test("whatsapp link says what is wrong where it cannot keep credentials, and what is no phone number", async () => {
  const unwritable = await run(["whatsapp", "link"], { PARLEY_DATA: "/dev/null/data" });
  expect(unwritable).toMatchObject({ code: 1, said: expect.stringContaining("cannot write /dev/null/data") });
  const nobody = await run(["whatsapp", "link", "--phone", "12ab"]);
  expect(nobody).toMatchObject({ code: 1, said: expect.stringContaining("country code") });
});

test("whatsapp unlink needs data, and something that is linked", async () => {
  expect(await run(["whatsapp", "unlink"])).toMatchObject({ code: 1, said: expect.stringContaining("no data") });
});
