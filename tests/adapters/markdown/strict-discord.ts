/** What a reader of a Discord message sees, and what Discord made of it. */
export interface Seen {
  /** Without marks; a link is followed by its address in parentheses. */
  text: string;
  /** Everything that is more than text, in order: `mention`, `link`, `bold`, … */
  found: string[];
  links: string[];
}

type Rule = [name: string, pattern: RegExp, inner?: boolean];

/** Only at the beginning of a line. */
const LINE: readonly Rule[] = [
  ["quote to the end", /^ *>>> ([\s\S]*)/, true],
  ["quote", /^((?: *> [^\n]*(?:\n|$))+)/],
  ["small print", /^-# +(.+)/, true],
  ["heading", /^ *#{1,3} +([^\n]+?)#*(?=\n|$)/, true],
  ["list", /^ *(?:[-*]|\d+\.) +/],
];

/**
 * Discord's rules, first match wins. Escapes win over all; emphasis ends at the first mark that may end it; code and
 * addresses are taken as they are.
 *
 * @see https://support.discord.com/hc/en-us/articles/210298617
 */
const ANYWHERE: readonly Rule[] = [
  ["escape", /^\\([^0-9A-Za-z\s])/],
  ["code block", /^```(?:[a-z0-9_+\-.#]+\n)?\n*([^\n][\s\S]*?)\n*```/i],
  ["code", /^(?<ticks>`{1,2})([\s\S]*?[^`])\k<ticks>(?!`)/],
  ["mention", /^<(?:@[!&]?|#)\d+>/],
  ["emoji", /^<a?:\w+:\d+>/],
  ["emoji", /^:[\w+-]+:/],
  ["command", /^<\/[^<>:]+:\d+>/],
  ["time", /^<t:-?\d+(?::\w)?>/],
  ["address", /^<([^: >\n]+:\/[^ >\n]+)>/],
  ["link", /^\[((?:\[[^\]]*\]|[^[\]]|\](?=[^[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?\s*\)/, true],
  ["address", /^((?:https?|steam):\/\/[^\s<]+[^<.,:;"'\]\s])/],
  ["bold", /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, true],
  ["underline", /^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, true],
  ["italic", /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/, true],
  ["italic", /^_((?:__|\\[\s\S]|[^\\_])+?)_\b/, true],
  ["strike", /^~~([\s\S]+?)~~(?!_)/, true],
  ["spoiler", /^\|\|([\s\S]+?)\|\|/, true],
];

/** Read a text as Discord's clients do. */
export function readDiscord(source: string): Seen {
  const seen: Seen = { text: "", found: [], links: [] };
  read(source, seen, true);
  return seen;
}

function read(source: string, seen: Seen, fresh: boolean): void {
  let rest = source;
  let lineStart = fresh;
  while (rest !== "") {
    const [rule, match] = matching(rest, lineStart) ?? [];
    if (rule === undefined || match === undefined) {
      seen.text += rest[0];
      lineStart = rest[0] === "\n";
      rest = rest.slice(1);
      continue;
    }
    apply(rule, match, seen);
    // What an item says may begin like a line.
    lineStart = rule[0] === "list" || match[0].endsWith("\n");
    rest = rest.slice(match[0].length);
  }
}

function matching(rest: string, lineStart: boolean): [Rule, RegExpMatchArray] | undefined {
  for (const rule of lineStart ? [...LINE, ...ANYWHERE] : ANYWHERE) {
    const match = rest.match(rule[1]);
    if (match !== null) return [rule, match];
  }
  return undefined;
}

function apply([name, , inner]: Rule, match: RegExpMatchArray, seen: Seen): void {
  if (name !== "escape") seen.found.push(name);
  const [all, first = "", second = ""] = match;
  if (name === "quote") read(first.replace(/^ *> /gm, ""), seen, true);
  else if (name === "code") seen.text += second;
  else if (name === "list") seen.text += all;
  else if (inner) read(first, seen, name === "quote to the end");
  else seen.text += first;
  if (name === "address") seen.links.push(first);
  if (name === "link") {
    seen.text += ` (${second})`;
    seen.links.push(second);
  }
}
