import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { discordRenderer, renderDiscord } from "../../../adapters/discord/render.ts";
import { renderChunks } from "../../../adapters/markdown/chunk.ts";
import { answer, anyText } from "./markdown-arbitrary.ts";
import { readDiscord } from "./strict-discord.ts";

const written = (markdown: string) => renderDiscord(markdown).map(({ text }) => text);
const seen = (markdown: string) => readDiscord(written(markdown).join("\n"));
const bare = (text: string) => text.replace(/[\s─•>\u200b-]+/g, "");

test.each([
  ["marks", "**b** *i* ~~s~~ `c` ***bi***", "**b** *i* ~~s~~ `c` ***bi***"],
  ["nested marks", "**a *b* c**", "**a *b* c**"],
  ["marks side by side", "**a***b*", "**a**\u200b*b*"],
  ["a star in marked code", "*see `a*b`*", "*see* `a*b`"],
  ["a tilde that is struck out", "~~a\\~b~~", "a\\~b"],
  ["what is no mark", "5 * 3 = 15, snake_case, ~5, a|b", "5 \\* 3 = 15, snake\\_case, \\~5, a\\|b"],
  ["a name between colons", "a:b:c, 12:30, `a:b:c`, note: x", "a\\:b:c, 12:30, `a:b:c`, note: x"],
  ["a shrug", "¯\\\\_(ツ)\\_/¯", "¯\\\\\\_(ツ)\\_/¯"],
  ["headings", "# a\n\n## b\n\n### c\n\n#### d *e*", "# a\n\n## b\n\n### c\n\n**d *e***"],
  ["a heading of two lines", "a\nb\n===", "# a b"],
  ["a heading that ends in a sign", "# C\\#", "# C#\u200b"],
  ["headings in a list", "- # a\n\n  ## b", "- **a**\n\n  **b**"],
  ["a link", "[a & b](https://e.com/?x=1&y=2)", "[a & b](<https://e.com/?x=1&y=2>)"],
  ["a link with a bold name", "[**a**](https://e.com/)", "[**a**](<https://e.com/>)"],
  ["a link with parentheses", "[a](<https://e.com/b_(c)>)", "[a](<https://e.com/b_%28c%29>)"],
  ["a link whose name holds brackets", "[a [b]](https://e.com/)", "a \\[b\\] (<https://e.com/>)"],
  [
    "a link whose name is another address",
    "[https://bank.com](https://e.com/)",
    "https\\://bank.com (<https://e.com/>)",
  ],
  ["an address", "see https://e.com/a_b_c.", "see <https://e.com/a_b_c>."],
  ["an address without its protocol", "www.e.com/a", "<http://www.e.com/a>"],
  ["a mail address", "<a@b.com>", "a@b.com"],
  ["a bad protocol", "[x](javascript:alert(1))", "x (javascript:alert(1))"],
  ["a picture", "![alt](https://e.com/p.png)", "[alt](<https://e.com/p.png>)"],
  ["code with a language", "```ts\na < b\n```", "```ts\na < b\n```"],
  ["code without one", "```\na\n\n  b\n```", "```\na\n\n  b\n```"],
  ["code with fences inside", "````md\n```ts\nx\n```\n````", "```md\n`\u200b``ts\nx\n`\u200b``\n```"],
  ["inline code with backticks", "`` a`b `` and `` ` ``", "``a`b`` and `` ` ``"],
  ["inline code with more backticks", "``` a``b ```", "``a`\u200b`b``"],
  ["a quote", "> a\n> > b\n>\n> ```\n> c\n> ```", "> a\n> \n> b\n> \n> ```\n> c\n> ```"],
  ["a list", "- a\n- b\n  - c\n    - d", "- a\n- b\n  - c\n    - d"],
  ["numbers", "3. a\n4. b\n   1. c", "3. a\n4. b\n   1. c"],
  ["tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b"],
  ["a table", "| n | q |\n|---|--:|\n| ä | 10 |", "```\nn   q\n─  ──\nä  10\n```"],
  ["a break", "a\n\n---\n\nb", "a\n\n──────────\n\nb"],
  ["line ends", "a\nb  \nc", "a\nb\nc"],
  ["raw HTML", "<b>x</b>", "\\<b>x\\</b>"],
  ["what begins lines", "\\- a\n\\# b\n\\> c\n1\\. d\n\\-# e\n\\>>> f", "\\- a\n\\# b\n\\> c\n1\\. d\n\\-# e\n\\>>> f"],
])("%s", (_name, markdown, text) => {
  expect(written(markdown)).toEqual([text]);
});

