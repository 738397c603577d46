import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeKey, decodePart, encodeKey, encodePart } from "../../strategies/key.ts";
import { corpus } from "./corpus.ts";
import { hostileText } from "./hostile.ts";
import { runs } from "./runs.ts";

const keys = [
  "agent:main:discord:channel:123",
  "agent:main:telegram@second%20bot:group:-100%3A7:thread:9:user:a%40b",
  "agent:main:whatsapp:dm:100000000000001%40lid",
  "agent:%uD800:web@%25:group:%E2%80%8B:user:%u1F60",
];
const pieces = [
  ":",
  "%",
  "@",
  "%3A",
  "%3a",
  "%u",
  "%uD800",
  "%uD83D%uDE00",
  "%uDE00",
  "%F0%9F%98%80",
  "%C0%80",
  "%u003A",
];

/** Keys of which some characters are others, and texts that look like keys. */
const nearlyKey = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...keys),
      fc.array(fc.tuple(fc.nat(80), fc.nat(3), fc.constantFrom(...pieces, "", "x")), { maxLength: 4 }),
    )
    .map(([key, changes]) =>
      changes.reduce((text, [at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone), key),
    ),
  fc
    .array(fc.constantFrom(...pieces, "agent", "main", "web", "dm", "thread", "user", "default"), { maxLength: 14 })
    .map((all) => all.join("")),
  hostileText,
);

function expectKeyOrNone(text: string): void {
  const parts = decodeKey(text);
  if (parts !== null) expect(encodeKey(parts)).toBe(text);
}

test("whatever stands where a key should, it is a key in its one spelling, or none", () => {
  fc.assert(fc.property(nearlyKey, expectKeyOrNone), runs(20_000));
});

test.each(corpus<string>("key"))("$is", ({ input }) => {
  expectKeyOrNone(input);
});

test("whatever stands where a part should, it is read or refused as an address would be", () => {
  const property = fc.property(fc.oneof(nearlyKey, hostileText), (text) => {
    try {
      expect(decodePart(encodePart(decodePart(text)))).toBe(decodePart(text));
    } catch (error) {
      expect(error).toBeInstanceOf(URIError);
    }
  });
  fc.assert(property, runs(10_000));
});
