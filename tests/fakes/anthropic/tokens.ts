import type Anthropic from "@anthropic-ai/sdk";
import type { Body } from "./request.ts";

const CHARS_PER_TOKEN = 4;
const TOKENS_PER_IMAGE = 1_500;
/** What the API counts for a request's frame; never cached. */
const FRAME_TOKENS = 3;

/** Roughly what the API would count for a piece of text. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

export function inputTokens(body: Body): number {
  return FRAME_TOKENS + pieces(body).reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Remembers the prefixes that requests with `cache_control` asked to keep, whole, for the life of the fake. */
export class PromptCache {
  readonly #prefixes = new Set<string>();

  count(body: Body): Pick<Anthropic.Usage, "input_tokens" | "cache_read_input_tokens" | "cache_creation_input_tokens"> {
    const total = inputTokens(body);
    if (body.cache_control == null) {
      return { input_tokens: total, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    }
    let read = 0;
    let prefix = body.model as string;
    let tokens = 0;
    for (const piece of pieces(body)) {
      prefix += `\n${piece.key}`;
      tokens += piece.tokens;
      if (this.#prefixes.has(prefix)) read = tokens;
    }
    this.#prefixes.add(prefix);
    return {
      input_tokens: FRAME_TOKENS,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: tokens - read,
    };
  }
}

/** The request in the order in which the API caches it: tools, system, then block by block. */
function pieces(body: Body): Array<{ key: string; tokens: number }> {
  const content = body.messages.flatMap(({ role, content }) =>
    (typeof content === "string" ? [{ type: "text", text: content } as const] : content).map((block) => ({
      role,
      block,
    })),
  );
  return [body.tools ?? [], body.system ?? "", ...content].map((piece) => {
    const key = JSON.stringify(piece);
    const isImage = typeof piece === "object" && "block" in piece && piece.block.type === "image";
    return { key, tokens: isImage ? TOKENS_PER_IMAGE : tokensOf(key) };
  });
}
