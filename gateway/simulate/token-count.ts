import { messageTokens, textTokens } from "../../agents/tokens.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";

/** A model counts otherwise than whoever estimates: what is bounded has to hold for what the model counts. */
const MORE_THAN_ESTIMATED = 1.1;

const counted = new WeakMap<TranscriptMessage, number>();

/** What the simulated model counts for a message. */
export function countTokens(message: TranscriptMessage): number {
  let tokens = counted.get(message);
  if (tokens === undefined) {
    tokens = Math.round(MORE_THAN_ESTIMATED * messageTokens([message]));
    counted.set(message, tokens);
  }
  return tokens;
}

export function textCount(text: string): number {
  return Math.round(MORE_THAN_ESTIMATED * textTokens(text));
}

/** Text of which the model counts about so many tokens. @param from where in the endless text it begins */
export function textOfTokens(tokens: number, from: number): string {
  const chars = Math.round((tokens * 4) / MORE_THAN_ESTIMATED);
  const start = from % WORDS.length;
  const repeated = WORDS.repeat(Math.ceil((start + chars) / WORDS.length));
  return repeated.slice(start, start + chars);
}

const WORDS =
  "as far as can be seen from here this line is like the one before it and says nothing that matters to anybody ";
