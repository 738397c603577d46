import type { APIMessage } from "discord.js";
import { invalidField } from "../refusal.ts";
import { isBefore } from "../snowflakes.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;

/**
 * One page of a channel's messages, newest first; `messages` are oldest first. After a message come the ones next to it,
 * not the newest.
 * @see https://discord.com/developers/docs/resources/message#get-channel-messages
 */
export function page(messages: readonly APIMessage[], query: URLSearchParams): APIMessage[] {
  const limit = limitIn(query);
  const [before, after, around] = ["before", "after", "around"].map((name) => query.get(name));
  if (after)
    return messages
      .filter(({ id }) => isBefore(after, id))
      .slice(0, limit)
      .reverse();
  if (before)
    return messages
      .filter(({ id }) => isBefore(id, before))
      .slice(-limit)
      .reverse();
  if (!around) return messages.slice(-limit).reverse();
  const half = Math.floor(limit / 2);
  const older = messages.filter(({ id }) => isBefore(id, around)).slice(-half);
  const rest = messages.filter(({ id }) => !isBefore(id, around)).slice(0, limit - older.length);
  return [...older, ...rest].reverse();
}

function limitIn(query: URLSearchParams): number {
  const limit = Number(query.get("limit") ?? DEFAULT_LIMIT);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw invalidField("limit", "NUMBER_TYPE_MAX", `int value should be between 1 and ${MAX_LIMIT}.`);
}
