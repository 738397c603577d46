import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { SendError, type SendErrorCode } from "../adapter.ts";
import type { Destination } from "../record.ts";

/** What Discord said about a call that it did not fulfil. */
export interface DiscordRefusal {
  /** Of HTTP. */
  status: number;
  /** Discord's own code; 0 where it gave none. @see https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
  reason: number;
  retryAfterMs?: number;
  /** Names of the request's fields that it complained about. */
  fields: readonly string[];
}

/** Reasons that decide what is done next, by what they mean. */
export const REASON = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownInteraction: 10062,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  missingPermissions: 50013,
  invalidForm: 50035,
  threadExists: 160004,
} as const;

/**
 * A call to Discord that failed. Holds nothing of the request: its address may contain an interaction's token, its body
 * the message. For the same reason the library's own error is never its cause.
 */
export class DiscordError extends Error {
  readonly code = "discord";
  /** Undefined if there was no answer: the call may or may not have been fulfilled. */
  readonly refusal: DiscordRefusal | undefined;
  /** False if the call certainly never reached Discord. */
  readonly sent: boolean;

  constructor(
    what: string,
    reason: string,
    { refusal, sent = true }: { refusal?: DiscordRefusal; sent?: boolean } = {},
  ) {
    super(`${what}: ${reason}`);
    this.name = "DiscordError";
    this.refusal = refusal;
    this.sent = sent;
  }
}

/** What went wrong with a call, in words fit for a log. @param what the call was to do ("sending a message") */
export function failureOf(what: string, error: unknown, { begun = true }: { begun?: boolean } = {}): DiscordError {
  const refusal = refusalOf(error);
  if (refusal === undefined) {
    return new DiscordError(what, reasonOf(error), { sent: begun && !NOT_CONNECTED.includes(codeOf(error) ?? "") });
  }
  const { status, reason } = refusal;
  const hint = HINTS.get(reason);
  const detail = reason === 0 ? `${status}` : `${status}, code ${reason}`;
  return new DiscordError(what, `Discord answered ${detail}${hint === undefined ? "" : ` (${hint})`}`, { refusal });
}

function refusalOf(error: unknown): DiscordRefusal | undefined {
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.retryAfter, error.timeToReset, 0);
    return { status: 429, reason: 0, retryAfterMs, fields: [] };
  }
  if (error instanceof HTTPError) return { status: error.status, reason: 0, fields: [] };
  if (!(error instanceof DiscordAPIError)) return undefined;
  return { status: error.status, reason: Number(error.code) || 0, fields: fieldsOf(error.rawError) };
}

function fieldsOf(raw: unknown): string[] {
  const errors = typeof raw === "object" && raw !== null && "errors" in raw ? raw.errors : undefined;
  if (typeof errors !== "object" || errors === null) return [];
  return Object.keys(errors).filter((name) => /^[a-z_]{1,40}$/.test(name));
}

/** Codes of connections that did not come about. */
const NOT_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

/** Errors of the network name the address they failed at, which may hold a token: their codes alone are repeated. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "AbortError") return "interrupted";
  const code = codeOf(error);
  return code === undefined ? "no proper answer" : `no connection (${code})`;
}

function codeOf(error: unknown): string | undefined {
  const errors = error instanceof Error ? [error, error.cause] : [];
  return errors.map((each) => (each as NodeJS.ErrnoException | undefined)?.code).find(isCode);
}

function isCode(code: unknown): code is string {
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(code);
}

/** What an operator can do about it. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [REASON.unknownChannel, "the channel is gone"],
  [REASON.unknownMessage, "the message is gone"],
  [REASON.missingAccess, "the bot cannot see that channel"],
  [REASON.missingPermissions, "the bot lacks a permission there"],
  [50007, "that person takes no messages from the bot"],
  [50083, "the thread is archived"],
  [160005, "the thread is locked"],
]);

const UNAUTHORIZED = 40001;

/** Gone for good, whichever place the message was for. */
const GONE = new Set([10004, 50007, 50278]);
const THREAD_CLOSED = new Set([50083, 160005]);
/** Gone as well, but what exactly depends on where the message was to go. */
const PLACE_GONE = new Set<number>([REASON.unknownChannel, REASON.missingAccess]);

/**
 * The failed call in the gateway's terms.
 *
 * @param idempotent whether doing the same again changes nothing if Discord has taken it all the same
 */
export function toSendError(error: DiscordError, to: Pick<Destination, "threadId">, idempotent: boolean): SendError {
  const { refusal, message, sent } = error;
  if (refusal === undefined) return new SendError("temporary", message, { uncertain: sent && !idempotent });
  if (refusal.status === 429) {
    return new SendError("rate-limited", message, { retryAfterMs: refusal.retryAfterMs ?? 1_000 });
  }
  if (refusal.status >= 500) return new SendError("temporary", message, { uncertain: !idempotent, answered: true });
  if (!isFinal(error)) return new SendError("temporary", message);
  return new SendError(codeFor(refusal, to), message);
}

function codeFor({ status, reason }: DiscordRefusal, { threadId }: Pick<Destination, "threadId">): SendErrorCode {
  if (GONE.has(reason)) return "chat-gone";
  if (THREAD_CLOSED.has(reason)) return "thread-gone";
  if (PLACE_GONE.has(reason) || (status === 404 && reason === 0))
    return threadId === undefined ? "chat-gone" : "thread-gone";
  // Writing in threads takes a permission of its own: the channel may still be open to the bot.
  if (reason === REASON.missingPermissions && threadId !== undefined) return "thread-gone";
  return "refused";
}

/** Whether Discord would refuse the same again. */
export function isFinal(error: unknown): error is DiscordError & { refusal: DiscordRefusal } {
  if (!(error instanceof DiscordError) || error.refusal === undefined) return false;
  const { status, reason } = error.refusal;
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  // A token that was reset is the operator's to mend; what waits for it is kept.
  if (status === 401 || reason === UNAUTHORIZED) return false;
  // Discord says why. What does not is the page of a proxy, unless nothing is there, or the call is too large for it.
  return reason !== 0 || status === 404 || status === 413;
}

export function isRefusedFor(error: unknown, ...reasons: number[]): error is DiscordError {
  return error instanceof DiscordError && error.refusal !== undefined && reasons.includes(error.refusal.reason);
}
