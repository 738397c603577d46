import fc from "fast-check";

const TOKENS = [
  ..."*_~`[](){}<>!#-+|=\\&@:/.;\"' \n\t1",
  "**",
  "~~",
  "```",
  "```ts\n",
  "\n\n",
  "> ",
  "- ",
  "1. ",
  "- [x] ",
  "| a | b |\n|---|:-:|\n",
  "| 1 |",
  "    ",
  "---\n",
  "word ",
  "Ein Satz. ",
  "<script>alert(1)</script>",
  "<b onclick='x'>",
  "javascript:alert(1)",
  "[x](javascript:y)",
  "https://e.com/?a=1&b=\"'",
  "![i](data:x)",
  "[^1]",
  "[^1]: note\n",
  "[r]: https://r.com\n",
  "[r]",
  "&lt;",
  "&#10;",
  "👩‍👩‍👧‍👦",
  "é",
  "e\u0301",
  "שלום ",
  "日本語。",
  "\u0000",
  "\ud800",
  "🇩🇪",
  "\u200d",
  "\u202e",
  "\u00a0",
];

/** Any string, and strings made of what means something in Markdown. */
export const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 120 }).map((tokens) => tokens.join("")),
);

const word = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-zäöß]{1,12}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("👩‍👩‍👧‍👦", "שלום", "日本語の文章です。", "🇩🇪🇫🇷", "a\u0301\u0302", "x".repeat(70)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "**bold**",
      "*it*",
      "`a < b`",
      "~~no~~",
      "[a *link*](https://e.com/x?y=1&z)",
      "<i>",
      "end.",
    ),
  },
);
const prose = fc.array(word, { minLength: 1, maxLength: 20 }).map((words) => words.join(" "));
const codeLine = fc.oneof(prose, fc.constantFrom("", "  if (a < b && c) {", "\treturn '\"';", "y".repeat(90)));

const leaf = fc.oneof(
  prose,
  fc.tuple(fc.integer({ min: 1, max: 6 }), prose).map(([depth, text]) => `${"#".repeat(depth)} ${text}`),
  fc.array(codeLine, { minLength: 1, maxLength: 8 }).map((lines) => `\`\`\`ts\n${lines.join("\n")}\n\`\`\``),
  fc
    .array(fc.tuple(word, prose), { minLength: 1, maxLength: 6 })
    .map((rows) => ["| k | v |\n|---|--:|", ...rows.map(([key, value]) => `| ${key} | ${value} |`)].join("\n")),
  fc.constant("---"),
);

const { block } = fc.letrec<{ block: string }>((tie) => {
  const inner = fc.array(tie("block"), { minLength: 1, maxLength: 3 });
  const indented = (text: string, by: string) => text.replaceAll("\n", `\n${by}`);
  return {
    block: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      inner.map((blocks) => blocks.map((text) => `- ${indented(text, "  ")}`).join("\n")),
      inner.map((blocks) => blocks.map((text, at) => `${at + 7}. ${indented(text, "    ")}`).join("\n\n")),
      inner.map((blocks) => `> ${indented(blocks.join("\n\n"), "> ")}`),
    ),
  };
});

/** Answers as models write them: prose, headings, fences, tables, nested lists and quotes. */
export const answer = fc.array(block, { maxLength: 5 }).map((blocks) => blocks.join("\n\n"));
