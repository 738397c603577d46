import { expect, test } from "vitest";
import { unservedVariables } from "../../../gateway/config/unserved.ts";

test("every variable that is set and not served is named once, without its value", () => {
  const env = {
    DATABASE_URL: "postgres://SECRET",
    WHATSAPP_ENABLED: "true",
    WHATSAPP_WS_URL: "ws://SECRET",
  };
  const warnings = unservedVariables(env);
  expect(warnings.map((warning) => warning.split(" ")[0])).toEqual(Object.keys(env));
  expect(warnings[0]).toMatch(/^DATABASE_URL is set, but this version keeps its data in SQLite/);
  expect(warnings.join("\n")).not.toMatch(/SECRET|ws:/);
});

test("nothing is said of variables that are empty or served", () => {
  expect(unservedVariables({ DATABASE_URL: "", TELEGRAM_BOT_TOKEN: "t", DISCORD_TOKEN: "t" })).toEqual([]);
});
