import { expect, test } from "vitest";
import { joiningOf } from "../../../gateway/config/joining.ts";
import { load } from "./scratch.ts";

test.each([
  ["", "127.0.0.1", "this-machine"],
  ["web: { access: allowlist }", "127.0.0.1", "this-machine"],
  ["web: { joinToken: t }", "127.0.0.1", "with-token"],
  ["web: { joinToken: t }", "0.0.0.0", "with-token"],
  ["web: { joinToken: t, access: open }", "0.0.0.0", "with-token"],
  ["web: { access: open }", "0.0.0.0", "anybody"],
  ["access: { groups: open }", "0.0.0.0", "anybody"],
  ["", "0.0.0.0", "nobody"],
  ["access: pairing", "0.0.0.0", "nobody"],
  ["access: off", "0.0.0.0", "nobody"],
])("with %j at %s, those who can join are: %s", (yaml, host, joining) => {
  expect(joiningOf(load(yaml, { PARLEY_HOST: host }))).toBe(joining);
});
