import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Chunk } from "../../adapters/adapter.ts";
import { discordRenderer, renderDiscord } from "../../adapters/discord/render.ts";
import { renderChunks } from "../../adapters/markdown/chunk.ts";
import type { Renderer } from "../../adapters/markdown/renderer.ts";
import { renderTelegram, telegramRenderer } from "../../adapters/telegram/render.ts";
import { renderWeb, webRenderer } from "../../adapters/web/render.ts";
import { renderWhatsApp, whatsappRenderer } from "../../adapters/whatsapp/render.ts";
import { answer, anyText } from "../adapters/markdown/markdown-arbitrary.ts";
import { type Allowed, strictText } from "../adapters/markdown/strict-html.ts";
import { corpus } from "./corpus.ts";
import { runs } from "./runs.ts";

/** Beginnings, ends and middles of everything that Markdown knows. */
const TOKENS = [
  ...[
    "> ",
    "- ",
    "1. ",
    "* ",
    "[",
    "![",
    "](",
    "*a ",
    "**",
    "`a ",
    "```\n",
    "~~~ts\n",
    "|",
    "| a ",
    "a|b\n",
    "~~",
    "_a",
  ],
  ...[
    "&amp;",
    "&",
    "<",
    "\\",
    "[^1]",
    "[a](b) ",
    "# ",
    "\n",
    "\n\n",
    "http://a.b ",
    "a@b.cc ",
    "    a\n",
    "<!--",
    "|-|\n",
  ],
  ...[
    "[x]: https://e.com/y\n",
    "[x] ",
    "- [ ] a\n",
    "👩‍👩‍👧‍👦",
    "\u0301",
    "\ud83d",
    "<@1>",
    "||",
    "@everyone ",
    "\u202e",
    "\t",
  ],
  ...[
    "<script>",
    "javascript:alert(1)",
    "[a](javascript:b)",
    "<img src=x onerror=y>",
    "![](data:image/png;base64,AAAA)",
  ],
  ...[
    "word ",
    "a",
    "日本語。",
    "\u0000",
    "|---|---|\n",
    "***",
    "1) a\n\n   b\n",
    "`",
    "www.e.com ",
    '"',
    "'",
    "=\n",
    "-\n",
  ],
];

/** Much of the same, as an answer that was made to be long would have it. */
const repetitive = fc
  .array(
    fc.tuple(fc.array(fc.constantFrom(...TOKENS), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 1_500 })),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((parts) =>
    parts
      .map(([tokens, times]) => tokens.join("").repeat(times))
      .join("")
      .slice(0, 6_000),
  );

const anyAnswer = fc.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 2, arbitrary: answer },
  {
    weight: 2,
    arbitrary: fc.tuple(answer, fc.integer({ min: 2, max: 12 })).map(([text, n]) => `${text}\n\n`.repeat(n)),
  },
  { weight: 1, arbitrary: repetitive },
);

const none = (...tags: string[]): Allowed => Object.fromEntries(tags.map((tag) => [tag, {}]));
const address = (protocols: string) => new RegExp(`^(?:${protocols})[^\\s"<>]+$`);
const language = { class: /^language-[\w+#.-]{1,32}$/ };
const TELEGRAM: Allowed = {
  ...none("b", "i", "s", "pre", "blockquote"),
  code: language,
  a: { href: address("https?://|mailto:") },
};
const WEB: Allowed = {
  ...none("p", "h3", "h4", "h5", "h6", "ul", "li", "pre", "blockquote", "strong", "em", "del", "br", "hr"),
  ...none("table", "thead", "tbody", "tr", "th", "td"),
  ol: { start: /^\d+$/ },
  code: language,
  a: { href: address("https?://|mailto:"), rel: /^noopener noreferrer nofollow$/, target: /^_blank$/ },
};

const fencesIn = (text: string) => text.match(/(?<!\\)```/g)?.length ?? 0;

interface Platform {
  name: string;
  render(markdown: string): Chunk[];
  renderer: Renderer;
  /** As the platform counts. */
  length(text: string): number;
  limit: number;
  /** Fails where markup is not balanced, or more than it may be. @returns what is read */
  check(text: string): string;
}

const platforms: readonly Platform[] = [
  {
    name: "Telegram",
    render: renderTelegram,
    renderer: telegramRenderer,
    length: (text) => text.length,
    limit: 4_096,
    check: (text) => strictText(text, TELEGRAM, "bare"),
  },
  {
    name: "Discord",
    render: renderDiscord,
    renderer: discordRenderer,
    length: (text) => Array.from(text).length,
    limit: 2_000,
    check(text) {
      expect(fencesIn(text) % 2).toBe(0);
      return text.replace(/\\([^0-9A-Za-z\s])/g, "$1");
    },
  },
  {
    name: "WhatsApp",
    render: renderWhatsApp,
    renderer: whatsappRenderer,
    length: (text) => text.length,
    limit: 4_096,
    check(text) {
      // WhatsApp knows no escaping.
      expect((text.match(/```/g)?.length ?? 0) % 2).toBe(0);
      return text;
    },
  },
  {
    name: "the web chat",
    render: renderWeb,
    renderer: webRenderer,
    length: (text) => text.length,
    // Of what is read; markup comes on top.
    limit: 20_000,
    check: (text) => strictText(text, WEB),
  },
];

