import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit, { type LimitFunction } from "p-limit";
import type { FetchedAttachment } from "../adapters/adapter.ts";
import { cutText } from "../adapters/cut-text.ts";
import { type Clock, systemClock } from "../sessions/clock.ts";
import type { Transcriber } from "./attachments.ts";
import { runBounded } from "./bounded-process.ts";
import type { TranscriberConfig } from "./config/config.ts";
import type { Log } from "./log.ts";

/** Speech recognition keeps a machine busy. */
const MOST_AT_ONCE = 2;

const MAX_CHARS = 20_000;

/** So many characters take at most so many bytes. */
const MAX_OUTPUT_BYTES = 4 * MAX_CHARS;

/** Of this process's environment; it holds keys that are nobody else's. */
const HANDED_ON = ["PATH", "HOME", "LANG"] as const;

const MIME_TYPE = /^[a-z0-9][a-z0-9.+-]{0,60}\/[a-z0-9][a-z0-9.+-]{0,60}$/;

/** There is nothing to be read of what was said. */
export class TranscriptionError extends Error {
  readonly code = "transcription-failed";
  readonly reason: "exit" | "signal" | "timeout" | "not-text" | "no-words" | "not-started";

  constructor(reason: TranscriptionError["reason"], options?: { cause?: unknown }) {
    super(`a recording could not be transcribed: ${reason}`, options);
    this.name = "TranscriptionError";
    this.reason = reason;
  }
}

export interface CommandTranscriberOptions {
  log: Log;
  clock?: Clock;
  /** Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Has a program write down what is said in recordings: it gets one on standard input, and its standard output is what was
 * said. Two run at a time at most, each in a new folder that is deleted afterwards; the others wait.
 */
export class CommandTranscriber implements Transcriber {
  readonly maxBytes: number;
  readonly #config: TranscriberConfig;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #env: Readonly<Record<string, string>>;
  readonly #limit: LimitFunction = pLimit(MOST_AT_ONCE);

  constructor(config: TranscriberConfig, { log, clock = systemClock, env = process.env }: CommandTranscriberOptions) {
    this.maxBytes = config.maxBytes;
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    this.#env = Object.fromEntries(HANDED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  }

  /** @throws TranscriptionError; what the signal was aborted with */
  async transcribe(recording: FetchedAttachment, signal: AbortSignal): Promise<string> {
    let begun = false;
    const words = this.#limit(async () => {
      begun = true;
      signal.throwIfAborted();
      return await this.#listen(recording, signal);
    });
    const left = Promise.withResolvers<never>();
    const leave = () => {
      // What runs is waited for: it is being killed.
      if (!begun) left.reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([words, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #listen({ bytes, mimeType }: FetchedAttachment, signal: AbortSignal): Promise<string> {
    const { command, timeoutMs } = this.#config;
    const cwd = await mkdtemp(join(tmpdir(), "parley-recording-"));
    try {
      const env = { ...this.#env, PARLEY_AUDIO_TYPE: plainType(mimeType) };
      const bounds = { maxOutputBytes: MAX_OUTPUT_BYTES, timeoutMs, clock: this.#clock, signal };
      const run = await runBounded({ command, cwd, env, input: bytes, ...bounds }).catch((cause) => {
        signal.throwIfAborted();
        throw new TranscriptionError("not-started", { cause });
      });
      const { end, exitCode, output, complaint } = run;
      if (end !== "flood" && (end !== "exit" || exitCode !== 0)) {
        this.#log.debug({ end, exitCode, complaint }, "the transcriber failed");
        throw new TranscriptionError(end);
      }
      return wordsIn(output, end === "flood");
    } catch (error) {
      if (error instanceof TranscriptionError) {
        this.#log.warn({ err: error, cause: codeOf(error.cause) }, "a recording was not transcribed");
      }
      throw error;
    } finally {
      await rm(cwd, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** @throws TranscriptionError */
function wordsIn(output: Buffer, cut: boolean): string {
  let text: string;
  try {
    // What was cut may end in the middle of a character.
    text = new TextDecoder("utf-8", { fatal: true }).decode(output, { stream: cut });
  } catch {
    throw new TranscriptionError("not-text");
  }
  const words = text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}--[\n\t]]/gv, "")
    .trim();
  if (words === "") throw new TranscriptionError("no-words");
  const kept = cutText(words, MAX_CHARS);
  return cut || kept.length < words.length ? `${kept} …` : kept;
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}

function plainType(mimeType: string): string {
  const type = mimeType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return MIME_TYPE.test(type) ? type : "application/octet-stream";
}
