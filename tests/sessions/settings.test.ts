import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SettingLevel } from "../../sessions/inbox.ts";
import {
  type ChatSettings,
  mergeSettings,
  resolveSettings,
  settingKind,
  settingKinds,
} from "../../sessions/settings.ts";

const defaults: ChatSettings = {
  strategy: "per-user",
  threads: "per-user",
  addressing: "mention",
  busy: "collect",
  compaction: 0.6,
  compactionTokens: 200_000,
  ambient: "off",
  tools: "all",
  maxAgeMs: 43_200_000,
};
const isStrategy = (name: string) => ["per-user", "shared", "tagged-hybrid"].includes(name);

describe("what a setting takes", () => {
  test.each([
    ["strategy", "shared", "shared"],
    ["strategy", "Not A Name", undefined],
    ["busy", "Interrupt", "interrupt"],
    ["busy", "queue", undefined],
    ["compaction", "0.75", "0.75"],
    ["compaction", "75%", "0.75"],
    ["compaction", "0.05", undefined],
    ["compaction", "96%", undefined],
    ["compaction", "", undefined],
    ["compactionTokens", "100000", "100000"],
    ["compactionTokens", "999", undefined],
    ["compactionTokens", "1e9", undefined],
    ["compactionTokens", "01000", undefined],
    ["ambient", "Recent", "recent"],
    ["ambient", "on", undefined],
    ["tools", "all", "all"],
    ["tools", " now, recall\nfiles now ", "now recall files"],
    ["tools", "NONE", "none"],
    ["tools", "all now", undefined],
    ["tools", ", ", undefined],
    ["tools", "../etc", undefined],
    ["tools", "x".repeat(129), undefined],
    ["tools", Array.from({ length: 101 }, (_, n) => `t${n}`).join(" "), undefined],
    ["maxAgeMs", "12h", "43200000"],
    ["maxAgeMs", "2d", "172800000"],
    ["maxAgeMs", "60000", "60000"],
    ["maxAgeMs", "59s", undefined],
    ["maxAgeMs", "12 parsecs", undefined],
    ["extraPrompt", "  Answer in rhymes. ", "Answer in rhymes."],
    ["extraPrompt", " ", undefined],
    ["extraPrompt", "x".repeat(4_001), undefined],
    ["model", "claude-sonnet-5-5", "claude-sonnet-5-5"],
    ["model", "a model", undefined],
    ["userTokensPerDay", "100000", "100000"],
    ["userTokensPerDay", "0", undefined],
    ["userTokensPerDay", "-1", undefined],
    ["chatRunsPerDay", "none", "none"],
  ])("%s takes %j as %j", (name, text, value) => {
    expect(settingKind(name)?.parse(text)).toBe(value);
  });

  test("names are found in any case, others are none", () => {
    expect(settingKind("MAXAGEMS")?.name).toBe("maxAgeMs");
    expect(settingKind("fork")).toBeUndefined();
    expect(settingKind("__proto__")).toBeUndefined();
  });

  test("what is stored is taken again as it is", () => {
    const texts = fc.oneof(fc.string(), fc.nat().map(String), fc.constantFrom("none", "12h", "50%", "shared", "steer"));
    fc.assert(
      fc.property(fc.constantFrom(...settingKinds), texts, (kind, text) => {
        const stored = kind.parse(text);
        if (stored !== undefined) expect(kind.parse(stored)).toBe(stored);
      }),
    );
  });
});

describe("levels", () => {
  const levels: SettingLevel[] = [
    { level: "platform", values: { busy: "steer", userRunsPerDay: "10" } },
    { level: "guild", values: { strategy: "shared", compaction: "0.5" } },
    { level: "chat", values: { strategy: "gone-with-its-module", busy: "nonsense" } },
    { level: "thread", values: { userRunsPerDay: "none", addressing: "always" } },
  ];

  test("the narrowest level that has a valid value counts, and is named", () => {
    const from = Object.fromEntries(
      resolveSettings({ strategy: "per-user", busy: "collect" }, levels, isStrategy).map(({ kind, value, from }) => [
        kind.name,
        [value, from],
      ]),
    );
    expect(from).toMatchObject({
      strategy: ["shared", "guild"],
      busy: ["steer", "platform"],
      compaction: ["0.5", "guild"],
      userRunsPerDay: ["none", "thread"],
      addressing: ["always", "thread"],
      model: [undefined, "default"],
    });
  });

  test("programs get the same values, a limit that is taken away as none", () => {
    expect(mergeSettings(defaults, levels, isStrategy)).toEqual({
      ...defaults,
      strategy: "shared",
      busy: "steer",
      compaction: 0.5,
      addressing: "always",
      userRunsPerDay: undefined,
    });
    expect(mergeSettings(defaults, [], isStrategy)).toBe(defaults);
    const noTools: SettingLevel[] = [{ level: "chat", values: { tools: "none", compactionTokens: "9000" } }];
    expect(mergeSettings(defaults, noTools, isStrategy)).toMatchObject({ tools: "none", compactionTokens: 9_000 });
  });

  test("both ways of reading agree, whatever is stored", () => {
    const value = fc.oneof(fc.string(), fc.constantFrom("shared", "steer", "none", "0.5", "77", "always"));
    const name = fc.oneof(fc.constantFrom(...settingKinds.map((kind) => kind.name)), fc.string());
    const level = fc.record({
      level: fc.constantFrom("platform" as const, "guild" as const, "chat" as const, "thread" as const),
      values: fc.dictionary(name, value),
    });
    fc.assert(
      fc.property(fc.array(level, { maxLength: 4 }), (some) => {
        const merged = mergeSettings(defaults, some, isStrategy);
        for (const { kind, value: text, from } of resolveSettings({}, some, isStrategy)) {
          const removed = text === "none" && kind.name !== "tools";
          const expected = from === "default" ? defaults[kind.name] : removed ? undefined : text;
          expect(String(merged[kind.name])).toBe(String(expected));
        }
      }),
    );
  });
});
