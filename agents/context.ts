import type { Block, ToolResultBlock, TranscriptMessage } from "../sessions/transcript.ts";
import { isFromPerson } from "./steps.ts";
import { messageTokens } from "./tokens.ts";

/** Shorter results cost less than what would stand for them. */
const SHORT_RESULT_CHARS = 200;

/** The latest so many sets of results are always given: the model is at work with them. */
const KEPT_RESULTS = 2;

/** The same message without what tools have answered: that they were used, and for what, still stands there. */
export function withoutResults<Message extends TranscriptMessage>(message: Message): Message {
  if (!message.content.some(isLong)) return message;
  return { ...message, content: message.content.map((block) => (isLong(block) ? leftOut(block) : block)) };
}

/** @returns how many of the messages come before the results that are always given: those of the others may be left out */
export function clearable(messages: readonly TranscriptMessage[]): number {
  let sets = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    if (!messages[at]?.content.some(isResult)) continue;
    sets += 1;
    if (sets > KEPT_RESULTS) return at + 1;
  }
  return 0;
}

/**
 * Where to cut a conversation so that what is behind the cut is at most so long: always before somebody's turn, so that every
 * turn stays whole and every result of a tool behind the reply that asked for it.
 *
 * @returns how many messages come before the cut; 0 if there is no turn to cut before
 */
export function cutFor(messages: readonly TranscriptMessage[], keepTokens: number): number {
  let kept = 0;
  let cut = messages.length;
  for (let at = messages.length - 1; at >= 0; at--) {
    kept += messageTokens(messages.slice(at, at + 1));
    if (kept > keepTokens) break;
    if (isFromPerson(messages[at] as TranscriptMessage)) cut = at;
  }
  return cut;
}

/** Cut a conversation into parts of whole turns, each at most so long unless it is a single turn. */
export function portions(messages: readonly TranscriptMessage[], mostTokens: number): TranscriptMessage[][] {
  const parts: TranscriptMessage[][] = [];
  let size = 0;
  for (let at = 0; at < messages.length; ) {
    const next = messages.findIndex((message, index) => index > at && isFromPerson(message));
    const turn = messages.slice(at, next === -1 ? messages.length : next);
    const tokens = messageTokens(turn);
    if (parts.length === 0 || size + tokens > mostTokens) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(...turn);
    size += tokens;
    at += turn.length;
  }
  return parts;
}

function isLong(block: Block): block is ToolResultBlock {
  return isResult(block) && block.text.length > SHORT_RESULT_CHARS;
}

function isResult(block: Block): block is ToolResultBlock {
  return block.type === "tool-result";
}

function leftOut({ text, ...result }: ToolResultBlock): ToolResultBlock {
  return { ...result, text: `[left out: ${text.length} characters; use the tool again if you need them]` };
}
