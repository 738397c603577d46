import { expect, test } from "vitest";
import { unservedVariables } from "../../../gateway/config/unserved.ts";

test("a variable that is set and not served is named, without its value", () => {
  const warnings = unservedVariables({ DATABASE_URL: "postgres://SECRET" });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^DATABASE_URL is set, but this version keeps its data in SQLite/);
  expect(warnings[0]).not.toContain("SECRET");
});

test("nothing is said of variables that are empty or served", () => {
  expect(
    unservedVariables({ DATABASE_URL: "", TELEGRAM_BOT_TOKEN: "t", DISCORD_TOKEN: "t", WHATSAPP_ENABLED: "1" }),
  ).toEqual([]);
});
