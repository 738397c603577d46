import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderChunks } from "../../../adapters/markdown/chunk.ts";
import type { Span } from "../../../adapters/markdown/tree.ts";
import { renderWhatsApp, whatsappRenderer } from "../../../adapters/whatsapp/render.ts";
import { spans } from "../../../adapters/whatsapp/spans.ts";
import { answer, anyText } from "./markdown-arbitrary.ts";
import { EAGER, RELUCTANT, readWhatsApp } from "./strict-whatsapp.ts";

const GAP = "\u200a";
const NOTHING = "\u200b";

const written = (markdown: string) => renderWhatsApp(markdown).map(({ text }) => text);
const seen = (markdown: string, client = EAGER) => readWhatsApp(written(markdown).join("\n"), client);
const bare = (text: string) => text.replaceAll("\u02cb", "`").replace(/[\s─•>\u200b-]+/g, "");

/** Every sign escaped, so that Markdown means nothing but the words. */
const literally = (words: string) => words.replace(/[!-/:-@[-`{-~]/g, "\\$&");

test.each([
  ["marks", "**b** *i* ~~s~~ `c` ***bi***", "*b* _i_ ~s~ `c` *_bi_*"],
  ["nested marks", "**a *b* c**", "*a _b_ c*"],
  ["marks side by side", "**a***b*", `*a*${GAP}_b_`],
  ["a mark inside a word", "un**frigging**believable", `un${GAP}*frigging*${GAP}believable`],
  ["a mark between letters of a script without spaces", "这是**重点**内容", `这是${GAP}*重点*${GAP}内容`],
  ["marks next to punctuation", "(**a**), “*b*”.", "(*a*), “_b_”."],
  ["a mark over two lines", "**a\nb**", "*a*\n*b*"],
  ["code inside other marks", "*see `a*b` here*", "_see_ `a*b` _here_"],
  [
    "what is no mark",
    "5 * 3 = 15, snake_case, 2\\*3\\*4, a|b, ~5 or ~6",
    "5 * 3 = 15, snake_case, 2*3*4, a|b, ~5 or ~6",
  ],
  ["what would be one", "x \\*a\\* \\_b\\_", `x *${GAP}a${GAP}* _${GAP}b${GAP}_`],
  ["a sign in a look of its kind", "**a \\*b**", `*a *${GAP}b*`],
  ["headings", "# a\n\n## b *c*\n\nd\n===", "*a*\n\n*b _c_*\n\n*d*"],
  ["a heading of two lines", "a\nb\n===", "*a b*"],
  ["a link", "[a & b](https://e.com/?x=1&y=2)", "a & b (https://e.com/?x=1&y=2)"],
  ["a link with a bold name", "[**a**](https://e.com/)", "*a* (https://e.com/)"],
  ["an address", "see https://e.com/a_b_c.", "see https://e.com/a_b_c."],
  ["an address without its protocol", "www.e.com/a", "http://www.e.com/a"],
  ["an address with signs", "[a](<https://e.com/_b_/~c/(d)>)", "a (https://e.com/%5Fb%5F/%7Ec/%28d%29)"],
  ["a mail address", "<a@b.com>", "a@b.com"],
  ["a bad protocol", "[x](javascript:alert(1))", "x (javascript:alert(1))"],
  ["a picture elsewhere", "![alt](https://e.com/p.png)", "alt (https://e.com/p.png)"],
  ["code with a language", "```ts\na < b\n```", "```a < b```"],
  [
    "code with fences inside",
    "````md\n```ts\nx\n```\n````",
    `\`\`\`${NOTHING}\`${NOTHING}\`\`ts\nx\n\`${NOTHING}\`\`${NOTHING}\`\`\``,
  ],
  ["inline code with a backtick", "`` a`b ``", "```a`b```"],
  ["a quote", "> a\n> > b", "> a\n> \n> b"],
  ["a quote with code", "> a\n>\n> ```\n> c\n> ```\n>\n> d", "> a\n\n```c```\n\n> d"],
  ["a list", "* a\n* b\n  * c", "- a\n- b\n  - c"],
  ["numbers", "3. a\n4. b\n   1. c", "3. a\n4. b\n   1. c"],
  ["tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b"],
  ["a table", "| n | q |\n|---|--:|\n| ä | 10 |", "```n   q\n─  ──\nä  10```"],
  ["a break", "a\n\n---\n\nb", "a\n\n──────────\n\nb"],
  ["line ends", "a\nb  \nc", "a\nb\nc"],
  ["raw HTML", "<b>x</b>", "<b>x</b>"],
  ["what begins lines", "\\- a\n1986\\. b\n\\> c", `${NOTHING}- a\n${NOTHING}1986. b\n${NOTHING}> c`],
])("%s", (_name, markdown, text) => {
  expect(written(markdown)).toEqual([text]);
});

