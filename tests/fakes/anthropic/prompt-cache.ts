import { createHash } from "node:crypto";
import type { Body, Counts } from "./request.ts";
import { inputTokens, pieces } from "./tokens.ts";

/** Shorter prefixes are not cached. It depends on the model; no model has less. */
const LEAST_TOKENS = 1_024;
/** From each mark, so many places are looked at for what was written before, the mark itself being the first. */
const PLACES_LOOKED_AT = 20;
/** After the last use. */
const LIFETIME_MS = 5 * 60 * 1000;

/**
 * Prompt caching as the API does it: everything up to a mark is written down, if it is long enough; a later request reads
 * the longest of what it has in common with that, byte for byte and for the same model, if one of its own marks is near.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export class PromptCache {
  readonly #now: () => number;
  /** When what is written expires, by the hash of all that it stands for. */
  readonly #written = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Count a request's tokens, and remember it. */
  count(body: Body): Counts {
    const hash = createHash("sha256").update(body.model);
    let tokens = 0;
    const places = pieces(body).map((piece) => {
      hash.update("\n").update(piece.key);
      tokens += piece.tokens;
      return { prefix: hash.copy().digest("base64"), tokens, marked: piece.marked };
    });
    const expiry = this.#now() + LIFETIME_MS;
    let read = 0;
    let known = 0;
    for (const [index, { marked }] of places.entries()) {
      if (!marked) continue;
      const near = places.slice(Math.max(0, index + 1 - PLACES_LOOKED_AT), index + 1);
      const found = near.findLast(({ prefix }) => (this.#written.get(prefix) ?? 0) > this.#now());
      if (found === undefined) continue;
      this.#written.set(found.prefix, expiry);
      read = Math.max(read, found.tokens);
    }
    for (const { marked, prefix, tokens } of places) {
      if (!marked || tokens < LEAST_TOKENS) continue;
      this.#written.set(prefix, expiry);
      known = tokens;
    }
    const written = Math.max(0, known - read);
    return {
      input_tokens: inputTokens(body) - read - written,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
    };
  }
}
