/**
 * How people's messages and the model's answers can be told apart wherever they turn up: each message carries a token of
 * its own, and each part of an answer says which messages it answers, which part it is, and where it ends.
 */
const TOKEN = /(?<![\w-])m\d+(?![\w-])/g;
const PART = /re ((?:m\d+ )+)part (\d+)\/(\d+):[^:]*?end \2\/\3\./g;

/** What the model says before it uses its tool. */
export const PREFACE = "Let me look at the clock first.";

/** Longer words than people write: a stream has an event for each. */
const FILLER = `${"o".repeat(59)} `;

/** One part of an answer where it stands. */
export interface Part {
  tokens: readonly string[];
  /** From 1. */
  part: number;
  of: number;
}

/** Tokens in the order in which they come up, each once. */
export function tokensIn(text: string): string[] {
  return [...new Set(text.match(TOKEN))];
}

export function question(token: string): string {
  return `${token} what do you say?`;
}

/** An answer to a turn in so many parts, each of which fills a message of its own if `chars` is most of what one holds. */
export function answer(tokens: readonly string[], parts: number, chars: number): string {
  const head = `re ${tokens.join(" ")} part`;
  const filler = parts === 1 ? "well " : FILLER.repeat(Math.floor((chars - head.length) / FILLER.length));
  return Array.from({ length: parts }, (_, i) => {
    const part = `${i + 1}/${parts}`;
    return `${head} ${part}: ${filler}end ${part}.`;
  }).join("\n\n");
}

/** What a message of the bot's consists of; `rest` is what belongs to no part. */
export function read(text: string): { parts: Part[]; rest: string } {
  const parts = Array.from(text.matchAll(PART), ([, tokens = "", part, of]) => ({
    tokens: tokens.trim().split(" "),
    part: Number(part),
    of: Number(of),
  }));
  return { parts, rest: text.replaceAll(PART, "").replaceAll(PREFACE, "").trim() };
}
