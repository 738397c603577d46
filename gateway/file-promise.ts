import type { Attachment } from "../adapters/record.ts";

/**
 * What a file is said to be, which decides whether it is worth fetching, and how much of it: `unknown` where nothing is
 * said, `other` where nobody could read it, `nothing` where there is nothing to read.
 */
export type FilePromise = "picture" | "recording" | "pdf" | "text" | "unknown" | "other" | "nothing";

const PICTURE = /^image\/(?:jpeg|png|gif|webp)$/;

const UNKNOWN = /^(?:application|binary)\/octet-stream$/;

const TEXT = new RegExp(
  [
    "^text/",
    "[/+](?:json|xml|yaml|csv)$",
    "^application/(?:x-)?(?:ndjson|jsonl|json5|toml|javascript|ecmascript|typescript|sql|graphql|sh|shellscript|httpd-php)$",
    "^application/(?:x-)?(?:python|perl|ruby|lua|tex|latex|subrip|log|diff|patch|yaml)$",
  ].join("|"),
);

/** Ends of names of text files; some platforms take a program for a video, or say nothing. */
const TEXT_NAMES: ReadonlySet<string> = new Set(
  [
    "txt text md markdown rst adoc org tex bib log csv tsv json jsonl ndjson json5 xml html htm svg yaml yml toml ini cfg",
    "conf env properties lock sql graphql proto diff patch srt vtt ics vcf eml po css scss less vue svelte astro",
    "js mjs cjs jsx ts mts cts tsx py pyi ipynb rb php pl lua r jl go rs c h cc cpp cxx hpp cs java kt kts scala groovy",
    "gradle swift m mm dart ex exs erl hs ml fs clj lisp el vim sh bash zsh fish ps1 bat cmd mk cmake tf hcl nix zig sol asm",
  ].flatMap((line) => line.split(" ")),
);

export function promiseOf({ kind, mimeType = "", name = "" }: Attachment): FilePromise {
  const [type = ""] = mimeType.toLowerCase().split(";", 1);
  const told = type.trim();
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (kind === "image" || PICTURE.test(told)) return "picture";
  if (kind === "sticker") return "nothing";
  if (TEXT.test(told) || (ending !== undefined && TEXT_NAMES.has(ending))) return "text";
  if (told === "application/pdf" || ending === "pdf") return "pdf";
  if (kind === "audio" || told.startsWith("audio/")) return "recording";
  return kind !== "video" && (told === "" || UNKNOWN.test(told)) ? "unknown" : "other";
}
