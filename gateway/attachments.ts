import type { Adapter, FetchedAttachment } from "../adapters/adapter.ts";
import type { Attachment } from "../adapters/record.ts";
import type { RunStore } from "../sessions/runs.ts";
import type { Block } from "../sessions/transcript.ts";
import { contentOf } from "./file-content.ts";
import { type FilePromise, promiseOf } from "./file-promise.ts";

export interface AttachmentOptions {
  /** Of one picture or PDF. */
  maxBytes: number;
  /** Files of one turn that are fetched, whatever becomes of them. */
  maxPerTurn: number;
  /** Of one text file, as it comes and as UTF-8. */
  maxTextBytes: number;
  /** Default: nobody listens to recordings. */
  transcriber?: Transcriber | undefined;
}

export interface Transcriber {
  /** Of one recording. */
  readonly maxBytes: number;
  /** @returns what is said in a recording; never nothing @throws if that is not to be had */
  transcribe(recording: FetchedAttachment, signal: AbortSignal): Promise<string>;
}

export interface ReadAttachment {
  /** For the agent: what it is, and what became of it. */
  described: string;
  /** What it can look at or read. */
  block?: Block;
  /** What is said in it. */
  spoken?: string;
}

type Outcome = Omit<ReadAttachment, "described"> & { note?: string };

const SHOWN = "shown below";
const UNREADABLE = "a file of this kind cannot be read here";

/** Too large to … */
const USE: Readonly<Record<FilePromise, string>> = {
  picture: "look at",
  recording: "listen to",
  pdf: "read",
  text: "read",
  unknown: "read",
  other: "read",
  nothing: "read",
};

/**
 * Fetches what people attached to one turn. What cannot be had is said in words: a message can be answered without its
 * files.
 */
export class AttachmentReader {
  readonly #options: AttachmentOptions;
  readonly #adapter: Adapter | undefined;
  readonly #store: Pick<RunStore, "putBlob">;
  readonly #signal: AbortSignal;
  #left: number;

  constructor(
    options: AttachmentOptions,
    adapter: Adapter | undefined,
    store: Pick<RunStore, "putBlob">,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#adapter = adapter;
    this.#store = store;
    this.#signal = signal;
    this.#left = options.maxPerTurn;
  }

  /** @throws what the signal was aborted with; what the store throws */
  async read(attachment: Attachment): Promise<ReadAttachment> {
    const { note, ...outcome } = await this.#outcome(attachment);
    return { described: describe(attachment, note), ...outcome };
  }

  async #outcome(attachment: Attachment): Promise<Outcome> {
    if (attachment.unavailable !== undefined) return { note: attachment.unavailable };
    const promise = promiseOf(attachment);
    if (promise === "nothing") return {};
    if (promise === "other") return { note: UNREADABLE };
    const limit = this.#limit(promise);
    if (limit === undefined) return { note: "nobody can listen to it here" };
    if ((attachment.bytes ?? 0) > limit) return { note: tooLarge(promise) };
    if (this.#adapter?.fetchAttachment === undefined) return { note: "could not be fetched" };
    if (this.#left === 0) return { note: `not fetched: only ${this.#options.maxPerTurn} files of a turn are` };
    this.#left -= 1;
    let fetched: FetchedAttachment;
    try {
      fetched = await this.#adapter.fetchAttachment(attachment, limit, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return { note: "could not be fetched" };
    }
    return promise === "recording" ? this.#listen(fetched) : this.#look(fetched.bytes, attachment.name);
  }

  #limit(promise: FilePromise): number | undefined {
    const { maxBytes, maxTextBytes, transcriber } = this.#options;
    if (promise === "recording") return transcriber?.maxBytes;
    return promise === "text" ? maxTextBytes : maxBytes;
  }

  async #listen(recording: FetchedAttachment): Promise<Outcome> {
    try {
      const spoken = await this.#options.transcriber?.transcribe(recording, this.#signal);
      return spoken === undefined ? {} : { spoken, note: "what is said in it was written down below" };
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return { note: "could not be transcribed" };
    }
  }

  async #look(bytes: Uint8Array, name: string | undefined): Promise<Outcome> {
    const content = contentOf(bytes);
    if (content.kind === "other") return { note: UNREADABLE };
    if (content.kind === "picture") {
      const { mimeType } = content;
      return { block: { type: "image", blob: await this.#store.putBlob(bytes, mimeType), mimeType }, note: SHOWN };
    }
    if (content.kind === "pdf" && content.locked) return { note: "locked with a password" };
    const mimeType = content.kind === "pdf" ? "application/pdf" : "text/plain";
    const kept = content.kind === "pdf" ? bytes : Buffer.from(content.text);
    if (content.kind === "text" && content.text.trim() === "") return { note: "empty" };
    if (content.kind === "text" && kept.length > this.#options.maxTextBytes) return { note: tooLarge("text") };
    const blob = await this.#store.putBlob(kept, mimeType);
    const block: Block = { type: "document", blob, mimeType, bytes: kept.length, ...(name !== undefined && { name }) };
    return { block, note: SHOWN };
  }
}

function tooLarge(promise: FilePromise): string {
  return `too large to ${USE[promise]}`;
}

function describe({ kind, name, mimeType, bytes, spoiler }: Attachment, note: string | undefined): string {
  const facts = [
    spoiler ? "hidden as a spoiler" : undefined,
    mimeType,
    bytes === undefined ? undefined : `${Math.ceil(bytes / 1024)} kB`,
    note,
  ].filter((fact) => fact !== undefined);
  return `${kind}${name === undefined ? "" : ` "${name}"`}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`;
}
