import { count } from "./words.ts";

const MOST_CHARS = 1_000;
/** Of one text among arguments that are too long to be shown whole: what stands behind it is to be seen as well. */
const MOST_OF_A_TEXT = 200;

/**
 * What shows as nothing or as a gap, or makes what stands around it look like something else: nobody is to agree to what
 * hides. The blank among the Braille patterns counts as a sign to Unicode.
 */
const HIDDEN = /[[\p{C}\p{DI}\p{Z}\u2800]--[ ]]/gv;

/**
 * A tool's arguments for whoever decides about them, as Markdown: JSON in a block that they cannot end, bounded, with how
 * much of it is not shown. Every character can be seen.
 */
export function shownArguments(input: unknown): string {
  const whole = written(input);
  const text = whole.length <= MOST_CHARS ? whole : written(input, shortened);
  const rest = text.length - MOST_CHARS;
  const shown = rest > 0 ? text.slice(0, MOST_CHARS).toWellFormed() : text;
  const longest = Math.max(2, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const more =
    rest > 0 ? `\n\n(${count(rest, "more character")} of it ${rest === 1 ? "is" : "are"} not shown here.)` : "";
  return `${fence}json\n${shown}\n${fence}${more}`;
}

function written(input: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const json = JSON.stringify(input ?? {}, replacer, 2) ?? "{}";
  return json.replace(HIDDEN, (char) => (char === "\n" ? char : escaped(char)));
}

/** As JSON writes it. */
function escaped(char: string): string {
  const units = Array.from({ length: char.length }, (_, index) => char.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

function shortened(_key: string, value: unknown): unknown {
  if (typeof value !== "string" || value.length <= MOST_OF_A_TEXT) return value;
  const rest = value.length - MOST_OF_A_TEXT;
  return `${value.slice(0, MOST_OF_A_TEXT).toWellFormed()}… (and ${count(rest, "more character")})`;
}
