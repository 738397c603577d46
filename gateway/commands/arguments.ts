import type { AcceptedCommand } from "../../sessions/inbox.ts";

/** What was said with a command: words, and flags such as `--here`. */
export interface Arguments {
  words: readonly string[];
  /** Without dashes, in lower case. */
  flags: ReadonlySet<string>;
  /** What stands behind the first words as it was written; empty unless it was asked for. */
  text: string;
}

interface Word {
  text: string;
  begins: number;
  /** Undefined if it is none. */
  flag: string | undefined;
}

/** Phones make one long dash of two short ones. */
const FLAG = /^(?:--|—|–)([a-z][a-z-]{0,30})$/i;

/**
 * @param textAfter if given, everything behind so many words is text as people write it: only flags at its very end are
 *   flags
 * @param known which flags can stand at the end of a text
 */
export function argumentsOf(
  { message }: AcceptedCommand,
  textAfter?: number,
  known: readonly string[] = [],
): Arguments {
  const said = message.command?.args ?? "";
  const all = wordsIn(said);
  const words: Word[] = [];
  const flags = new Set<string>();
  let at = 0;
  for (; at < all.length && words.length !== textAfter; at++) {
    const word = all[at] as Word;
    if (word.flag === undefined) words.push(word);
    else flags.add(word.flag);
  }
  let end = said.length;
  for (let last = all.length - 1; last >= at; last--) {
    const { flag, begins } = all[last] as Word;
    if (flag === undefined || !known.includes(flag)) break;
    flags.add(flag);
    end = begins;
  }
  const begins = all[at]?.begins ?? end;
  return { words: words.map(({ text }) => text), flags, text: said.slice(begins, Math.max(begins, end)).trim() };
}

function wordsIn(said: string): Word[] {
  return Array.from(said.matchAll(/\S+/g), ({ 0: text, index }) => ({
    text,
    begins: index,
    flag: FLAG.exec(text)?.[1]?.toLowerCase(),
  }));
}

/** @returns the first flag that the command does not know */
export function unknownFlag({ flags }: Arguments, ...known: string[]): string | undefined {
  return [...flags].find((flag) => !known.includes(flag));
}
