import { isSnowflake } from "./ids.ts";

/** Discord takes answers to an interaction for this long. */
export const REPLY_LIFETIME_MS = 15 * 60 * 1000;

/**
 * What it takes to answer an interaction. The token in it lets anybody speak as the bot there: it goes into no log.
 *
 * @see https://discord.com/developers/docs/interactions/receiving-and-responding
 */
export interface ReplyToken {
  applicationId: string;
  interactionId: string;
  token: string;
  /** Who used the command. */
  userId: string;
  /** True if only the asker may read the answer. */
  ephemeral: boolean;
  /** True if the bot is in the place where the command was used, so that it may be able to write there by itself. */
  present: boolean;
  /** When Discord stops to take answers, in epoch milliseconds. */
  expiresAt: number;
}

export function encodeReplyToken(reply: ReplyToken): string {
  const { applicationId, interactionId, token, userId, ephemeral, present, expiresAt } = reply;
  return JSON.stringify([applicationId, interactionId, token, userId, ephemeral, present, expiresAt]);
}

/** @returns null if the text is no such token */
export function decodeReplyToken(text: string): ReplyToken | null {
  const [applicationId, interactionId, token, userId, ephemeral, present, expiresAt] = listIn(text);
  if (!isSnowflake(applicationId) || !isSnowflake(interactionId) || !isSnowflake(userId)) return null;
  if (typeof token !== "string" || typeof ephemeral !== "boolean" || typeof present !== "boolean") return null;
  if (typeof expiresAt !== "number") return null;
  return { applicationId, interactionId, token, userId, ephemeral, present, expiresAt };
}

function listIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
