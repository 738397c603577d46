import type { TextFile } from "../adapter.ts";
import { parse } from "./parse.ts";
import type { Renderer } from "./renderer.ts";
import { settle } from "./settle.ts";
import { type Block, type Code, saysMoreThan } from "./tree.ts";

const MAX_FILES = 5;

/** All files of one answer together. */
const MAX_BYTES = 200_000;

/** How a language's files end, by what models write behind a fence. */
const ENDINGS: Readonly<Record<string, string>> = {
  bash: "sh",
  c: "c",
  "c#": "cs",
  "c++": "cpp",
  clojure: "clj",
  cpp: "cpp",
  cs: "cs",
  csharp: "cs",
  css: "css",
  csv: "csv",
  dart: "dart",
  diff: "diff",
  elixir: "ex",
  go: "go",
  haskell: "hs",
  html: "html",
  ini: "ini",
  java: "java",
  javascript: "js",
  js: "js",
  json: "json",
  jsx: "jsx",
  kotlin: "kt",
  kt: "kt",
  lua: "lua",
  markdown: "md",
  md: "md",
  perl: "pl",
  php: "php",
  powershell: "ps1",
  py: "py",
  python: "py",
  r: "r",
  rb: "rb",
  rs: "rs",
  ruby: "rb",
  rust: "rs",
  scala: "scala",
  scss: "scss",
  sh: "sh",
  shell: "sh",
  sql: "sql",
  swift: "swift",
  toml: "toml",
  ts: "ts",
  tsx: "tsx",
  typescript: "ts",
  vue: "vue",
  xml: "xml",
  yaml: "yaml",
  yml: "yaml",
  zig: "zig",
};

/**
 * The code blocks of a message that are too long for one chunk, each as a file in which readers have it in one piece.
 *
 * At most five, and 200 kB together: what is beyond stays in the chunks alone.
 */
export function codeFiles(markdown: string, renderer: Renderer): TextFile[] {
  const files: TextFile[] = [];
  let left = MAX_BYTES;
  for (const { text, language } of cutCode(settle(parse(markdown), renderer.protocols), renderer)) {
    const whole = text.endsWith("\n") ? text : `${text}\n`;
    const bytes = Buffer.byteLength(whole);
    if (bytes > left) continue;
    left -= bytes;
    files.push({ name: `code-${files.length + 1}.${endingOf(language)}`, mimeType: "text/plain", text: whole });
    if (files.length === MAX_FILES) break;
  }
  return files;
}

/** The code blocks that do not fit into a chunk of their own, inside the lists and quotes that hold them. */
function cutCode(blocks: readonly Block[], { render, measure, limit }: Renderer): Code[] {
  const fits = (block: Block) => !saysMoreThan(limit, [block]) && measure(render([block])) <= limit;
  const search = (block: Block, wrap: (block: Block) => Block): Code[] => {
    switch (block.type) {
      case "code":
        return fits(wrap(block)) ? [] : [block];
      case "quote":
        return block.blocks.flatMap((inner) => search(inner, (each) => wrap({ ...block, blocks: [each] })));
      case "list":
        return block.items.flatMap((item) =>
          item.blocks.flatMap((inner) =>
            search(inner, (each) => wrap({ ...block, items: [{ ...item, blocks: [each] }] })),
          ),
        );
      default:
        return [];
    }
  };
  return blocks.flatMap((block) => search(block, (each) => each));
}

function endingOf(language = ""): string {
  const name = language.toLowerCase();
  return Object.hasOwn(ENDINGS, name) ? (ENDINGS[name] ?? "txt") : "txt";
}
