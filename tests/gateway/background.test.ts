import { describe, expect, test } from "vitest";
import { textTokens } from "../../agents/tokens.ts";
import { backgroundOf } from "../../gateway/background.ts";
import type { AmbientBounds, AmbientMessage } from "../../sessions/ambient.ts";
import type { Run } from "../../sessions/runs.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const bounds = { ambientMessages: 20, ambientTokens: 2_000, ambientMaxAgeMs: 60_000 };
const recent = { ambient: "recent" } as const;

function run(fields: { kind?: "dm" | "group" | "channel"; threadId?: string; thread?: "stay" | "open" } = {}): Run {
  const { kind = "group", threadId, thread = "stay" } = fields;
  return { chat: { ref: 7, kind }, to: { ...(threadId !== undefined && { threadId }) }, plan: { thread } } as Run;
}

function says(name: string, text: string): AmbientMessage {
  return { author: { id: name.toLowerCase(), name }, sentAt: NOW, text };
}

/** A store that holds these messages everywhere, and remembers what it was asked for. */
function holding(...messages: AmbientMessage[]) {
  const asked: Array<{ place: object; bounds: AmbientBounds }> = [];
  const ambient = async (place: object, limits: AmbientBounds) => {
    asked.push({ place, bounds: limits });
    return messages;
  };
  return { asked, ambient };
}

describe("background", () => {
  test("is what others have said, oldest first, each with who said it", async () => {
    const store = holding(says("Ann", "lunch?"), says("Bob", "a < b"));
    expect(await backgroundOf(store, run(), recent, bounds, NOW)).toBe(
      [
        "<background>",
        '<message from="ann" name="Ann" at="2026-11-22T12:00:00Z">\nlunch?\n</message>',
        '<message from="bob" name="Bob" at="2026-11-22T12:00:00Z">\na &lt; b\n</message>',
        "</background>",
      ].join("\n"),
    );
  });

  test("is asked for the turn's own chat and thread, by number and age", async () => {
    const store = holding();
    expect(await backgroundOf(store, run(), recent, bounds, NOW)).toBeUndefined();
    await backgroundOf(store, run({ kind: "channel", threadId: "9" }), recent, bounds, NOW);
    // Opened for the answer: the question stands outside of it.
    await backgroundOf(store, run({ threadId: "10", thread: "open" }), recent, bounds, NOW);
    const limits = { messages: 20, since: NOW - 60_000 };
    expect(store.asked).toEqual([
      { place: { chatRef: 7 }, bounds: limits },
      { place: { chatRef: 7, threadId: "9" }, bounds: limits },
      { place: { chatRef: 7 }, bounds: limits },
    ]);
  });

  test("is not even looked for where it is off, nor in private", async () => {
    const store = holding(says("Ann", "lunch?"));
    expect(await backgroundOf(store, run(), { ambient: "off" }, bounds, NOW)).toBeUndefined();
    expect(await backgroundOf(store, run({ kind: "dm" }), recent, bounds, NOW)).toBeUndefined();
    expect(store.asked).toEqual([]);
  });

  test("of too much, the newest is shown", async () => {
    const store = holding(...Array.from({ length: 20 }, (_, index) => says("Ann", `${index} ${"x".repeat(300)}`)));
    const text = (await backgroundOf(store, run(), recent, { ...bounds, ambientTokens: 500 }, NOW)) ?? "";
    expect(text.length).toBeLessThanOrEqual(500 * 4);
    expect(text.match(/^\d+/gm)).toEqual(["15", "16", "17", "18", "19"]);
  });

  test("of one message that is too long, the beginning is shown, however much of it has to be escaped", async () => {
    for (const sign of ["x", "&", "😀"]) {
      const store = holding(says("Ann", "before"), says("Bob", `so ${sign.repeat(5_000)}`));
      const text = (await backgroundOf(store, run(), recent, { ...bounds, ambientTokens: 100 }, NOW)) ?? "";
      expect(text.length).toBeLessThanOrEqual(100 * 4);
      expect(text).toMatch(/so (?:x|&amp;|😀)+…\n<\/message>\n<\/background>$/u);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  test("keeps to its tokens in scripts whose signs say more, too", async () => {
    const store = holding(...Array.from({ length: 20 }, () => says("安", "我们中午去哪里吃饭".repeat(40))));
    const text = (await backgroundOf(store, run(), recent, bounds, NOW)) ?? "";
    expect(textTokens(text)).toBeLessThanOrEqual(bounds.ambientTokens);
    expect(text.match(/<message /g)?.length).toBeGreaterThan(1);
  });

  test("what comes late is as old as it is", async () => {
    const store = holding({ ...says("Ann", "last night"), sentAt: NOW - 60_001 }, says("Bob", "just now"));
    const text = (await backgroundOf(store, run(), recent, bounds, NOW)) ?? "";
    expect(text).toContain("just now");
    expect(text).not.toContain("last night");
  });

  test("no room is no background", async () => {
    const store = holding(says("Ann", "lunch?"));
    expect(await backgroundOf(store, run(), recent, { ...bounds, ambientTokens: 10 }, NOW)).toBeUndefined();
  });
});
