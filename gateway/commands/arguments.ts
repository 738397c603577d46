import type { AcceptedCommand } from "../../sessions/inbox.ts";

/** What was said with a command: words, and flags such as `--here`. */
export interface Arguments {
  words: readonly string[];
  flags: ReadonlySet<string>;
  /** Everything behind the first `count` words as it was written, without flags at its end. */
  rest(count: number): string;
}

/** Phones make one long dash of two short ones. */
const FLAG = /^(?:--|—|–)([a-z][a-z-]*)$/i;

export function argumentsOf({ message }: AcceptedCommand): Arguments {
  const text = message.command?.args ?? "";
  const words: string[] = [];
  const flags = new Set<string>();
  for (const word of text.split(/\s+/)) {
    const flag = FLAG.exec(word)?.[1];
    if (flag !== undefined) flags.add(flag.toLowerCase());
    else if (word !== "") words.push(word);
  }
  return {
    words,
    flags,
    rest(count) {
      let left = text.trim();
      for (let n = 0; n < count; n++) left = left.replace(/^\S+\s*/, "");
      for (;;) {
        const [, before = left] = /^(.*?)\s*(?:--|—|–)[a-z][a-z-]*$/is.exec(left) ?? [];
        if (before === left) return left;
        left = before;
      }
    },
  };
}

/** @returns the first flag that the command does not know */
export function unknownFlag({ flags }: Arguments, ...known: string[]): string | undefined {
  return [...flags].find((flag) => !known.includes(flag));
}
