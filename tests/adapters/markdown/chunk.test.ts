import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, renderChunks } from "../../../adapters/markdown/chunk.ts";
import { layout, type Markup } from "../../../adapters/markdown/layout.ts";
import { parse } from "../../../adapters/markdown/parse.ts";
import { plainSpans, plainText } from "../../../adapters/markdown/plain.ts";
import type { Renderer } from "../../../adapters/markdown/renderer.ts";
import { settle } from "../../../adapters/markdown/settle.ts";
import { tableText } from "../../../adapters/markdown/table.ts";
import { type Block, visibleText } from "../../../adapters/markdown/tree.ts";
import { answer, anyText } from "./markdown-arbitrary.ts";

const fenced: Markup = {
  spans: plainSpans,
  heading: ({ spans }) => `# ${plainSpans(spans)}`,
  code: ({ text, language }) => `\`\`\`${language ?? ""}\n${text}\n\`\`\``,
  table: (table) => `\`\`\`\n${tableText(table)}\n\`\`\``,
  quote: (inner) => inner.replace(/^/gm, "> "),
  rule: "---",
  bullet: "- ",
};

/** A platform whose markup is counted, as Discord's is. */
const platform = (limit: number): Renderer => ({
  limit,
  protocols: ["https:"],
  render: (blocks) => ({ text: layout(blocks, fenced), plain: plainText(blocks) }),
  measure: ({ text }) => text.length,
});

const texts = (markdown: string, limit: number) => renderChunks(markdown, platform(limit)).map(({ text }) => text);
const squash = (text: string) => text.replace(/\s+/g, "");
const read = (markdown: string): Block[] => settle(parse(markdown), ["https:"]);

