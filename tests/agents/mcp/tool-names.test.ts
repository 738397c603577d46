import fc from "fast-check";
import { expect, test } from "vitest";
import { toolNames } from "../../../agents/mcp/tool-names.ts";

test("a name that needs no change keeps it, also beside one that would be changed into it", () => {
  const names = toolNames("s", ["a.b", "a_b", "c d"]);
  expect(names.get("a_b")).toBe("s__a_b");
  expect(names.get("c d")).toBe("s__c_d");
  expect(names.get("a.b")).toMatch(/^s__a_b_[0-9a-f]{6}$/);
});

test("two names that would become one are both told apart", () => {
  const names = [...toolNames("s", ["a.b", "a/b"]).values()];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^s__a_b_[0-9a-f]{6}$/);
});

test("whatever a server calls its tools, each has one name that every model takes, in whatever order they are listed", () => {
  const server = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
  const odd = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.stringMatching(/^[ab._]{1,4}$/),
    fc.stringMatching(/^x{28,80}$/),
  );
  fc.assert(
    fc.property(server, fc.array(odd, { maxLength: 30 }), (server, tools) => {
      const names = toolNames(server, tools);
      const shown = [...names.values()];
      expect(new Set(shown).size).toBe(shown.length);
      for (const name of shown) expect(name).toMatch(/^[a-z0-9-]{1,32}__[\w-]{1,61}$/);
      for (const name of shown) expect(name.length).toBeLessThanOrEqual(64);
      for (const tool of tools) if (/^[\w-]{1,30}$/.test(tool)) expect(names.get(tool)).toBe(`${server}__${tool}`);
      expect(toolNames(server, tools.toReversed())).toEqual(names);
    }),
  );
});
