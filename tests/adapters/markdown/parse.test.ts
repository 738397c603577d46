import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "../../../adapters/markdown/parse.ts";
import { settle } from "../../../adapters/markdown/settle.ts";
import { type Block, visibleText } from "../../../adapters/markdown/tree.ts";
import { anyText } from "./markdown-arbitrary.ts";

const read = (markdown: string): Block[] => settle(parse(markdown), ["https:", "mailto:"]);

test.each([
  ["quotes", ">"],
  ["spaced quotes", "> "],
  ["brackets", "["],
  ["image starts", "!["],
  ["asterisks", "*"],
  ["alternating emphasis", "*_"],
  ["opening emphasis", "*a _"],
  ["list markers", "- "],
  ["numbers", "1. "],
  ["backticks", "`a ``"],
  ["angle brackets", "a <?"],
  ["table borders", "|a"],
  ["link starts", "[a]("],
  ["footnotes", "[^a]"],
  ["one long word", "a_@"],
])("ten thousand %s lose no character and overflow nothing", (_name, unit) => {
  const markdown = `x ${unit.repeat(10_000)} y\n\n${unit.repeat(10_000)}z`;
  const text = visibleText(read(markdown));
  expect(text.startsWith("x ")).toBe(true);
  expect(text.endsWith("z")).toBe(true);
});

test("what is too deep or too long for the parser comes back as plain paragraphs", () => {
  expect(read(`${">".repeat(10_000)}a\n\n**b**`)).toEqual([
    { type: "paragraph", spans: [{ text: `${">".repeat(10_000)}a` }] },
    { type: "paragraph", spans: [{ text: "**b**" }] },
  ]);
  expect(read(`**a**\n \n${"b ".repeat(60_000)}`)[0]).toEqual({ type: "paragraph", spans: [{ text: "**a**" }] });
});

test("code of many lines is no overload", () => {
  const text = "let a = 1;\n".repeat(5_000).trimEnd();
  expect(read(`# t\n\n\`\`\`js\n${text}\n\`\`\``)[1]).toEqual({ type: "code", language: "js", text });
});

test("quotes within quotes end at the fourth level; what they say stays", () => {
  const text = read(`${"> ".repeat(20)}deep`);
  expect(JSON.stringify(text).match(/"quote"/g)).toHaveLength(4);
  expect(visibleText(text)).toBe("deep");
});

test("any string is read", () => {
  const property = fc.property(anyText, (text) => {
    expect(visibleText(read(text)).isWellFormed()).toBe(true);
  });
  fc.assert(property, { numRuns: 300 });
});

test("raw HTML is text", () => {
  expect(read("a <b>c</b>\n\n<div onclick='x'>\n*y*\n</div>")).toEqual([
    { type: "paragraph", spans: [{ text: "a " }, { text: "<b>" }, { text: "c" }, { text: "</b>" }] },
    { type: "paragraph", spans: [{ text: "<div onclick='x'>\n*y*\n</div>" }] },
  ]);
});

test("references lead to their first definition; what nothing refers to is shown", () => {
  expect(read('[a][r] ![p][r]\n\n[r]: https://one.com\n[r]: https://two.com\n[s]: /x "t"')).toEqual([
    {
      type: "paragraph",
      spans: [
        { text: "a", link: { url: "https://one.com/", bare: false } },
        { text: " " },
        { text: "p", link: { url: "https://one.com/", bare: false } },
      ],
    },
    {
      type: "paragraph",
      spans: [
        { text: "[r]: " },
        { text: "https://two.com", link: { url: "https://two.com/", bare: true } },
        { text: "" },
      ],
    },
    { type: "paragraph", spans: [{ text: "[s]: " }, { text: "/x" }, { text: ' "t"' }] },
  ]);
});

test.each([
  ["[x](javascript:alert(1))", "x (javascript:alert(1))"],
  ["[x](JaVaScRiPt:alert(1))", "x (JaVaScRiPt:alert(1))"],
  ["[x](&#106;avascript:alert(1))", "x (javascript:alert(1))"],
  ["[x](<java\tscript:alert(1)>)", "x (java\tscript:alert(1))"],
  ["[x](data:text/html,y)", "x (data:text/html,y)"],
  ["[x](vbscript:y)", "x (vbscript:y)"],
  ["[x](//evil.com)", "x (//evil.com)"],
  ["[x](file.md)", "x (file.md)"],
  ["<javascript:alert(1)>", "javascript:alert(1)"],
  ["![](blob:x)", "blob:x"],
  [`[x](https://a.com/${"y".repeat(3_000)})`, `x (https://a.com/${"y".repeat(3_000)})`],
])("%# an address that may not be a link is text", (markdown, text) => {
  const blocks = read(markdown);
  expect(visibleText(blocks)).toBe(text);
  expect(JSON.stringify(blocks)).not.toContain('"link"');
});

test("a language that could leave its attribute is dropped", () => {
  expect(read('```ts"onload="x\na\n```')).toEqual([{ type: "code", language: undefined, text: "a" }]);
  expect(read("```c++ title\na\n```")).toEqual([{ type: "code", language: "c++", text: "a" }]);
});
