import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatKind, Platform } from "../../adapters/record.ts";
import { decodeKey, decodePart, encodeKey, encodePart, type KeyParts } from "../../strategies/key.ts";

/** Ids as a hostile platform could make them: separators, encodings, keywords of the key, invisible and broken text. */
const hostileId = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      ":",
      "%",
      "@",
      "%3A",
      "%25",
      "thread",
      "user",
      "agent",
      " ",
      "\n",
      "\u0000",
      "\u200b",
      "a",
      "A",
    ),
    maxLength: 8,
  }),
  // Lone surrogates, which no UTF-8 text can hold.
  fc.array(fc.integer({ min: 0xd7fe, max: 0xe001 }), { maxLength: 4 }).map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom("", "default", "thread:1", "user:1", ":thread:", "%uD800", "\ud800"),
);

const keyParts: fc.Arbitrary<KeyParts> = fc.record(
  {
    agent: hostileId,
    platform: fc.constantFrom<Platform>("discord", "telegram", "whatsapp", "web"),
    account: hostileId,
    kind: fc.constantFrom<ChatKind>("dm", "group", "channel"),
    chat: hostileId,
    thread: hostileId,
    user: hostileId,
  },
  { requiredKeys: ["agent", "platform", "account", "kind", "chat"] },
);

describe("session keys", () => {
  test("a shared Discord channel's key reads as it always did", () => {
    const parts = { agent: "main", platform: "discord", account: "default", kind: "channel", chat: "123" } as const;
    expect(encodeKey(parts)).toBe("agent:main:discord:channel:123");
  });

  test("account, thread and user are named where they are known", () => {
    expect(
      encodeKey({
        agent: "main",
        platform: "telegram",
        account: "second bot",
        kind: "group",
        chat: "-100:7",
        thread: "9",
        user: "a@b",
      }),
    ).toBe("agent:main:telegram@second%20bot:group:-100%3A7:thread:9:user:a%40b");
  });

  test("whatever the ids hold, decoding gives back what was encoded", () => {
    fc.assert(
      fc.property(keyParts, (parts) => {
        expect(decodeKey(encodeKey(parts))).toEqual(parts);
      }),
      { numRuns: 5_000 },
    );
  });

  test("different places never share a key", () => {
    fc.assert(
      fc.property(keyParts, keyParts, (one, other) => {
        expect(encodeKey(one) === encodeKey(other)).toBe(sameParts(one, other));
      }),
      { numRuns: 5_000 },
    );
  });

  test("parts that differ in the border between them never share a key", () => {
    fc.assert(
      fc.property(fc.array(hostileId, { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(), (pieces, left, right) => {
        const split = (at: number) => {
          const border = at % (pieces.length + 1);
          return { chat: pieces.slice(0, border).join(":"), thread: pieces.slice(border).join(":") };
        };
        const base = { agent: "a", platform: "web", account: "default", kind: "group" } as const;
        const [one, other] = [
          { ...base, ...split(left) },
          { ...base, ...split(right) },
        ];
        expect(encodeKey(one) === encodeKey(other)).toBe(sameParts(one, other));
      }),
      { numRuns: 3_000 },
    );
  });

  test("a key survives a text database: it holds no lone surrogate, white space or control character", () => {
    fc.assert(
      fc.property(keyParts, (parts) => {
        const key = encodeKey(parts);
        expect(key.isWellFormed()).toBe(true);
        expect(key).not.toMatch(/[\s\p{Cc}]/u);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    "",
    "agent",
    "agent:main",
    "agent:main:irc:group:1",
    "agent:main:telegram:room:1",
    "agent:main:telegram:group",
    "agent:main:telegram:group:1:thread",
    "agent:main:telegram:group:1:user:2:thread:3",
    "agent:main:telegram:group:1:user:2:x",
    "agent:main:telegram@default:group:1",
    "agent:main:telegram@a@b:group:1",
    "agent:main:telegram:group:%2",
    "agent:main:telegram:group:%31",
    "agent:main:telegram:group:a b",
    "agent:main:telegram:group:%3a",
  ])("%j is no key", (text) => {
    expect(decodeKey(text)).toBeNull();
  });

  test("any text is either a key in its one spelling or no key", () => {
    fc.assert(
      fc.property(fc.oneof(hostileId, keyParts.map(encodeKey)), (text) => {
        const parts = decodeKey(text);
        expect(parts === null || encodeKey(parts) === text).toBe(true);
      }),
    );
  });

  test("a part comes back as it was", () => {
    fc.assert(
      fc.property(hostileId, (part) => {
        expect(decodePart(encodePart(part))).toBe(part);
      }),
    );
  });
});

function sameParts(one: KeyParts, other: KeyParts): boolean {
  const names = ["agent", "platform", "account", "kind", "chat", "thread", "user"] as const;
  return names.every((name) => one[name] === other[name]);
}
