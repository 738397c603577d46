import { hash } from "node:crypto";
import type { TranscriptMessage, Usage } from "../../sessions/transcript.ts";
import { countTokens, textCount } from "./token-count.ts";

/** An entry that nobody reads is forgotten after so long. */
const LIVES_MS = 300_000;
/** Shorter beginnings are not kept. */
const LEAST_TOKENS = 1_024;
/** What is forgotten is looked for after so many entries. */
const SWEPT_AT = 5_000;

export type Input = Pick<Usage, "inputTokens" | "cacheReadTokens" | "cacheWriteTokens">;

/**
 * The provider's cache of what requests begin with, as it is billed: a request reads the longest beginning that an earlier
 * one has ended with, word for word, and writes the rest. Nothing is read that was not written, changed or is too old.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export class PrefixCache {
  /** When the beginnings end to be known, by their digest. */
  readonly #entries = new Map<string, number>();
  readonly #digests = new WeakMap<TranscriptMessage, string>();

  take(system: string, messages: readonly TranscriptMessage[], now: number): Input {
    let digest = digestOf(system);
    let tokens = textCount(system);
    let read = this.#isAlive(digest, now) ? { tokens, digest } : undefined;
    const first = { tokens, digest };
    for (const message of messages) {
      digest = digestOf(digest + this.#digestOf(message));
      tokens += countTokens(message);
      if (this.#isAlive(digest, now)) read = { tokens, digest };
    }
    for (const entry of [first, read, { tokens, digest }]) {
      if (entry !== undefined && entry.tokens >= LEAST_TOKENS) this.#entries.set(entry.digest, now + LIVES_MS);
    }
    this.#sweep(now);
    const cacheReadTokens = read?.tokens ?? 0;
    const rest = tokens - cacheReadTokens;
    return tokens >= LEAST_TOKENS
      ? { inputTokens: 0, cacheReadTokens, cacheWriteTokens: rest }
      : { inputTokens: rest, cacheReadTokens, cacheWriteTokens: 0 };
  }

  #isAlive(digest: string, now: number): boolean {
    return (this.#entries.get(digest) ?? 0) > now;
  }

  #digestOf(message: TranscriptMessage): string {
    let digest = this.#digests.get(message);
    if (digest === undefined) {
      const { role, content, background } = message;
      digest = digestOf(JSON.stringify([role, content, background]));
      this.#digests.set(message, digest);
    }
    return digest;
  }

  #sweep(now: number): void {
    if (this.#entries.size < SWEPT_AT) return;
    for (const [digest, until] of this.#entries) if (until <= now) this.#entries.delete(digest);
  }
}

function digestOf(text: string): string {
  return hash("sha1", text, "base64");
}
