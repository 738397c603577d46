import { expect, test } from "vitest";
import { inputSchemaOf } from "../../../agents/mcp/tool-schema.ts";

test("half a character, as where a server cut a text, does not get into requests", () => {
  const property = { type: "string", description: "cut \ud83d", enum: ["\ude00"] };
  const schema = inputSchemaOf({ type: "object", properties: { a: property } });
  expect(schema).toEqual({
    type: "object",
    properties: { a: { type: "string", description: "cut \ufffd", enum: ["\ufffd"] } },
  });
  const nested = { type: "object", properties: { a: { type: "object", properties: { "\ud83d": {} } } } };
  expect(inputSchemaOf(nested)).toBe("has a schema with names that no model takes");
});