/** Words that can be told apart, in everything that shows words. */
const numbered = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...["W W W W W W W W.", "**W W** W *W* ~~W~~ `W W` W", "# W W", "- W\n- W\n  - W W\n\n    W", "7. W\n8. W W"],
        ...[
          "> W W\n> > W",
          "| W | W |\n|---|:-:|\n| W | W W |\n| W | W |",
          "```ts\nW W\nW\n\n  W\n```",
          "[W W](https://e.com/x) W",
        ],
        ...[
          "- [x] W\n- [ ] **W**",
          "W\nW  \nW",
          "W <b>W</b> & W",
          "W\\*W\\_ W|W ||W|| <@W>",
          "![W](https://e.com/p.png)",
        ],
      ),
      fc.integer({ min: 1, max: 400 }).map((times) => "W ".repeat(times).trim()),
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((blocks) => {
    let count = 0;
    return blocks.join("\n\n").replace(/W/g, () => `w${count++}e`);
  });

describe.each(platforms)("$name", ({ render, renderer, length, limit, check }) => {
  function expectSendable(markdown: string): void {
    const chunks = render(markdown);
    for (const { text, plain } of chunks) {
      expect(length(plain)).toBeLessThanOrEqual(limit);
      if (renderer !== webRenderer) expect(length(text)).toBeLessThanOrEqual(limit);
      expect(text.isWellFormed() && plain.isWellFormed()).toBe(true);
      expect(plain.trim()).not.toBe("");
      check(text);
    }
    // However short the names that long addresses go by, nobody's chat is filled with them.
    expect(chunks.map(({ text, plain }) => text + plain).join("").length).toBeLessThan(60 * markdown.length + 100_000);
  }

  test("whatever is said, every message can be sent and is well-formed by itself", () => {
    fc.assert(fc.property(anyAnswer, expectSendable), runs(60));
  });

  test.each(corpus<string>("markdown"))("$is", ({ input }) => {
    expectSendable(input);
  });

  test("the same words give the same messages, whatever was said between", () => {
    const property = fc.property(anyAnswer, anyAnswer, (one, other) => {
      const first = render(one);
      render(other);
      expect(render(one)).toEqual(first);
    });
    fc.assert(property, runs(12));
  });

  test("every word is there once and in its order, with markup and without", () => {
    const property = fc.property(numbered, (markdown) => {
      const words = markdown.match(/w\d+e/g) ?? [];
      const chunks = render(markdown).filter(({ files }) => files === undefined || renderer === discordRenderer);
      expect(chunks.flatMap(({ plain }) => plain.match(/w\d+e/g) ?? [])).toEqual(words);
      expect(chunks.flatMap(({ text }) => check(text).match(/w\d+e/g) ?? [])).toEqual(words);
    });
    fc.assert(property, runs(60));
  });

  test("the work that cutting takes grows with the length and no faster", () => {
    const property = fc.property(anyAnswer, (markdown) => {
      let work = 0;
      const counting: Renderer = {
        ...renderer,
        render(blocks) {
          const chunk = renderer.render(blocks);
          work += chunk.text.length + chunk.plain.length + 1;
          return chunk;
        },
      };
      renderChunks(markdown, counting);
      expect(work).toBeLessThan(2_000 * (markdown.length + renderer.limit));
    });
    fc.assert(property, runs(50));
  });
});
