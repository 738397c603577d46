import type { SettingLevel } from "./inbox.ts";

/** What holds in a place, after the levels were laid over one another. */
export interface ChatSettings {
  strategy: string;
  /** Whether people inside one thread have a session each or share it, for strategies that look at it. */
  threads: "per-user" | "shared";
  /** `mention`: in groups only messages that address the bot are turns. `always`: every message is. */
  addressing: "mention" | "always";
  /** What becomes of messages whose author is being answered. */
  busy: "collect" | "steer" | "interrupt";
  /** The share of the model's context window that a session may fill before it is summed up. */
  compaction: number;
  /** The same in tokens: whichever is reached first. */
  compactionTokens: number;
  /** `recent`: messages that do not address the bot are background for its next answers. `off`: they are not kept. */
  ambient: "off" | "recent";
  /** Tools that the agent may use: `all`, `none`, or names of tools and of servers, with spaces in between. */
  tools: string;
  /** What is older than this when it comes is not answered, in ms. */
  maxAgeMs: number;
  /** Default: the agent's own. */
  model?: string;
  /** What the agent is told beside its persona. */
  extraPrompt?: string;
  /** No limit where these are not set. A day ends at midnight UTC. */
  userTokensPerDay?: number;
  userRunsPerDay?: number;
  chatTokensPerDay?: number;
  chatRunsPerDay?: number;
}

export type SettingName = keyof ChatSettings;

/** One setting as people know it. */
export interface SettingKind {
  name: SettingName;
  /** One short sentence. */
  summary: string;
  /** Who may set it for a chat. What costs the operator money is the owners'. */
  who: "admin" | "owner";
  /** What is taken, in words. */
  expected: string;
  /** @returns the value as it is stored, or undefined if it is none */
  parse(text: string): string | undefined;
}

/** In the place of a limit: there is none here, whatever wider levels say. */
const NONE = "none";

export const settingKinds: readonly SettingKind[] = [
  {
    name: "strategy",
    summary: "Who shares a conversation with whom",
    who: "admin",
    expected: "the name of a strategy",
    parse: (text) => (/^[a-z0-9][a-z0-9-]*$/.test(text) ? text : undefined),
  },
  oneOf("threads", "Whether people inside a thread have a conversation each", ["per-user", "shared"]),
  oneOf("addressing", "Whether I answer in groups only when addressed", ["mention", "always"]),
  oneOf("busy", "What becomes of what you write while I answer you", ["collect", "steer", "interrupt"]),
  {
    name: "compaction",
    summary: "How full the model's context may get before I sum up the beginning of a conversation",
    who: "admin",
    expected: "a share from 0.1 to 0.95, or 10% to 95%",
    parse: share,
  },
  {
    name: "compactionTokens",
    summary: "The same in tokens: whichever is reached first",
    who: "owner",
    expected: "a whole number from 1000",
    parse: (text) => (/^[1-9]\d{3,14}$/.test(text) ? text : undefined),
  },
  oneOf("ambient", "Whether I take in the latest messages that are not for me", ["off", "recent"]),
  {
    name: "tools",
    summary: "Which tools I may use",
    who: "owner",
    expected: "all, none, or names of tools and servers",
    parse: toolNames,
  },
  {
    name: "maxAgeMs",
    summary: "What is older when it comes is not answered",
    who: "admin",
    expected: "at least a minute, such as 30m, 12h or 2d, or a number of milliseconds",
    parse: duration,
  },
  {
    name: "extraPrompt",
    summary: "What I am told beside my persona",
    who: "admin",
    expected: "text of up to 4,000 characters",
    parse: (text) => (text.trim() !== "" && text.length <= 4_000 ? text.trim() : undefined),
  },
  {
    name: "model",
    summary: "Which model answers",
    who: "owner",
    expected: "the name of a model, without spaces",
    parse: (text) => (/^[\w.:/@-]{1,100}$/.test(text) ? text : undefined),
  },
  limit("userTokensPerDay", "Tokens that one person may use in a day, in all chats of an account together"),
  limit("userRunsPerDay", "Answers that one person may get in a day, in all chats of an account together"),
  limit("chatTokensPerDay", "Tokens that may be used in a chat in a day"),
  limit("chatRunsPerDay", "Answers that may be given in a chat in a day"),
];

