import type { UsageStore } from "../sessions/limits.ts";
import type { Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import { count, thousands } from "./words.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Of one day, which begins and ends at midnight UTC. */
export interface Allowance {
  /** Whose: the person's in all chats together, or the chat's by everybody. */
  whose: "user" | "chat";
  what: "tokens" | "runs";
  used: number;
  limit: number;
}

type Limits = Pick<ChatSettings, "userTokensPerDay" | "userRunsPerDay" | "chatTokensPerDay" | "chatRunsPerDay">;

/**
 * What a run's author and chat have used of their limits today, where there are limits.
 *
 * Looked at when a run begins: one that has begun is not cut off, so runs that go on at the same time can exceed a limit
 * by what they use.
 */
export async function allowances(
  store: UsageStore,
  run: Pick<Run, "runId" | "chat" | "author">,
  limits: Limits,
  now: number,
): Promise<Allowance[]> {
  const { userTokensPerDay, userRunsPerDay, chatTokensPerDay, chatRunsPerDay } = limits;
  const set = [userTokensPerDay, userRunsPerDay, chatTokensPerDay, chatRunsPerDay];
  if (set.every((limit) => limit === undefined)) return [];
  const { chat, author, runId } = run;
  const { user, chat: all } = await store.spent(
    { account: chat, userId: author.id, chatRef: chat.ref },
    dayOf(now),
    runId,
  );
  const list = [
    { whose: "user", what: "tokens", used: user.tokens, limit: userTokensPerDay },
    { whose: "user", what: "runs", used: user.runs, limit: userRunsPerDay },
    { whose: "chat", what: "tokens", used: all.tokens, limit: chatTokensPerDay },
    { whose: "chat", what: "runs", used: all.runs, limit: chatRunsPerDay },
  ] as const;
  return list.flatMap((each) => (each.limit === undefined ? [] : [{ ...each, limit: each.limit }]));
}

export function isUsedUp({ used, limit }: Allowance): boolean {
  return used >= limit;
}

/** What somebody is told who may not be answered any more today. */
export function refusal({ whose, what, limit }: Allowance, now: number): string {
  const owner = whose === "user" ? "You have" : "This chat has";
  const spent = count(limit, what === "tokens" ? "token" : "answer");
  return `${owner} used up what there is for a day: ${spent}. I can answer again ${untilMidnight(now)}.`;
}

export function warning({ whose, what, used, limit }: Allowance, now: number): string {
  const owner = whose === "user" ? "You have" : "This chat has";
  const unit = what === "tokens" ? "tokens" : "answers";
  return (
    `${owner} used ${thousands(used)} of ${thousands(limit)} ${unit} for today. ` +
    `The count begins anew ${untilMidnight(now)}.`
  );
}

/** The beginning of the day, UTC. */
export function dayOf(now: number): number {
  return now - (now % DAY_MS);
}

function untilMidnight(now: number): string {
  const minutes = Math.ceil((dayOf(now) + DAY_MS - now) / 60_000);
  const hours = Math.floor(minutes / 60);
  return `at 00:00 UTC, in ${hours === 0 ? "" : `${hours} h `}${minutes % 60} min`;
}
