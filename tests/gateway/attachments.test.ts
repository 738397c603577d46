import { expect, test } from "vitest";
import type { Attachment } from "../../adapters/record.ts";
import { messageTokens } from "../../agents/tokens.ts";
import { type AttachmentOptions, AttachmentReader, type Transcriber } from "../../gateway/attachments.ts";
import { platform } from "./runner-stage.ts";

const never = new AbortController().signal;
const PDF = Buffer.from("%PDF-1.7 …");
const LIMITS: AttachmentOptions = { maxBytes: 1_000, maxPerTurn: 3, maxTextBytes: 100 };

/** Files by their reference. */
function reading(files: Record<string, Uint8Array>, options: Partial<AttachmentOptions> = {}, signal = never) {
  const asked: Array<[ref: string, maxBytes: number]> = [];
  const blobs = new Map<string, Uint8Array>();
  const adapter = platform({
    async fetchAttachment({ ref, mimeType = "application/octet-stream" }, maxBytes) {
      asked.push([ref, maxBytes]);
      const bytes = files[ref];
      if (bytes === undefined) throw new Error("gone");
      return { bytes, mimeType };
    },
  });
  const store = {
    putBlob: async (bytes: Uint8Array, mimeType: string) => {
      const hash = `${mimeType}#${blobs.size}`;
      blobs.set(hash, bytes);
      return hash;
    },
  };
  const reader = new AttachmentReader({ ...LIMITS, ...options }, adapter, store, signal);
  const read = (file: Partial<Attachment> & { ref: string }) => reader.read({ kind: "document", ...file });
  return { read, asked, blobs };
}

test("a PDF is a document, whatever it is called", async () => {
  const { read, blobs } = reading({ a: PDF });
  const { block, described } = await read({ ref: "a", name: "bill.txt", mimeType: "text/plain", bytes: 10 });
  expect(block).toEqual({
    type: "document",
    blob: "application/pdf#0",
    mimeType: "application/pdf",
    bytes: PDF.length,
    name: "bill.txt",
  });
  expect(blobs.get("application/pdf#0")).toBe(PDF);
  expect(described).toBe('document "bill.txt" (text/plain, 1 kB, shown below)');
});

test("a text file is a document in UTF-8, without a mark", async () => {
  const { read, blobs } = reading({ a: Buffer.from("\ufeffgrün", "utf16le") });
  const { block } = await read({ ref: "a", name: "notes.csv" });
  expect(block).toEqual({
    type: "document",
    blob: "text/plain#0",
    mimeType: "text/plain",
    bytes: 5,
    name: "notes.csv",
  });
  expect(Buffer.from(blobs.get("text/plain#0") ?? []).toString()).toBe("grün");
});

test("the length of a text is known to whoever estimates what it takes", async () => {
  const { read } = reading({ a: Buffer.from("word ".repeat(20_000)) }, { maxTextBytes: 200_000 });
  const { block } = await read({ ref: "a", name: "notes.csv" });
  expect(messageTokens([{ role: "user", content: block === undefined ? [] : [block] }])).toBeGreaterThan(20_000);
});

test("a picture has the type that it is of, not the one that it is said to be of", async () => {
  const { read } = reading({ a: Buffer.from("GIF89a") });
  const { block } = await read({ ref: "a", kind: "image", mimeType: "image/png" });
  expect(block).toEqual({ type: "image", blob: "image/gif#0", mimeType: "image/gif" });
});

test("a file without a name has none", async () => {
  const { read } = reading({ a: PDF });
  expect((await read({ ref: "a", mimeType: "application/pdf" })).block).not.toHaveProperty("name");
});

test.each([
  ["another kind of file", { mimeType: "application/zip" }, "a file of this kind cannot be read here"],
  ["a video", { kind: "video", mimeType: "video/mp4" }, "a file of this kind cannot be read here"],
  ["a large text", { mimeType: "text/plain", bytes: 101 }, "too large to read"],
  ["a large PDF", { mimeType: "application/pdf", bytes: 1_001 }, "too large to read"],
  ["a large picture", { kind: "image", bytes: 1_001 }, "too large to look at"],
  ["a voice message", { kind: "audio", mimeType: "audio/ogg" }, "nobody can listen to it here"],
  ["what the platform keeps", { mimeType: "text/plain", unavailable: "over 20 MB" }, "over 20 MB"],
] as const)("%s is named with the reason, and not fetched", async (_, file, reason) => {
  const { read, asked } = reading({});
  const { described, ...rest } = await read({ ref: "a", ...file });
  expect(described).toContain(`${reason})`);
  expect([asked, rest]).toEqual([[], {}]);
});

