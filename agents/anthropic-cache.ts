import type {
  CacheControlEphemeral,
  ContentBlockParam,
  MessageParam,
  TextBlockParam,
  Tool as ToolParam,
} from "@anthropic-ai/sdk/resources/messages";
import { type Params, toMessageParams } from "./anthropic-messages.ts";
import { splitPrompt } from "./prompt.ts";

/**
 * Where a request asks the provider to cache what comes before. It takes up to four such marks, writes at marks only, and
 * looks for what an earlier request wrote at a mark and at the 19 blocks before it: a turn of many tools is longer.
 *
 * 1. Behind the part of the system prompt that no newcomer changes; tools stand before it.
 * 2. Behind the last message: the next request reads up to there.
 * 3. Behind the user's message before that, where the request before this one put its second mark.
 * 4. Behind the beginning of the turn before that. If it came with background, which is not there any more, this is the last
 *    place that both requests have in common.
 *
 * Background stands behind the mark of its message, so that what is written to the cache is the same without it.
 *
 * What is cached lasts for 5 minutes from its last use, the default. An hour costs twice as much to write as to read anew
 * (5 minutes: 1.25 times), which only pays where people answer more slowly than every 5 minutes and more quickly than every
 * hour; in a busy chat, each answer keeps it alive anyway.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function withMarks(params: readonly Params[]): MessageParam[] {
  const said = params.filter(({ role }) => role === "user");
  const ends = [said.at(-1), said.at(-2), said.slice(0, -2).findLast(beginsTurn)];
  return toMessageParams(
    params.map((message) => (ends.includes(message) ? { ...message, content: marked(message.content) } : message)),
  );
}

/** What an author has added while tools ran stands behind their results. */
function beginsTurn({ content }: Params): boolean {
  return content.every(({ type }) => type !== "tool_result");
}

/** System prompt and tools, with the first mark. */
export function withMark(system: string, tools: ToolParam[]): { system?: TextBlockParam[]; tools?: ToolParam[] } {
  const [stable, ...changing] = splitPrompt(system.toWellFormed())
    .filter((text) => text.trim() !== "")
    .map((text): TextBlockParam => ({ type: "text", text }));
  const lastTool = tools.at(-1);
  const hasMark = stable === undefined && lastTool !== undefined;
  return {
    ...(stable !== undefined && { system: [{ ...stable, cache_control: KEEP }, ...changing] }),
    ...(tools.length > 0 && { tools: hasMark ? [...tools.slice(0, -1), { ...lastTool, cache_control: KEEP }] : tools }),
  };
}

const KEEP: CacheControlEphemeral = { type: "ephemeral" };

/** With a mark at the last block that can bear one. */
function marked(content: readonly ContentBlockParam[]): ContentBlockParam[] {
  const end = content.findLastIndex(canBear);
  return content.map((block, index) => (index === end && canBear(block) ? { ...block, cache_control: KEEP } : block));
}

type Bearer = Extract<ContentBlockParam, { type: "text" | "image" | "document" | "tool_result" }>;

function canBear(block: ContentBlockParam): block is Bearer {
  return ["text", "image", "document", "tool_result"].includes(block.type);
}
