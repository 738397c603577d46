import fc from "fast-check";
import { expect, test } from "vitest";
import { renderChunks } from "../../../adapters/markdown/chunk.ts";
import { renderTelegram, telegramRenderer } from "../../../adapters/telegram/render.ts";
import { entitiesOf } from "../../fakes/telegram/entities.ts";
import { answer, anyText } from "./markdown-arbitrary.ts";
import { type Allowed, strictText } from "./strict-html.ts";

const ALLOWED: Allowed = {
  b: {},
  i: {},
  s: {},
  code: { class: /^language-[\w+#.-]+$/ },
  pre: {},
  blockquote: {},
  a: { href: /^(?:https?:\/\/|mailto:|tg:)[^\s"<>]+$/ },
};

const visible = (html: string) => strictText(html, ALLOWED, "bare");
const bare = (text: string) => text.replace(/[\s─\u2060]+/g, "");

test.each([
  ["marks", "**b** *i* ~~s~~ `c` ***bi***", "<b>b</b> <i>i</i> <s>s</s> <code>c</code> <b><i>bi</i></b>"],
  ["nested marks", "**a *b* c**", "<b>a <i>b</i> c</b>"],
  ["what is no mark", "5 * 3 = 15, snake_case_name, ~5", "5 * 3 = 15, snake_case_name, ~5"],
  ["special characters", "a < b && c > \"d\" 'e'", "a &lt; b &amp;&amp; c &gt; \"d\" 'e'"],
  ["a heading", "## Title *x* `y`", "<b>Title <i>x</i> </b><code>y</code>"],
  ["a link", "[a & b](https://e.com/?x=1&y=2)", '<a href="https://e.com/?x=1&amp;y=2">a &amp; b</a>'],
  ["a mail address", "<a@b.com>", '<a href="mailto:a@b.com">a@b.com</a>'],
  ["a link that would call a person", "[u](tg://user?id=7)", "u (tg://user?id=7)"],
  ["a user name", "hi @bob, **@alice** and @*carl*", "hi @\u2060bob, <b>@\u2060alice</b> and @\u2060<i>carl</i>"],
  [
    "an at sign that calls nobody",
    "me @ home, x@y, `npm i @types/node`",
    "me @ home, x@y, <code>npm i @types/node</code>",
  ],
  ["an address that holds a user name", "https://e.com/@bob", '<a href="https://e.com/@bob">https://e.com/@bob</a>'],
  ["a link that Telegram drops", "[@bob](https://@bob)", '<a href="https://bob/">@\u2060bob</a>'],
  ["mail to nobody", "<mailto:@bob>", '<a href="mailto:@bob">mailto:@\u2060bob</a>'],
  ["a picture", "![alt](https://e.com/p.png)", '<a href="https://e.com/p.png">alt</a>'],
  ["code with a language", "```ts\na < b\n```", '<pre><code class="language-ts">a &lt; b</code></pre>'],
  ["code without one", "```\na\n\n  b\n```", "<pre>a\n\n  b</pre>"],
  ["a quote", "> a\n> > b", "<blockquote>a\n\nb</blockquote>"],
  ["a list", "- a\n- b\n  - c", "• a\n• b\n  • c"],
  ["numbers", "3. a\n4. b\n   1. c", "3. a\n4. b\n   1. c"],
  ["tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b"],
  ["loose items", "- a\n\n  b\n\n- c", "• a\n\n  b\n\n• c"],
  ["code in an item", "- a\n\n  ```\n  x\n  ```", "• a\n\n<pre>x</pre>"],
  ["a table", "| n | q |\n|---|--:|\n| ä | 10 |\n| 日本 | 5 |", "<pre>n      q\n────  ──\nä     10\n日本   5</pre>"],
  ["a break", "a\n\n---\n\nb", "a\n\n──────────\n\nb"],
  ["line ends", "a\nb  \nc", "a\nb\nc"],
  ["raw HTML", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
  ["a bad protocol", "[x](javascript:alert(1))", "x (javascript:alert(1))"],
  ["quotes in an address", `[x](<https://e.com/"onload='y'>)`, '<a href="https://e.com/%22onload=&#39;y&#39;">x</a>'],
  ["a footnote", "a[^n]\n\n[^n]: b", "a[n]\n\n[n] b"],
])("%s", (_name, markdown, html) => {
  expect(renderTelegram(markdown).map(({ text }) => text)).toEqual([html]);
  visible(html);
});

test("the plain form says the same without markup, addresses in parentheses", () => {
  const [chunk] = renderTelegram(
    "# **T** `c`\n\n[a](https://e.com/x) https://e.com/y <a@b.com>\n\n> q\n\n```ts\n1 < 2\n```",
  );
  expect(chunk?.plain).toBe("T c\n\na (https://e.com/x) https://e.com/y a@b.com\n\n> q\n\n1 < 2");
});

test("no message calls anybody, whatever is in it, be it sent with markup or without", () => {
  const word = fc.constantFrom(
    "@bob_builds",
    "@",
    "bob_builds",
    "**",
    "*",
    "`",
    " ",
    "\n",
    "~~",
    "/",
    "-",
    "a",
    "ä",
    "(",
    "\\",
  );
  const property = fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
    for (const { text, plain } of renderTelegram(words.join(""))) {
      // In code Telegram looks for nothing.
      const looked = text.replace(/<(pre|code)>.*?<\/\1>/gs, "\0");
      for (const seen of [strictText(looked, ALLOWED, "bare"), plain]) {
        expect(entitiesOf(seen).filter(({ type }) => type === "mention")).toEqual([]);
      }
    }
  });
  fc.assert(property, { numRuns: 1_000 });
});

test("4,096 units are one message and 4,097 are two", () => {
  expect(renderTelegram("x".repeat(4_096))).toHaveLength(1);
  expect(renderTelegram("x".repeat(4_097)).map(({ text }) => text.length)).toEqual([4_096, 1]);
  expect(renderTelegram("😀".repeat(2_049)).map(({ text }) => text.length)).toEqual([4_096, 2]);
});

test("tags and escapes count as well: no message travels longer than one may be", () => {
  const chunks = renderTelegram("**&** ".repeat(400));
  expect(chunks.map(({ text }) => text.length <= 4_096)).toEqual([true, true]);
  expect(renderTelegram("&".repeat(4_096))).toHaveLength(5 + 1);
});

test("an address too long to be sent as one leaves its words", () => {
  const [chunk] = renderTelegram(`[words](https://e.com/?${"&".repeat(1_500)})`);
  expect(chunk?.text).toBe("words");
});

test("code over the limit stays code of its language in every message", () => {
  const line = `if (a < b && c > "d") { return 'e'; }`;
  const chunks = renderTelegram(`Here:\n\n\`\`\`js\n${Array(300).fill(line).join("\n")}\n\`\`\`\n\ndone`);
  expect(chunks).toHaveLength(4);
  for (const { text } of chunks) {
    expect(text).toContain('<pre><code class="language-js">');
    expect(visible(text).trim()).not.toBe("");
    expect(text.length).toBeLessThanOrEqual(4_096);
  }
  const lines = chunks.flatMap(({ plain }) => plain.split("\n")).filter((text) => text === line);
  expect(lines).toHaveLength(300);
});

test("any string becomes allowed, balanced, escaped messages within the limit", () => {
  const property = fc.property(fc.oneof(anyText, answer), fc.integer({ min: 1, max: 12 }), (markdown, times) => {
    for (const { text, plain } of renderTelegram(`${markdown}\n\n`.repeat(times))) {
      visible(text);
      expect(text.length).toBeLessThanOrEqual(4_096);
      expect(plain.length).toBeLessThanOrEqual(4_096);
      expect(plain.trim()).not.toBe("");
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test("cutting changes nothing of what is seen", () => {
  const property = fc.property(answer, fc.integer({ min: 250, max: 1_000 }), (markdown, limit) => {
    const seen = (most: number) =>
      renderChunks(markdown, { ...telegramRenderer, limit: most })
        .map(({ text }) => bare(visible(text)))
        .join("");
    expect(seen(limit)).toBe(seen(Number.POSITIVE_INFINITY));
  });
  fc.assert(property, { numRuns: 200 });
});
