import { hash } from "node:crypto";
import { spoken } from "../spoken.ts";
import { blocksIn } from "./stored-json.ts";

/** What is searched of one message: a longer one is found by its beginning. */
const MOST_CHARACTERS = 20_000;
/** Of what one tool has found. */
const RESULT_CHARACTERS = 2_000;
const WORD_CHARACTERS = 64;

/** Writing without spaces between words: two signs at a time stand for a word. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/**
 * The text of a stored message: what people and the model have said, and what tools have found. What a search has found is
 * there already: it would be found again in place of what was said, and once more in what that finds.
 *
 * @param before the stored message before it, if it holds results of tools
 */
export function textOf(content: string, before?: string): string {
  const searches = new Set(
    blocksIn(before ?? "[]").map((use) => use.type === "tool-use" && use.name === "recall" && use.id),
  );
  const parts = blocksIn(content).map((block) => {
    if (block.type === "text") return spoken(block.text);
    const isFound = block.type === "tool-result" && !searches.has(block.toolUseId);
    return isFound ? block.text.slice(0, RESULT_CHARACTERS) : "";
  });
  return parts
    .filter((part) => part !== "")
    .join("\n")
    .slice(0, MOST_CHARACTERS);
}

/** A text without what makes no difference to whoever searches: case, accents, forms of the same sign. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Its words, each once. */
export function wordsOf(text: string): string[] {
  const words = new Set<string>();
  for (const [run] of folded(text).matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!UNSPACED.test(run)) words.add(run.slice(0, WORD_CHARACTERS));
    else for (const pair of pairs(Array.from(run))) words.add(pair);
  }
  return [...words];
}

/** What stands for a word of one session in the index: without the session's key nobody can tell which word it is. */
export function termOf(key: string, word: string): string {
  return hash("sha256", `${key}${word}`, "hex").slice(0, 12);
}

function pairs(signs: readonly string[]): string[] {
  return signs.length === 1 ? [...signs] : signs.slice(1).map((sign, index) => `${signs[index]}${sign}`);
}
