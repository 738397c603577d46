import { type ChatSettings, mergeSettings, settingKind } from "../../sessions/settings.ts";
import { type Config, type PerKind, type ServedPlatform, type SettingTexts, servedPlatforms } from "./config.ts";
import { defaults } from "./defaults.ts";
import type { Settings } from "./schema.ts";

type Kind = keyof PerKind<unknown>;
type PlatformSection = NonNullable<Settings["web"]>;
/** What the top of the file and a platform's section have in common. */
type Section = Pick<
  PlatformSection,
  | "strategy"
  | "threads"
  | "addressing"
  | "busy"
  | "compaction"
  | "compactionTokens"
  | "ambient"
  | "tools"
  | "maxAgeMs"
  | "extraPrompt"
  | "model"
  | "limits"
>;

const { strategy, threads, addressing, busy, compaction, compactionTokens, ambient, tools, maxAgeMs } = defaults;
const builtIn = { strategy, threads, addressing, busy, compaction, compactionTokens, ambient, tools, maxAgeMs };

/** What is built in, and what the file says about chats: at its top, and in the platforms' sections. */
export function writtenSettings(settings: Settings): Config["settings"] {
  return {
    general: forEachKind((kind) => ({ ...textsOf(builtIn, kind), ...textsOf(settings, kind) })),
    own: onEveryPlatform((platform) => forEachKind((kind) => textsOf(settings[platform] ?? {}, kind))),
  };
}

/** What counts for a platform whose section says nothing. The web chat answers everything unless it says otherwise. */
export function generalTexts({ general }: Config["settings"], platform: ServedPlatform, kind: Kind): SettingTexts {
  return platform === "web" ? { ...general[kind], addressing: defaults.web.addressing } : general[kind];
}

/** What holds for a platform's chats of this kind before anybody sets anything there. */
export function chatSettings(texts: Config["settings"], platform: ServedPlatform, kind: Kind): ChatSettings {
  const levels = [generalTexts(texts, platform, kind), texts.own[platform][kind]].map((values) => ({
    level: "platform" as const,
    values,
  }));
  return mergeSettings({ ...builtIn, compaction: builtIn.compaction[kind] }, levels, () => true);
}

export function onEveryPlatform<Value>(of: (platform: ServedPlatform) => Value): Record<ServedPlatform, Value> {
  const entries = servedPlatforms.map((platform) => [platform, of(platform)]);
  return Object.fromEntries(entries) as Record<ServedPlatform, Value>;
}

function forEachKind<Value>(of: (kind: Kind) => Value): PerKind<Value> {
  return { dm: of("dm"), groups: of("groups") };
}

function textsOf(section: Section, kind: Kind): SettingTexts {
  const { strategy, threads, addressing, busy, compaction, compactionTokens, ambient, tools } = section;
  const { maxAgeMs, extraPrompt, model, limits = {} } = section;
  const share = typeof compaction === "object" ? compaction[kind] : compaction;
  const { userTokensPerDay, userRunsPerDay, chatTokensPerDay, chatRunsPerDay } = limits;
  const written = {
    strategy,
    threads,
    addressing,
    busy,
    // Stored shares have no more decimal places.
    compaction: share === undefined ? undefined : Number(share.toFixed(6)),
    compactionTokens,
    ambient,
    tools: settingKind("tools")?.parse([tools ?? []].flat().join(" ")),
    maxAgeMs,
    extraPrompt: extraPrompt?.trim(),
    model,
    userTokensPerDay,
    userRunsPerDay,
    chatTokensPerDay,
    chatRunsPerDay,
  };
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
