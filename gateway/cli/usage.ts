import { placesOf } from "../../sessions/places.ts";
import type { ResolvedSetting, SettingName } from "../../sessions/settings.ts";
import { dayOf } from "../allowance.ts";
import { cacheShare, together } from "../cache-share.ts";
import { formatPlace } from "../chat-place.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { thousands } from "../words.ts";
import { parseChatName } from "./chat-name.ts";
import { knownChat } from "./known-chat.ts";
import { report } from "./report.ts";
import { resolvedAt, settingIn } from "./resolved.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, table } from "./table.ts";
import { visit } from "./visit.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const LIMITS = {
  userTokensPerDay: "tokens for one person, in all chats of an account together",
  userRunsPerDay: "answers for one person, in all chats of an account together",
  chatTokensPerDay: "tokens for the chat",
  chatRunsPerDay: "answers for the chat",
} as const satisfies Partial<Record<SettingName, string>>;

/** Tokens and runs of one day (UTC) by person, in one chat or in all; the limits of the chat, where it has some. */
export async function usage(
  around: Surroundings,
  chatName: string | undefined,
  options: JsonOption & { day?: string },
): Promise<number> {
  const { now = Date.now } = around;
  const since = options.day === undefined ? dayOf(now()) : parseDay(options.day);
  const named = chatName === undefined ? undefined : parseChatName(chatName);
  const config = loadConfig(around);
  return visit(config.dataDir, async (store) => {
    const chat = named === undefined ? undefined : await knownChat(store, named);
    const used = await store.usageByUser({
      since,
      until: since + DAY_MS,
      ...(chat === undefined ? {} : { chatRef: chat.ref }),
    });
    const settings =
      chat === undefined
        ? []
        : await resolvedAt({ config, registry: await strategiesOf(config), store }, chat, placesOf(chat));
    const limits = limitsIn(settings);
    const total = together(used);
    const day = new Date(since).toISOString().slice(0, 10);
    return report(around, options, {
      value: {
        day,
        chat: chat === undefined ? null : formatPlace(chat),
        users: used.map(({ userId, userName, ...spent }) => ({ user: userId, name: userName, ...spent })),
        total,
        limits,
      },
      *lines() {
        yield `${chat === undefined ? "All chats" : harmless(formatPlace(chat))}, ${day} (UTC)`;
        if (used.length === 0) yield "Nothing was used.";
        else {
          yield "";
          const rows = [...used, { userId: "", userName: "(together)", ...total }].map((each) => [
            each.userName,
            each.userId,
            thousands(each.tokens),
            percent(cacheShare(each)),
            thousands(each.runs),
          ]);
          yield* table(["NAME", "USER", "TOKENS", "CACHED", "ANSWERS"], rows);
        }
        const set = Object.entries(limits).filter(([, limit]) => limit !== null);
        if (set.length > 0) yield "";
        for (const [name, limit] of set)
          yield `Limit of a day: ${thousands(Number(limit))} ${LIMITS[name as keyof typeof LIMITS]}`;
      },
    });
  });
}

function limitsIn(settings: readonly ResolvedSetting[]): Record<keyof typeof LIMITS, number | null> {
  const limit = (name: SettingName) => {
    const value = Number(settingIn(settings, name));
    return Number.isNaN(value) ? null : value;
  };
  return {
    userTokensPerDay: limit("userTokensPerDay"),
    userRunsPerDay: limit("userRunsPerDay"),
    chatTokensPerDay: limit("chatTokensPerDay"),
    chatRunsPerDay: limit("chatRunsPerDay"),
  };
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${share} %`;
}

function parseDay(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Some days that there are not are read as the next month's.
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return at;
  throw new CliError(`"${harmless(text)}" is no day: write it as 2026-01-31.`);
}