const BY_NAME: ReadonlyMap<string, SettingKind> = new Map(settingKinds.map((kind) => [kind.name.toLowerCase(), kind]));

/** @param name in any case */
export function settingKind(name: string): SettingKind | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** Where a value may come from, widest first. */
export type SettingOrigin = "default" | SettingLevel["level"];

export interface ResolvedSetting {
  kind: SettingKind;
  /** As it is stored; undefined where nothing is set and there is no default. */
  value: string | undefined;
  from: SettingOrigin;
}

/**
 * Every setting with the level it comes from. A value that is none (a strategy that is not loaded any more) is passed
 * over.
 *
 * @param levels widest first
 */
export function resolveSettings(
  defaults: Readonly<Partial<Record<SettingName, string>>>,
  levels: readonly SettingLevel[],
  isStrategy: (name: string) => boolean,
): ResolvedSetting[] {
  return settingKinds.map((kind) => {
    let resolved: ResolvedSetting = { kind, value: defaults[kind.name], from: "default" };
    for (const { level, values } of levels) {
      const value = validValue(kind, values[kind.name], isStrategy);
      if (value !== undefined) resolved = { kind, value, from: level };
    }
    return resolved;
  });
}

/** The settings that hold: each from the narrowest level that has a valid value. */
export function mergeSettings(
  defaults: ChatSettings,
  levels: readonly SettingLevel[],
  isStrategy: (name: string) => boolean,
): ChatSettings {
  if (levels.length === 0) return defaults;
  let merged: ChatSettings = { ...defaults };
  for (const { values } of levels) {
    for (const [name, text] of Object.entries(values)) {
      const kind = settingKind(name);
      const value = kind === undefined ? undefined : validValue(kind, text, isStrategy);
      if (kind !== undefined && value !== undefined) merged = { ...merged, [kind.name]: typedValue(kind.name, value) };
    }
  }
  return merged;
}

function validValue(kind: SettingKind, text: string | undefined, isStrategy: (name: string) => boolean) {
  const value = text === undefined ? undefined : kind.parse(text);
  return value !== undefined && kind.name === "strategy" && !isStrategy(value) ? undefined : value;
}

/** A stored value as programs use it. */
function typedValue(name: SettingName, value: string): ChatSettings[SettingName] {
  if (value === NONE && name !== "tools") return undefined;
  return NUMBERS.has(name) ? Number(value) : value;
}

const NUMBERS: ReadonlySet<SettingName> = new Set<SettingName>([
  "compaction",
  "compactionTokens",
  "maxAgeMs",
  "userTokensPerDay",
  "userRunsPerDay",
  "chatTokensPerDay",
  "chatRunsPerDay",
]);

function oneOf(name: SettingName, summary: string, values: readonly string[]): SettingKind {
  return {
    name,
    summary,
    who: "admin",
    expected: values.join(", "),
    parse: (text) => values.find((value) => value === text.toLowerCase()),
  };
}

function limit(name: SettingName, summary: string): SettingKind {
  return {
    name,
    summary,
    who: "owner",
    expected: `a whole number from 1, or ${NONE}`,
    parse: (text) => (/^[1-9]\d{0,14}$/.test(text) || text === NONE ? text : undefined),
  };
}

function share(text: string): string | undefined {
  const [, number = "", percent] = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? [];
  const value = Number(number) / (percent === "%" ? 100 : 1);
  return number !== "" && value >= 0.1 && value <= 0.95 ? String(value) : undefined;
}

/** Names in the order in which they were given, each once. */
function toolNames(text: string): string | undefined {
  const names = [...new Set(text.split(/[\s,]+/).filter((name) => name !== ""))];
  if (names.length === 1 && isEveryTool(names[0])) return names[0]?.toLowerCase();
  const valid = names.length <= 100 && names.every((name) => /^[\w-]{1,128}$/.test(name) && !isEveryTool(name));
  return valid && names.length > 0 ? names.join(" ") : undefined;
}

/** Beside names this would say two things at once. */
function isEveryTool(name = ""): boolean {
  return /^(?:all|none)$/i.test(name);
}

const UNIT_MS: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): string | undefined {
  const [, number = "", unit = ""] = /^(\d{1,15})(ms|s|m|h|d)?$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  return number !== "" && ms >= 60_000 && ms < 1e15 ? String(ms) : undefined;
}
