import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { configLevels, strategyChoices } from "../../../gateway/config/levels.ts";
import { mergeSettings, resolveSettings, settingKind } from "../../../sessions/settings.ts";
import { load } from "./scratch.ts";

const builtIn = {
  strategy: "per-user",
  threads: "per-user",
  addressing: "mention",
  busy: "collect",
  compaction: "0.6",
  compactionTokens: "200000",
  ambient: "off",
  tools: "all",
  maxAgeMs: "43200000",
  model: "claude-sonnet-5-5",
};

test("without a file everything is a default", () => {
  const config = load("");
  expect(configLevels(config, "telegram", "group")).toEqual({ defaults: builtIn, levels: [] });
  expect(configLevels(config, "telegram", "channel")).toEqual({ defaults: builtIn, levels: [] });
  expect(configLevels(config, "telegram", "dm").defaults).toEqual({ ...builtIn, compaction: "0.85" });
});

test("that the web chat answers everything is a default, whatever is said for all platforms", () => {
  const { defaults, levels } = configLevels(load("addressing: mention\n"), "web", "group");
  expect([defaults.addressing, levels]).toEqual(["always", []]);
});

test("the top of the file is a default, and a platform's section a level of its own", () => {
  const config = load(
    [
      "strategy: shared",
      "agent: { model: large }",
      "limits: { userRunsPerDay: 50, warnAt: 0.5 }",
      "telegram:",
      "  token: t",
      "  strategy: shared",
      "  compaction: { groups: 0.5 }",
      "  model: small",
      "  maxAgeMs: 60000",
      "  limits: { userRunsPerDay: none }",
    ].join("\n"),
  );
  const said = { strategy: "shared", maxAgeMs: "60000", model: "small", userRunsPerDay: "none" };
  const group = configLevels(config, "telegram", "group");
  expect(group.defaults).toEqual({ ...builtIn, strategy: "shared", model: "large", userRunsPerDay: "50" });
  expect(group.levels).toEqual([{ level: "platform", values: { ...said, compaction: "0.5" } }]);
  expect(configLevels(config, "telegram", "dm").levels).toEqual([{ level: "platform", values: said }]);
  expect(configLevels(config, "discord", "group").levels).toEqual([]);

  const resolved = resolveSettings(group.defaults, group.levels, () => true);
  const from = new Map(resolved.map(({ kind, value, from }) => [kind.name, `${value}, ${from}`]));
  expect(from.get("strategy")).toBe("shared, platform");
  expect(from.get("userRunsPerDay")).toBe("none, platform");
  expect(from.get("threads")).toBe("per-user, default");
});

test("a variable that decides for every platform is a default", () => {
  const config = load("web: { strategy: shared }\n", { PARLEY_STRATEGY: "per-thread" });
  const { defaults, levels } = configLevels(config, "web", "group");
  expect([defaults.strategy, levels]).toEqual(["per-thread", []]);
});

const limit = fc.integer({ min: 1, max: 1_000_000_000_000 });
const share = fc.double({ min: 0.1, max: 0.95, noNaN: true });
const modelLetters = fc.constantFrom(..."aZ9._:/@-");
const section = {
  strategy: fc.constantFrom("shared", "by-moon"),
  threads: fc.constantFrom("per-user", "shared"),
  addressing: fc.constantFrom("mention", "always"),
  busy: fc.constantFrom("collect", "steer", "interrupt"),
  compaction: fc.oneof(share, fc.record({ dm: share, groups: share }, { requiredKeys: [] })),
  compactionTokens: fc.integer({ min: 1_000, max: 100_000_000 }),
  ambient: fc.constantFrom("off", "recent"),
  tools: fc.oneof(fc.constantFrom("all", "none", "recall"), fc.constantFrom(["now"], ["files", "now", "files"])),
  maxAgeMs: fc.integer({ min: 60_000, max: 2_147_483_647 }),
  extraPrompt: fc.string({ minLength: 1, maxLength: 4_000 }).filter((text) => /\S/.test(text) && !text.includes("$")),
};
const limits = <Each>(each: fc.Arbitrary<Each>) =>
  fc.record(
    { userTokensPerDay: each, userRunsPerDay: each, chatTokensPerDay: each, chatRunsPerDay: each },
    { requiredKeys: [] },
  );
const file = fc.record(
  {
    ...section,
    limits: limits(limit),
    whatsapp: fc.record(
      {
        ...section,
        model: fc.string({ unit: modelLetters, minLength: 1, maxLength: 100 }),
        limits: limits(fc.oneof(limit, fc.constant("none"))),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

test("what the file may say, stored settings may say, and it comes to the same", () => {
  fc.assert(
    fc.property(file, fc.constantFrom("dm" as const, "group" as const), (written, kind) => {
      const config = load(stringify(written));
      const { defaults, levels } = configLevels(config, "whatsapp", kind);
      for (const values of [defaults, ...levels.map((each) => each.values)]) {
        for (const [name, value] of Object.entries(values)) expect(settingKind(name)?.parse(value)).toBe(value);
      }
      const { whatsapp, discord } = config.platforms;
      const [own, general] = kind === "dm" ? [whatsapp.dm, discord.dm] : [whatsapp.groups, discord.groups];
      expect(mergeSettings(general, levels, () => true)).toEqual(own);
    }),
    { numRuns: 200 },
  );
});

test("the strategies to look for are those that are named, where they are named", () => {
  expect([...strategyChoices(load(""))]).toEqual([["strategy", "per-user"]]);
  const config = load("strategy: by-moon\ntelegram: { token: t, strategy: by-sun }\nweb: { threads: shared }\n");
  expect([...strategyChoices(config)]).toEqual([
    ["strategy", "by-moon"],
    ["telegram.strategy", "by-sun"],
  ]);
  const decided = load("web: { strategy: shared }\n", { PARLEY_STRATEGY: "by-moon" });
  expect([...strategyChoices(decided)]).toEqual([["strategy", "by-moon"]]);
});
