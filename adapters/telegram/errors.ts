import { SendError, type SendErrorCode } from "../adapter.ts";

/** What the Bot API said about a call that it did not fulfil. */
export interface BotApiRefusal {
  status: number;
  description: string;
  retryAfterMs?: number;
  migratedTo?: string;
}

/**
 * A Bot API call that failed. Holds nothing of the request: its address contains the token, its body the message.
 * For the same reason the client library's own error is never its cause.
 */
export class BotApiError extends Error {
  readonly code = "bot-api";
  readonly method: string;
  /** Undefined if there was no answer, or none that made sense: the call may or may not have been fulfilled. */
  readonly refusal: BotApiRefusal | undefined;
  /** False if the call certainly never reached Telegram. */
  readonly sent: boolean;

  constructor(
    method: string,
    reason: string,
    { refusal, sent = true }: { refusal?: BotApiRefusal; sent?: boolean } = {},
  ) {
    super(`${method}: ${reason}`);
    this.name = "BotApiError";
    this.method = method;
    this.refusal = refusal;
    this.sent = sent;
  }
}

/** Telegram takes no token but the right one: 401, or 404 where it does not look like a token at all. */
export function isWrongToken({ refusal }: BotApiError): boolean {
  return refusal?.status === 401 || refusal?.status === 404;
}

/** Whether the same text without markup may be taken. */
export function isMarkupRefused({ refusal }: BotApiError): boolean {
  return refusal?.status === 400 && /can't parse entities|message(?: is |_)too[ _]long/i.test(refusal.description);
}

/** Telegram has no codes finer than HTTP's: its English descriptions are all there is to tell these apart. */
const DESCRIPTIONS: ReadonlyArray<readonly [pattern: RegExp, code: SendErrorCode]> = [
  [/thread not found|topic_?\s?(?:deleted|closed|id_invalid|not found)|thread is closed/i, "thread-gone"],
  [/chat not found|group chat was deactivated|chat was deleted|channel_private/i, "chat-gone"],
  [/bot was kicked|bot was blocked|bot is not a member|user is deactivated|peer_id_invalid/i, "chat-gone"],
];

/** The failed call in the gateway's terms. */
export function toSendError(error: BotApiError): SendError {
  const { refusal, message, sent } = error;
  if (refusal === undefined) return new SendError("temporary", message, { uncertain: sent });
  const { status, retryAfterMs, migratedTo } = refusal;
  if (migratedTo !== undefined) return new SendError("chat-moved", message, { movedTo: migratedTo });
  if (status === 429) return new SendError("rate-limited", message, { retryAfterMs: retryAfterMs ?? 1_000 });
  // A gateway in between may have given up after Telegram had taken it.
  // A gateway in between that gave up waiting does not know either; other failures of the server are told before it acts.
  return new SendError(codeOf(refusal), message, { uncertain: status === 504, answered: status >= 500 });
}

function codeOf({ status, description }: BotApiRefusal): SendErrorCode {
  if (status === 403) return "chat-gone";
  // A token that was revoked is the operator's to mend; what waits for it is kept.
  if (status >= 500 || status === 401 || status === 404) return "temporary";
  return DESCRIPTIONS.find(([pattern]) => pattern.test(description))?.[1] ?? "refused";
}

/** Fit for a log: Telegram quotes from the message after the second colon ("can't parse entities: … tag "x""). */
export function withoutQuotes(description: string): string {
  return description.split(": ").slice(0, 2).join(": ").slice(0, 120);
}