describe("text stays text", () => {
  const signs = fc.constantFrom(..."*_~`-.>()[] a1é字👍\n", "```", "**", "1. ", "- ", "> ", "https://e.com/_x_");
  const text = fc
    .array(signs, { minLength: 1, maxLength: 40 })
    .map((parts) => `a${parts.join("").replace(/\s+/g, (gap) => (gap.includes("\n") ? "\n" : " "))}a`);

  test.each([EAGER, RELUCTANT])("whatever the text, WhatsApp reads it as it stands", (client) => {
    const property = fc.property(text, (words) => {
      const read = seen(literally(words), client);
      expect(read.found).toEqual([]);
      expect(bare(decodeURI(read.text))).toBe(bare(words));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test.each([EAGER, RELUCTANT])("inside marks the text keeps its look on every line, and has no other", (client) => {
    const look = fc.constantFrom(["**", "bold"], ["*", "italic"], ["~~", "strike"]);
    const property = fc.property(text, look, (words, [mark, name]) => {
      const read = seen(mark + literally(words) + mark, client);
      expect(new Set(read.found)).toEqual(new Set([name]));
      expect(read.found).toHaveLength(words.split("\n").length);
      expect(bare(decodeURI(read.text))).toBe(bare(words));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test.each([EAGER, RELUCTANT])("looks are seen wherever they stand, and none that was not meant", (client) => {
    const words = fc.constantFrom("a", "b c", "字", "x.", "(", "é", " ", "*", "_", "~", "s* t", "👍", "-");
    const look = fc.constantFrom(null, "bold" as const, "italic" as const, "strike" as const, "code" as const);
    const property = fc.property(fc.array(fc.tuple(words, look), { minLength: 1, maxLength: 8 }), (parts) => {
      const content = parts.map(([text, name]): Span => (name === null ? { text } : { text, [name]: true }));
      const read = readWhatsApp(`.${spans(content)}`, client);
      expect(read.found).toEqual(looksIn(parts));
      expect(bare(read.text)).toBe(bare(`.${parts.map(([text]) => text).join("")}`));
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

/** The looks that are seen: of neighbours that look the same it is one, and what is blank has none. */
function looksIn(parts: ReadonlyArray<readonly [text: string, look: string | null]>): string[] {
  const found: string[] = [];
  let run = "";
  for (const [at, [text, look]] of parts.entries()) {
    run += text;
    if (parts[at + 1]?.[1] === look && at + 1 < parts.length) continue;
    if (look !== null && run.trim() !== "") found.push(look);
    run = "";
  }
  return found;
}

test("4,096 units are one message and 4,097 are two", () => {
  expect(written("x".repeat(4_096))).toHaveLength(1);
  expect(written("x".repeat(4_097)).map((text) => text.length)).toEqual([4_096, 1]);
});

test("code over 4,096 characters is cut at a line: both messages hold a whole fence, and no line is lost", () => {
  const lines = Array.from({ length: 90 }, (_, at) => `${String(at).padStart(2, "0")} ${"y".repeat(46)}`).join("\n");
  const chunks = renderWhatsApp(`\`\`\`js\n${lines}\n\`\`\``).filter(({ files }) => files === undefined);
  expect(chunks).toHaveLength(2);
  for (const { text } of chunks) {
    expect(text).toMatch(/^```[^`]+```$/);
    expect(text.length).toBeLessThanOrEqual(4_096);
  }
  expect(chunks.map(({ plain }) => plain).join("\n")).toBe(lines);
});

describe("files", () => {
  const code = (language: string, length: number) => `\`\`\`${language}\n${"line\n".repeat(length / 5)}\`\`\``;
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(40)]).toString("base64");
  const jpeg = Buffer.concat([Buffer.from("ffd8ffe0", "hex"), Buffer.alloc(41)]).toString("base64");
  const gif = Buffer.from("GIF89a\u0001").toString("base64");
  const webp = Buffer.from("RIFF\u0001\u0001\u0001\u0001WEBPVP8 ").toString("base64");
  const image = (alt: string, type: string, data: string) => `![${alt}](data:image/${type};base64,${data})`;

  test("code that was cut comes whole, each block in a message of its own behind the texts", () => {
    const chunks = renderWhatsApp(`Here:\n\n${code("ts", 10_000)}\n\nand\n\n${code("python", 9_000)}\n\nDone.`);
    const files = chunks.filter((chunk) => chunk.files !== undefined);
    expect(chunks.slice(-2)).toEqual(files);
    expect(files.map(({ text }) => text)).toEqual(["code-1.ts", "code-2.py"]);
    expect(files.map((chunk) => chunk.files)).toEqual([
      [{ name: "code-1.ts", mimeType: "text/plain", text: "line\n".repeat(2_000) }],
      [{ name: "code-2.py", mimeType: "text/plain", text: "line\n".repeat(1_800) }],
    ]);
  });

  test("images that the text holds itself come behind it, with what is said of them", () => {
    const chunks = renderWhatsApp(
      `A cat:\n\n${image("a *cat* \\[1\\]", "png", png)}\n\nand more ${image("", "jpeg", jpeg)}`,
    );
    expect(chunks.map(({ text, plain, files }) => [text, plain, files])).toEqual([
      ["A cat:\n\nand more", "A cat:\n\nand more", undefined],
      ["a cat [1]", "a cat [1]", [{ name: "image-1.png", mimeType: "image/png", base64: png }]],
      [NOTHING, NOTHING, [{ name: "image-2.jpg", mimeType: "image/jpeg", base64: jpeg }]],
    ]);
  });

  test.each([
    ["png", png],
    ["jpeg", jpeg],
    ["gif", gif],
    ["webp", webp],
  ])("%s is one", (type, data) => {
    const [chunk, ...others] = renderWhatsApp(image("x", type, data));
    expect(others).toEqual([]);
    expect(chunk?.files).toMatchObject([{ mimeType: `image/${type}`, base64: data }]);
  });

  test.each([
    ["another kind than it says", "png", jpeg],
    ["no image at all", "png", Buffer.from("<html></html>").toString("base64")],
    ["empty", "png", ""],
    ["base64 that is cut", "png", png.slice(0, -1)],
    ["base64 that goes on behind its end", "gif", `${gif.slice(0, -1)}==${gif}`],
    ["over 5 MiB", "png", png.padEnd(7_500_000, "A")],
  ])("%s: what is said of it stays, as words", (_, type, data) => {
    expect(renderWhatsApp(`see ${image("the \\*plan\\*", type, data)}`)).toEqual([
      { text: `see the *${GAP}plan${GAP}*`, plain: "see the *plan*" },
    ]);
  });

  test("five come along, the sixth is named", () => {
    const chunks = renderWhatsApp(Array.from({ length: 6 }, (_, at) => image(`no ${at}`, "gif", gif)).join("\n\n"));
    expect(chunks.map(({ text }) => text)).toEqual(["no 5", "no 0", "no 1", "no 2", "no 3", "no 4"]);
  });

  test("one in code is code", () => {
    const [chunk, ...others] = renderWhatsApp(`\`\`\`md\n${image("x", "gif", gif)}\n\`\`\``);
    expect(others).toEqual([]);
    expect(chunk).toEqual({ text: `\`\`\`${image("x", "gif", gif)}\`\`\``, plain: image("x", "gif", gif) });
  });

  test("an image of megabytes leaves the text around it what it was", () => {
    const large = png.padEnd(4_000_000, "A");
    const chunks = renderWhatsApp(`**a** ${image("x", "png", large)} b`);
    expect(chunks.map(({ text }) => text)).toEqual(["*a*  b", "x"]);
  });

  test("no message has more than one file, whatever the answer", () => {
    const block = fc.constantFrom(code("js", 5_000), image("i", "gif", gif), "words", image("bad", "png", gif));
    const property = fc.property(fc.array(block, { maxLength: 10 }), (blocks) => {
      for (const { text, plain, files = [] } of renderWhatsApp(blocks.join("\n\n"))) {
        expect(files.length).toBeLessThanOrEqual(1);
        expect(text.trim()).not.toBe("");
        expect(plain.trim()).not.toBe("");
      }
    });
    fc.assert(property, { numRuns: 30 });
  });
});

test("the plain form says the same without marks, addresses in parentheses", () => {
  const [chunk] = renderWhatsApp("# **T** `c`\n\n[a](https://e.com/x) <a@b.com>\n\n> q\n\n```ts\n1 < 2\n```");
  expect(chunk?.plain).toBe("T c\n\na (https://e.com/x) a@b.com\n\n> q\n\n1 < 2");
});

test("any string becomes messages within the limit that show something, with every fence closed", () => {
  const property = fc.property(fc.oneof(anyText, answer), fc.integer({ min: 1, max: 24 }), (markdown, times) => {
    for (const { text, plain } of renderWhatsApp(`${markdown}\n\n`.repeat(times))) {
      expect(text.length).toBeLessThanOrEqual(4_096);
      expect(plain.length).toBeLessThanOrEqual(4_096);
      expect(plain.trim()).not.toBe("");
      expect((text.match(/```/g) ?? []).length % 2).toBe(0);
    }
  });
  fc.assert(property, { numRuns: 150 });
});

test.each([EAGER, RELUCTANT])("an answer says on WhatsApp what it says without any markup", (client) => {
  const property = fc.property(answer, (markdown) => {
    for (const { text, plain } of renderWhatsApp(markdown))
      expect(bare(readWhatsApp(text, client).text)).toBe(bare(plain));
  });
  fc.assert(property, { numRuns: 200 });
});

test("cutting changes nothing of what is seen", () => {
  const property = fc.property(answer, fc.integer({ min: 250, max: 1_000 }), (markdown, limit) => {
    const all = (most: number) =>
      renderChunks(markdown, { ...whatsappRenderer, limit: most })
        .map(({ text }) => bare(readWhatsApp(text).text.replaceAll(" (https://e.com/x?y=1&z)", "")))
        .join("");
    expect(all(limit)).toBe(all(Number.POSITIVE_INFINITY));
  });
  fc.assert(property, { numRuns: 200 });
});
