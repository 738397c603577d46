import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf } from "../../gateway/file-content.ts";
import { promiseOf } from "../../gateway/file-promise.ts";

const bytes = (text: string, encoding: BufferEncoding = "latin1") => Buffer.from(text, encoding);
const bigEndian = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16();

describe("what a file is", () => {
  test.each([
    ["a PNG", bytes("\x89PNG\r\n\x1a\n..."), { kind: "picture", mimeType: "image/png" }],
    ["a JPEG", bytes("\xff\xd8\xff\xe0..."), { kind: "picture", mimeType: "image/jpeg" }],
    ["a GIF", bytes("GIF89a..."), { kind: "picture", mimeType: "image/gif" }],
    ["a WebP", bytes("RIFF\0\n\r\0WEBPVP8 "), { kind: "picture", mimeType: "image/webp" }],
    ["a PDF", bytes("%PDF-1.7\n%\xe2\xe3\xcf\xd3"), { kind: "pdf", locked: false }],
    ["a PDF behind a line break", bytes("\r\n%PDF-1.4"), { kind: "pdf", locked: false }],
    ["a PDF with a password", bytes("%PDF-1.7\n<</Encrypt 12 0 R/Size 4>>"), { kind: "pdf", locked: true }],
    ["text", bytes("größer\n\ttabs", "utf8"), { kind: "text", text: "größer\n\ttabs" }],
    ["text about PDFs", bytes("It begins with %PDF-1.7"), { kind: "text", text: "It begins with %PDF-1.7" }],
    ["text with a mark", bytes("\ufeffx", "utf8"), { kind: "text", text: "x" }],
    ["UTF-16", bytes("\ufeffgrün", "utf16le"), { kind: "text", text: "grün" }],
    ["UTF-16, the other way round", bigEndian("grün"), { kind: "text", text: "grün" }],
    ["a log with colours", bytes("\x1b[31mfailed\x1b[0m"), { kind: "text", text: "\x1b[31mfailed\x1b[0m" }],
    ["nothing", bytes(""), { kind: "text", text: "" }],
    ["text in Latin-1", bytes("größer"), { kind: "other" }],
    ["UTF-16 without a mark", bytes("hello", "utf16le"), { kind: "other" }],
    ["half of UTF-16", bytes("\ufeffgrün", "utf16le").subarray(0, -1), { kind: "other" }],
    ["an archive", bytes("PK\x03\x04"), { kind: "other" }],
    ["a NUL in the text", bytes("a\0b"), { kind: "other" }],
    ["a sound in a WebP's container", bytes("RIFF\0\n\r\0WAVEfmt "), { kind: "other" }],
  ])("%s", (_, file, content) => {
    expect(contentOf(file)).toEqual(content);
  });

  test("is found for any bytes, also for a part of a larger buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), (file, offset) => {
        const larger = new Uint8Array(file.length + offset);
        larger.set(file, offset);
        expect(contentOf(larger.subarray(offset))).toEqual(contentOf(file));
      }),
    );
  });

  test("text comes out as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/\p{Cc}/u.test(text) && !/^(?:\ufeff|\s*%PDF-|GIF8)/.test(text));
        expect(contentOf(Buffer.from(text))).toEqual({ kind: "text", text });
      }),
    );
  });
});

test.each([
  [{ kind: "image" }, "picture"],
  [{ kind: "image", mimeType: "image/heic" }, "picture"],
  [{ kind: "document", mimeType: "image/png" }, "picture"],
  [{ kind: "sticker", mimeType: "image/webp" }, "picture"],
  [{ kind: "sticker", mimeType: "application/x-tgsticker" }, "nothing"],
  [{ kind: "audio", mimeType: "audio/ogg" }, "recording"],
  [{ kind: "document", mimeType: "audio/mpeg", name: "talk.mp3" }, "recording"],
  [{ kind: "document", mimeType: "application/pdf" }, "pdf"],
  [{ kind: "document", mimeType: "application/octet-stream", name: "Bill.PDF" }, "pdf"],
  [{ kind: "document", mimeType: "text/plain; charset=utf-8", name: "message.txt" }, "text"],
  [{ kind: "document", mimeType: "TEXT/CSV" }, "text"],
  [{ kind: "document", mimeType: "application/ld+json" }, "text"],
  [{ kind: "document", mimeType: "application/x-yaml" }, "text"],
  [{ kind: "document", mimeType: "application/octet-stream", name: "main.rs" }, "text"],
  [{ kind: "video", mimeType: "video/mp2t", name: "index.ts" }, "text"],
  [{ kind: "document", name: "Makefile" }, "unknown"],
  [{ kind: "document", mimeType: "application/octet-stream" }, "unknown"],
  [{ kind: "document", mimeType: "application/zip", name: "a.zip" }, "other"],
  [{ kind: "document", mimeType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document" }, "other"],
  [{ kind: "video", mimeType: "video/mp4" }, "other"],
  [{ kind: "video" }, "other"],
] as const)("a file that is called %j promises to be: %s", (attachment, promise) => {
  expect(promiseOf({ ref: "r", ...attachment })).toBe(promise);
});