describe("text stays text", () => {
  test.each([
    ["a person", "<@123> <@!123>"],
    ["a role", "<@&123>"],
    ["a channel", "<#123>"],
    ["everyone", "@everyone @here"],
    ["an emoji", "<:smile:123> <a:wave:123>"],
    ["an emoji's name", ":smile: :+1::heart_eyes:"],
    ["colons around letters", "a:b:c:d 2a14:6f42:c::/48 12:30:45"],
    ["a time", "<t:1618953630:R>"],
    ["a command", "</ask:123>"],
    ["a spoiler", "||secret||"],
    ["a link made of parts", "\\[bank](https://e.com)"],
    ["a link in brackets", "\\[a](<x>)"],
  ])("%s", (_name, markdown) => {
    const { text, found } = seen(markdown);
    expect(found.filter((kind) => kind !== "address")).toEqual([]);
    expect(text.replaceAll("/)", ")")).toBe(markdown.replaceAll("\\", "").replace(/\(<x>\)/, "(<x>)"));
  });

  test("whatever the text, Discord reads it as it stands, inside marks or outside", () => {
    const signs = fc.constantFrom(
      ..."*_~`|[]()<>#-+.:/@!&\\1a \n",
      "<@1>",
      "https://e.com",
      "](<http://e.com>)",
      "||",
      "1. ",
    );
    const text = fc
      .array(signs, { minLength: 1, maxLength: 40 })
      .map((parts) => `a${parts.join("").replace(/\s+/g, (gap) => (gap.includes("\n") ? "\n" : " "))}a`);
    const property = fc.property(text, fc.constantFrom("", "**", "*"), (words, mark) => {
      // Every sign escaped, so that Markdown means nothing but the words.
      const markdown = words.replace(/[!-/:-@[-`{-~]/g, "\\$&").replace(/^/gm, "");
      const { text, found } = seen(mark + markdown + mark);
      expect(found.filter((kind) => kind !== "bold" && kind !== "italic")).toEqual([]);
      expect(bare(text)).toBe(bare(words));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("nothing a model writes mentions anybody, hides anything or links elsewhere than it says", () => {
    const hostile = fc.constantFrom(
      "<@1>",
      "<@&1>",
      "<#1>",
      "||",
      "<:x:1>",
      ":x:",
      "<t:1:R>",
      "[a](<https://e.com>)",
      "</ask:1>",
    );
    const mixed = fc.array(fc.oneof(anyText, hostile), { maxLength: 6 }).map((parts) => parts.join(""));
    const property = fc.property(mixed, (markdown) => {
      for (const { text } of renderDiscord(markdown)) {
        const { found, links } = readDiscord(text);
        for (const kind of ["mention", "emoji", "command", "time", "spoiler", "underline", "small print"]) {
          expect(found).not.toContain(kind);
        }
        for (const link of links) expect(link).toMatch(/^https?:\/\//);
      }
    });
    fc.assert(property, { numRuns: 400 });
  });
});

test("2,000 units are one message and 2,001 are two", () => {
  expect(written("x".repeat(2_000))).toHaveLength(1);
  expect(written("x".repeat(2_001)).map((text) => text.length)).toEqual([2_000, 1]);
});

test("2,001 characters cut inside a code fence: both messages hold a whole fence, and no line is lost", () => {
  const lines = Array.from({ length: 40 }, (_, at) => `${String(at).padStart(2, "0")} ${"y".repeat(46)}`);
  const markdown = `\`\`\`js\n${lines.join("\n").slice(0, 2_001 - 10)}\n\`\`\``;
  expect(markdown).toHaveLength(2_001);
  const chunks = renderDiscord(markdown);
  expect(chunks).toHaveLength(2);
  for (const { text } of chunks) {
    expect(text).toMatch(/^```js\n[^`]+\n```$/);
    expect(text.length).toBeLessThanOrEqual(2_000);
  }
  expect(chunks.map(({ plain }) => plain).join("\n")).toBe(markdown.slice(6, -4));
});

describe("files", () => {
  const code = (language: string, length: number) => `\`\`\`${language}\n${"line\n".repeat(length / 5)}\`\`\``;

  test("code that was cut comes whole in a file of the last message", () => {
    const chunks = renderDiscord(`Here:\n\n${code("ts", 5_000)}\n\nDone.`);
    expect(chunks.slice(0, -1).every(({ files }) => files === undefined)).toBe(true);
    expect(chunks.at(-1)?.files).toEqual([{ name: "code-1.ts", mimeType: "text/plain", text: "line\n".repeat(1_000) }]);
  });

  test("code that was not cut is in no file, however long the answer", () => {
    const chunks = renderDiscord(`${code("ts", 1_900)}\n\n`.repeat(3));
    expect(chunks).toHaveLength(3);
    expect(chunks.every(({ files }) => files === undefined)).toBe(true);
  });

  test("names tell the language where it is known, and code inside lists and quotes counts as well", () => {
    const quoted = code("python", 3_000).replace(/^/gm, "> ");
    const listed = `- x\n\n${code("no-such", 3_000).replace(/^/gm, "  ")}`;
    const files = renderDiscord(`${quoted}\n\n${listed}\n\n${code("constructor", 3_000)}`).at(-1)?.files;
    expect(files?.map(({ name }) => name)).toEqual(["code-1.py", "code-2.txt", "code-3.txt"]);
    for (const file of files ?? []) expect(file).toMatchObject({ text: "line\n".repeat(600) });
  });

  test("at most five, and 200 kB together", () => {
    expect(renderDiscord(`${code("", 3_000)}\n\n`.repeat(7)).at(-1)?.files).toHaveLength(5);
    const wide = "日".repeat(40_000);
    const files = renderDiscord(`\`\`\`\n${wide}\n\`\`\`\n\n`.repeat(2)).at(-1)?.files;
    expect(files).toMatchObject([{ text: `${wide}\n` }]);
  });
});

test("the plain form says the same without marks, addresses in parentheses", () => {
  const [chunk] = renderDiscord("# **T** `c`\n\n[a](https://e.com/x) <a@b.com>\n\n> q\n\n```ts\n1 < 2\n```");
  expect(chunk?.plain).toBe("T c\n\na (https://e.com/x) a@b.com\n\n> q\n\n1 < 2");
});

test("empty lines left over from code that was cut open nothing that goes on behind them", () => {
  const markdown = `\`\`\`ts\n${"x".repeat(1_990)}\n\n\n\`\`\`\n\n**b** <@1>`;
  for (const { text } of renderDiscord(markdown)) expect(readDiscord(text).text).not.toContain("```");
});

test("any string becomes messages within the limit that show something, with every fence closed", () => {
  const property = fc.property(fc.oneof(anyText, answer), fc.integer({ min: 1, max: 12 }), (markdown, times) => {
    for (const { text, plain } of renderDiscord(`${markdown}\n\n`.repeat(times))) {
      expect(text.length).toBeLessThanOrEqual(2_000);
      expect(plain.length).toBeLessThanOrEqual(2_000);
      expect(plain.trim()).not.toBe("");
      expect((text.match(/(?<!\\)```/g) ?? []).length % 2).toBe(0);
    }
  });
  fc.assert(property, { numRuns: 150 });
});

test("an answer says on Discord what it says without any markup", () => {
  const property = fc.property(answer, (markdown) => {
    for (const { text, plain } of renderDiscord(markdown)) expect(bare(readDiscord(text).text)).toBe(bare(plain));
  });
  fc.assert(property, { numRuns: 200 });
});

test("cutting changes nothing of what is seen", () => {
  const property = fc.property(answer, fc.integer({ min: 250, max: 1_000 }), (markdown, limit) => {
    const all = (most: number) =>
      renderChunks(markdown, { ...discordRenderer, limit: most })
        .map(({ text }) => bare(readDiscord(text).text.replaceAll(" (https://e.com/x?y=1&z)", "")))
        .join("");
    expect(all(limit)).toBe(all(Number.POSITIVE_INFINITY));
  });
  fc.assert(property, { numRuns: 200 });
});
