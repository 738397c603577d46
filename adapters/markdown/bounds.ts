import type { Extension } from "micromark-extension-gfm";

/** Most characters that are read as Markdown. */
const MAX_CHARACTERS = 100_000;

/** Most lines outside code blocks. */
const MAX_LINES = 2_000;

/** Containers (quotes, lists) may not begin further right than this on a line: that bounds how deep they nest. */
const MAX_CONTAINER_COLUMN = 60;

/** Most places where a quote or a list item may begin. */
const MAX_CONTAINERS = 6_000;

/** Most column borders on one line. */
const MAX_COLUMNS = 500;

/** The characters that begin a quote or a list item. */
const CONTAINERS = ">*+-0123456789";

/** Most delimiters in one paragraph, by weight. */
const MAX_DELIMITERS = 1_000;

/** What comparing delimiters may cost in all paragraphs together: four times the worst of one. */
const MAX_COST = 2 * MAX_DELIMITERS ** 2;

/** Delimiters that are compared with those before them. */
const PAIRED = { characters: "*_~[]!@", weight: 1 };

/** Delimiters that search the rest of their paragraph for an end. */
const SEARCHING = { characters: "`<", weight: 5 };

/** Thrown inside the parser by an input that would take it far more than linear time or stack. */
class TooComplex extends Error {
  readonly code = "markdown-too-complex";
}

/**
 * A micromark extension that parses nothing and watches what the parser tries.
 *
 * The parser compares each delimiter of a text with those before it, so n delimiters in one paragraph cost n²; and
 * each level of containers costs time on every line and stack when the tree is built. Only hostile input comes near
 * the bounds. One extension serves one parse.
 *
 * @throws an error with code `markdown-too-complex`, out of the parser
 */
export function bounds(markdown: string): Extension {
  if (markdown.length > MAX_CHARACTERS) throw new TooComplex("too long");
  if (widestRow(markdown) > MAX_COLUMNS) throw new TooComplex("too many columns");

  let text: object | undefined;
  let delimiters = 0;
  let cost = 0;
  let lines = 0;
  let containers = 0;

  type Construct = NonNullable<NonNullable<Extension["text"]>[string]>;

  const delimiter = (weight: number): Construct => ({
    tokenize(_effects, _ok, nok) {
      if (this !== text) {
        text = this;
        delimiters = 0;
      }
      delimiters += weight;
      cost += delimiters;
      if (delimiters > MAX_DELIMITERS || cost > MAX_COST) throw new TooComplex("too many delimiters");
      return nok;
    },
  });

  const line: Construct = {
    tokenize(_effects, _ok, nok) {
      if (++lines > MAX_LINES) throw new TooComplex("too many lines");
      return nok;
    },
  };

  const container: Construct = {
    tokenize(_effects, _ok, nok) {
      if (++containers > MAX_CONTAINERS) throw new TooComplex("too many containers");
      if (this.now().column > MAX_CONTAINER_COLUMN) throw new TooComplex("containers too deep");
      return nok;
    },
  };

  return {
    document: { ...on(CONTAINERS, container), null: line },
    text: {
      ...on(PAIRED.characters, delimiter(PAIRED.weight)),
      ...on(SEARCHING.characters, delimiter(SEARCHING.weight)),
    },
  };
}

function widestRow(markdown: string): number {
  let widest = 0;
  let columns = 0;
  for (let at = 0; at < markdown.length; at++) {
    if (markdown[at] === "|") widest = Math.max(widest, ++columns);
    else if (markdown[at] === "\n") columns = 0;
  }
  return widest;
}

function on<T>(characters: string, construct: T): Record<string, T> {
  return Object.fromEntries(Array.from(characters, (character) => [character.charCodeAt(0), construct]));
}