test.each<[string, Uint8Array | undefined, string, Partial<Attachment>?]>([
  ["bytes that are neither", Buffer.from([1, 2, 3]), "a file of this kind cannot be read here"],
  ["no picture", Buffer.from([0xff, 0xd8]), "a file of this kind cannot be read here", { kind: "image" }],
  ["a PDF with a password", Buffer.from("%PDF-1.7 /Encrypt 3 0 R"), "locked with a password"],
  ["white space", Buffer.from(" \n"), "empty"],
  ["text that nobody said was one", Buffer.from("x".repeat(101)), "too large to read", { name: "LICENSE" }],
  ["text that grows", Buffer.from(`\ufeff${"€".repeat(45)}`, "utf16le"), "too large to read", { name: "a.txt" }],
  ["nothing to fetch", undefined, "could not be fetched"],
])("%s: it is said why it is not shown", async (_, bytes, reason, file = {}) => {
  const { read, blobs } = reading(bytes === undefined ? {} : { a: bytes });
  const { described, block } = await read({ ref: "a", ...file });
  expect(described).toContain(reason);
  expect([block, blobs.size]).toEqual([undefined, 0]);
});

test("a text file is fetched within its own bound, what might be anything within that of PDFs", async () => {
  const { read, asked } = reading({ a: PDF, b: PDF, c: PDF });
  await read({ ref: "a", mimeType: "text/plain" });
  await read({ ref: "b", mimeType: "application/pdf" });
  await read({ ref: "c" });
  expect(asked).toEqual([
    ["a", 100],
    ["b", 1_000],
    ["c", 1_000],
  ]);
});

test("all that is fetched counts, of every kind, also what turns out to be of no use", async () => {
  const transcriber: Transcriber = { maxBytes: 1_000, transcribe: async () => "hello" };
  const { read, asked } = reading({ a: PDF, b: Buffer.from([0]), c: PDF, d: PDF }, { transcriber });
  await read({ ref: "a" });
  await read({ ref: "b" });
  await read({ ref: "too-large", bytes: 5_000 });
  await read({ ref: "c", kind: "audio" });
  expect((await read({ ref: "d" })).described).toBe("document (not fetched: only 3 files of a turn are)");
  expect(asked.map(([ref]) => ref)).toEqual(["a", "b", "c"]);
});

test("what is said in a recording comes with it", async () => {
  const heard: unknown[] = [];
  const transcriber: Transcriber = {
    maxBytes: 50,
    transcribe: async (recording) => {
      heard.push(recording);
      return "remind me";
    },
  };
  const { read, asked } = reading({ a: PDF }, { transcriber });
  const { spoken, described } = await read({ ref: "a", kind: "audio", mimeType: "audio/ogg", bytes: 50 });
  expect(spoken).toBe("remind me");
  expect(described).toBe("audio (audio/ogg, 1 kB, what is said in it was written down below)");
  expect(heard).toEqual([{ bytes: PDF, mimeType: "audio/ogg" }]);
  expect((await read({ ref: "b", kind: "audio", bytes: 51 })).described).toContain("too large to listen to");
  expect(asked).toEqual([["a", 50]]);
});

test("a recording that nobody understands is named as such", async () => {
  const transcriber: Transcriber = { maxBytes: 50, transcribe: () => Promise.reject(new Error("noise")) };
  const { read } = reading({ a: PDF }, { transcriber });
  expect(await read({ ref: "a", kind: "audio" })).toEqual({ described: "audio (could not be transcribed)" });
});

test("a run that ends breaks off reading, and does not take it for a file that cannot be had", async () => {
  const ending = new AbortController();
  const broken = async () => {
    ending.abort();
    throw new Error("broken off");
  };
  const store = { putBlob: async () => "" };
  const fetching = platform({ fetchAttachment: broken });
  const readers = [
    new AttachmentReader(LIMITS, fetching, store, ending.signal),
    new AttachmentReader(
      { ...LIMITS, transcriber: { maxBytes: 50, transcribe: broken } },
      platform({ fetchAttachment: async () => ({ bytes: PDF, mimeType: "audio/ogg" }) }),
      store,
      ending.signal,
    ),
  ];
  await expect(readers[0]?.read({ kind: "document", ref: "a" })).rejects.toThrow("broken off");
  await expect(readers[1]?.read({ kind: "audio", ref: "a" })).rejects.toThrow("broken off");
});

test("what the store does not take is no matter of the file's", async () => {
  const store = { putBlob: () => Promise.reject(new Error("the disk is full")) };
  const adapter = platform({ fetchAttachment: async () => ({ bytes: PDF, mimeType: "application/pdf" }) });
  const reader = new AttachmentReader(LIMITS, adapter, store, never);
  await expect(reader.read({ kind: "document", ref: "a" })).rejects.toThrow("the disk is full");
});

test("a platform that cannot fetch files says so", async () => {
  const reader = new AttachmentReader(LIMITS, platform(), { putBlob: async () => "" }, never);
  expect(await reader.read({ kind: "document", ref: "a" })).toEqual({ described: "document (could not be fetched)" });
});
