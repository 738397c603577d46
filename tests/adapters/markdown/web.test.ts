import fc from "fast-check";
import { expect, test } from "vitest";
import { renderChunks } from "../../../adapters/markdown/chunk.ts";
import { renderWeb, webRenderer } from "../../../adapters/web/render.ts";
import { answer, anyText } from "./markdown-arbitrary.ts";
import { type Allowed, strictText } from "./strict-html.ts";

const none = ["p", "h3", "h4", "h5", "h6", "ul", "li", "pre", "blockquote", "strong", "em", "del", "br", "hr"];
const table = ["table", "thead", "tbody", "tr", "th", "td"];
const ALLOWED: Allowed = {
  ...Object.fromEntries([...none, ...table].map((tag) => [tag, {}])),
  ol: { start: /^\d+$/ },
  code: { class: /^language-[\w+#.-]+$/ },
  a: { href: /^(?:https?:\/\/|mailto:)[^\s"<>]+$/, rel: /^noopener noreferrer nofollow$/, target: /^_blank$/ },
};

const visible = (html: string) => strictText(html, ALLOWED);
const squash = (text: string) => text.replace(/\s+/g, "");
const link = (href: string, text: string) =>
  `<a href="${href}" rel="noopener noreferrer nofollow" target="_blank">${text}</a>`;

test.each([
  ["marks", "**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <del>s</del> <code>c</code></p>"],
  ["code in bold", "**a `b`**", "<p><strong>a <code>b</code></strong></p>"],
  ["headings", "# a\n## b\n###### c", "<h3>a</h3>\n<h4>b</h4>\n<h6>c</h6>"],
  ["a link", "[a](https://e.com/?x&y)", `<p>${link("https://e.com/?x&amp;y", "a")}</p>`],
  ["a protocol of another platform", "[u](tg://user?id=1)", "<p>u (tg://user?id=1)</p>"],
  ["a picture", "![alt](https://e.com/p.png)", `<p>${link("https://e.com/p.png", "alt")}</p>`],
  ["code", "```ts\na < b\n```", '<pre><code class="language-ts">a &lt; b</code></pre>'],
  ["a quote", "> a\n> > b", "<blockquote><p>a</p>\n<blockquote><p>b</p></blockquote></blockquote>"],
  ["a list", "- a\n- b\n  - c", "<ul><li>a</li><li>b\n<ul><li>c</li></ul></li></ul>"],
  ["a loose list", "- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
  ["numbers", "3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
  ["tasks", "- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>"],
  [
    "a table",
    "| n | q |\n|---|--:|\n| a | **1** |",
    "<table><thead><tr><th>n</th><th>q</th></tr></thead><tbody><tr><td>a</td><td><strong>1</strong></td></tr></tbody></table>",
  ],
  ["a break and line ends", "a\nb  \nc\n\n---", "<p>a<br>b<br>c</p>\n<hr>"],
  ["raw HTML", "<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"],
  ["a bad protocol", "[x](javascript:alert(1))", "<p>x (javascript:alert(1))</p>"],
  ["quotes in an address", `[x](<https://e.com/"a='>)`, `<p>${link("https://e.com/%22a=&#39;", "x")}</p>`],
  ["an info string", '```ts" onclick="x\na\n```', "<pre><code>a</code></pre>"],
])("%s", (_name, markdown, html) => {
  expect(renderWeb(markdown).map(({ text }) => text)).toEqual([html]);
  visible(html);
});

test("20,000 units of plain text are one piece and one more is two", () => {
  expect(renderWeb("x".repeat(20_000))).toHaveLength(1);
  expect(renderWeb("x".repeat(20_001)).map(({ plain }) => plain.length)).toEqual([20_000, 1]);
});

test("what goes on from an item of an earlier piece stands before the list, which goes on counting", () => {
  const chunks = renderChunks(`1. ${"one two three. ".repeat(4)}\n2. end`, { ...webRenderer, limit: 40 });
  expect(chunks.map(({ text }) => text)).toEqual([
    "<ol><li>one two three. one two three.</li></ol>",
    '<p>one two three. one two three.</p>\n<ol start="2"><li>end</li></ol>',
  ]);
});

test("any string becomes allowed, balanced, escaped HTML within the limit", () => {
  const property = fc.property(fc.oneof(anyText, answer), (markdown) => {
    for (const { text, plain } of renderWeb(markdown)) {
      visible(text);
      expect(plain.length).toBeLessThanOrEqual(20_000);
      expect(plain.trim()).not.toBe("");
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test("cutting changes nothing of what is seen", () => {
  const property = fc.property(answer, fc.integer({ min: 250, max: 1_000 }), (markdown, limit) => {
    const seen = (most: number) =>
      renderChunks(markdown, { ...webRenderer, limit: most })
        .map(({ text }) => squash(visible(text)))
        .join("");
    expect(seen(limit)).toBe(seen(Number.POSITIVE_INFINITY));
  });
  fc.assert(property, { numRuns: 200 });
});