describe("for any answer and any limit", () => {
  const anyLimit = fc.integer({ min: 16, max: 700 });

  test("the chunks together show what the whole shows, once and in order", () => {
    const property = fc.property(fc.oneof(answer, anyText), anyLimit, (markdown, limit) => {
      const blocks = read(markdown);
      const chunks = cut(blocks, platform(limit));
      expect(squash(chunks.map(visibleText).join(""))).toBe(squash(visibleText(blocks)));
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("every chunk is within the limit, whole characters, and shows something", () => {
    const property = fc.property(fc.oneof(answer, anyText), anyLimit, (markdown, limit) => {
      for (const { text, plain } of renderChunks(markdown, platform(limit))) {
        expect(text.length).toBeLessThanOrEqual(limit);
        expect(text.isWellFormed()).toBe(true);
        expect(plain.trim()).not.toBe("");
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

test.each([
  ["nothing", ""],
  ["white space", " \n\t\n \u00a0"],
  ["an empty fence", "```\n\n```"],
  ["an empty quote", "> \n>"],
  ["invisible characters", "\u200b\u200d\u2060"],
])("%s gives no chunk", (_name, markdown) => {
  expect(texts(markdown, 100)).toEqual([]);
});

test.each([
  [2_001, 2_000],
  [4_097, 4_096],
])("a reply of %i characters cut inside a fence is split, its fence reopened, nothing lost", (length, limit) => {
  const start = "```ts\n";
  const line = "const answer = 6 * 7; // <b>\n";
  const body = line.repeat(200).slice(0, length - start.length - "\n```".length);
  const markdown = `${start}${body}\n\`\`\``;
  expect(markdown.length).toBe(length);

  const chunks = texts(markdown, limit);
  expect(chunks).toHaveLength(2);
  expect(chunks[0]).toMatch(/^```ts\n[^`]*\n```$/);
  expect(chunks[1]).toMatch(/^```ts\n[^`]*\n```$/);
  expect(chunks.join("\n").replace(/\n```\n```ts\n/, "\n")).toBe(markdown);
});

test("code too long for a chunk begins right after what introduces it; code that fits is left whole", () => {
  const fence = (lines: number) => `\`\`\`ts\n${"const a = 1;\n".repeat(lines)}\`\`\``;
  expect(texts(`Here:\n\n${fence(40)}`, 500)).toEqual([`Here:\n\n${fence(37)}`, fence(3)]);
  expect(texts(`Here:\n\n${fence(37)}`, 495)).toEqual(["Here:", fence(37)]);
});

test("a chunk ends between blocks where it can", () => {
  const block = "word ".repeat(12).trim();
  expect(texts(`${block}\n\n${block}\n\n${block}`, 150)).toEqual([`${block}\n\n${block}`, block]);
});

test("a heading goes with what it heads", () => {
  const block = "word ".repeat(12).trim();
  expect(texts(`${block}\n\n# Head\n\n${block}`, 80)).toEqual([block, `# Head\n\n${block}`]);
});

test("a list is cut between items and goes on counting", () => {
  const markdown = Array.from({ length: 6 }, (_, at) => `${at + 8}. item number ${at}`).join("\n");
  expect(texts(markdown, 60)).toEqual([
    "8. item number 0\n9. item number 1\n10. item number 2",
    "11. item number 3\n12. item number 4\n13. item number 5",
  ]);
});

test("an item too long for a chunk goes on without a second number", () => {
  expect(texts(`1. ${"one two three. ".repeat(4)}\n2. end`, 40)).toEqual([
    "1. one two three. one two three.",
    "one two three. one two three.\n2. end",
  ]);
});

test("a table is cut between rows and shows its header once", () => {
  const rows = Array.from({ length: 5 }, (_, at) => `| key${at} | ${at} |`).join("\n");
  expect(texts(`| k | v |\n|---|---|\n${rows}`, 45)).toEqual([
    "```\nk     v\n────  ─\nkey0  0\nkey1  1\n```",
    "```\nkey2  2\nkey3  3\nkey4  4\n```",
  ]);
});

test("a paragraph is cut after a sentence, a long sentence after a word, a long word anywhere", () => {
  expect(texts("One two three four. Five six seven eight.", 30)).toEqual([
    "One two three four.",
    "Five six seven eight.",
  ]);
  expect(texts("one two three four five six seven", 16)).toEqual(["one two three", "four five six", "seven"]);
  expect(texts("x".repeat(40), 16)).toEqual(["x".repeat(16), "x".repeat(16), "x".repeat(8)]);
});

test.each([
  ["families", "👩‍👩‍👧‍👦"],
  ["flags", "🇩🇪"],
  ["skin tones", "👍🏽"],
  ["combining marks", "e\u0301\u0323"],
  ["syllables", "각"],
])("no cut goes through %s", (_name, character) => {
  const chunks = texts(character.repeat(100), 50);
  expect(chunks.join("")).toBe(character.repeat(100));
  expect(chunks.every((chunk) => chunk.length <= 50 && chunk.replaceAll(character, "") === "")).toBe(true);
});

test("a character longer than a chunk is cut between code points", () => {
  const marks = `a${"\u0301".repeat(60)}`;
  expect(texts(marks, 20).join("")).toBe(marks);
  const pairs = "\u{1d16e}".repeat(33);
  expect(texts(pairs, 17).every((chunk) => chunk.isWellFormed() && chunk.length <= 17)).toBe(true);
});

test("right-to-left text is cut between words, in logical order", () => {
  const sentence = "שלום עולם ".repeat(10).trim();
  const chunks = texts(sentence, 40);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.join(" ")).toBe(sentence);
});

test("marks go on in the next chunk, and a link's address is said once, at its end", () => {
  const chunks = renderChunks(`[${"label ".repeat(10)}end](https://a.com/x)`, platform(50));
  expect(chunks.map(({ plain }) => plain.includes("https://a.com/x"))).toEqual([false, true]);
  const [first, second] = cut(read(`**${"bold ".repeat(10)}end**`), platform(30));
  expect([first, second]).toEqual([
    [{ type: "paragraph", spans: [{ text: "bold bold bold bold bold bold", bold: true }] }],
    [{ type: "paragraph", spans: [{ text: "bold bold bold bold end", bold: true }] }],
  ]);
});
