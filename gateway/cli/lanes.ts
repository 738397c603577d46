import type { LaneView } from "../../sessions/chats.ts";
import { iso } from "./report.ts";
import { harmless } from "./table.ts";

/** Who runs and who waits in a lane, for programs: people and times, no texts. */
export function laneJson({ running, waiting }: LaneView) {
  return {
    running: running === null ? null : { user: running.userId, name: running.userName, since: iso(running.startedAt) },
    waiting: waiting.map(({ userId, userName }) => ({ user: userId, name: userName })),
  };
}

/** For people: who is being answered, and since when. */
export function runningText({ running }: LaneView, now: number): string {
  if (running === null) return "nobody";
  const seconds = Math.max(0, Math.round((now - running.startedAt) / 1000));
  return `${harmless(running.userName)} for ${seconds} s`;
}

/** For people: who waits, in order of arrival; several messages of one person that follow each other are one entry. */
export function waitingText({ waiting }: LaneView): string {
  const entries: Array<{ userId: string; userName: string; messages: number }> = [];
  for (const { userId, userName } of waiting) {
    const last = entries.at(-1);
    if (last?.userId === userId) last.messages += 1;
    else entries.push({ userId, userName, messages: 1 });
  }
  const names = entries.map(({ userName, messages }) => harmless(userName) + (messages > 1 ? ` (${messages})` : ""));
  return names.length === 0 ? "nobody" : names.join(", ");
}
