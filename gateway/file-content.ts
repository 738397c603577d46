/** What a file is, by its bytes alone: what its sender calls it decides nothing. */
export type FileContent =
  | { kind: "picture"; mimeType: PictureType }
  | { kind: "pdf"; locked: boolean }
  | { kind: "text"; text: string }
  | { kind: "other" };

/** Pictures that models can look at. */
type PictureType = "image/jpeg" | "image/png" | "image/gif" | "image/webp";

const PICTURES: ReadonlyArray<readonly [mimeType: PictureType, begins: RegExp]> = [
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/png", /^\x89PNG/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[\s\S]{4}WEBP/],
];

/** Some programs put a line break or a byte order mark before it. */
const PDF = /^(?:\xef\xbb\xbf)?\s*%PDF-/;

/** A PDF that asks for a password names the object that says how it is encrypted. */
const LOCKED = /\/Encrypt\s+\d+\s+\d+\s+R/;

/** What no text holds. */
const NO_TEXT = /[\p{Cc}--[\t\n\f\r\x85]]/v;

/** Begins the sequences by which terminals show colours: many a log holds some. */
const ESCAPE = "\u001b";

export function contentOf(bytes: Uint8Array): FileContent {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const beginning = raw.toString("latin1", 0, 1_024);
  const picture = PICTURES.find(([, begins]) => begins.test(beginning));
  if (picture !== undefined) return { kind: "picture", mimeType: picture[0] };
  if (PDF.test(beginning)) return { kind: "pdf", locked: LOCKED.test(raw.toString("latin1")) };
  const text = textIn(raw);
  return text === undefined ? { kind: "other" } : { kind: "text", text };
}

/** Text in UTF-8, or in UTF-16 where a byte order mark says so; without the mark. */
function textIn(raw: Buffer): string | undefined {
  const mark = raw.toString("latin1", 0, 2);
  const encoding = mark === "\xff\xfe" ? "utf-16le" : mark === "\xfe\xff" ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(raw);
    return NO_TEXT.test(text.replaceAll(ESCAPE, "")) ? undefined : text;
  } catch {
    return undefined;
  }
}
