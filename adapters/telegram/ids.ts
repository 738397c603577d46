import type { Destination } from "../record.ts";

/** The General topic of a forum: messages there carry no thread id, and sends that name it are refused. */
export const GENERAL_TOPIC = 1;

/** Telegram's numbers as opaque strings; bot, user, chat, message and topic ids alike fit a double exactly. */
export function idOf(number: number): string {
  return String(number);
}

/**
 * An id as the number that the Bot API wants.
 *
 * @returns undefined if it is none of Telegram's (the id of another platform, an external reply's)
 */
export function numberOf(id: string | undefined): number | undefined {
  if (id === undefined || !/^-?[1-9]\d{0,15}$/.test(id)) return undefined;
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The thread id for sends: none outside topics, and none in General. */
export function topicOf(to: Destination): number | undefined {
  const topic = numberOf(to.threadId);
  return topic === GENERAL_TOPIC ? undefined : topic;
}
