import type { Body } from "./request.ts";

const CHARS_PER_TOKEN = 4;
const TOKENS_PER_IMAGE = 1_500;
const TOKENS_PER_PDF = 3_000;
/** What the API counts for a request's frame; never cached. */
export const FRAME_TOKENS = 3;

/** A piece of a request, in the order in which the API caches them: tools, system, then block by block. */
export interface Piece {
  /** The same for pieces that are the same to the API. */
  key: string;
  tokens: number;
  /** Whether the request asks to cache everything up to here. */
  marked: boolean;
}

/** Roughly what the API would count for a piece of text. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

export function inputTokens(body: Body): number {
  return FRAME_TOKENS + pieces(body).reduce((sum, { tokens }) => sum + tokens, 0);
}

export function pieces(body: Body): Piece[] {
  const tools = (body.tools ?? []).map((tool) => piece(tool));
  const system = blocksOf(body.system ?? []).map((block) => piece(block));
  const content = body.messages.flatMap(({ role, content }) => blocksOf(content).map((block) => piece(block, role)));
  // What tools the model may use is a part of its messages, as far as caching goes.
  const choice = body.tool_choice ?? { type: "auto" };
  const [first, ...rest] = content;
  const all = [
    ...tools,
    ...system,
    ...(first === undefined ? [] : [{ ...first, key: `${JSON.stringify(choice)} ${first.key}` }]),
    ...rest,
  ];
  const last = all.at(-1);
  if (body.cache_control != null && last !== undefined) last.marked = true;
  return all;
}

function piece(of: object, role?: string): Piece {
  const { cache_control, ...rest } = { cache_control: null, ...of };
  const key = JSON.stringify(role === undefined ? rest : { role, block: rest });
  return { key, tokens: fixedTokens(rest) ?? tokensOf(key), marked: cache_control != null };
}

function fixedTokens(block: object): number | undefined {
  if (!("type" in block)) return undefined;
  if (block.type === "image") return TOKENS_PER_IMAGE;
  const isPdf = block.type === "document" && JSON.stringify(block).includes('"application/pdf"');
  return isPdf ? TOKENS_PER_PDF : undefined;
}

function blocksOf(content: string | readonly object[]): readonly object[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
