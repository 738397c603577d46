import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { storedToken } from "../../../gateway/config/stored-token.ts";
import { scratchFolder } from "./scratch.ts";

test("the token is made once, for this user's eyes alone, and nothing else is left behind", () => {
  const folder = scratchFolder();
  const token = storedToken(folder);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(storedToken(folder)).toBe(token);
  expect(readdirSync(folder)).toEqual(["token"]);
  expect(statSync(join(folder, "token")).mode & 0o777).toBe(0o600);
});

test("an empty file is as good as none", () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "token"), "\n");
  const token = storedToken(folder);
  expect(token).not.toBe("");
  expect(readFileSync(join(folder, "token"), "utf8")).toBe(`${token}\n`);
});
