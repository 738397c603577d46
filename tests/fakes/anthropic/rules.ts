import type Anthropic from "@anthropic-ai/sdk";
import type { Body } from "./request.ts";
import { pieces } from "./tokens.ts";

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/**
 * Why the API would answer 400, or `null`.
 * @see https://platform.claude.com/docs/en/api/messages
 */
export function problemWith(body: Body): string | null {
  if (!allStrings(body).every((text) => text.isWellFormed())) return "body: no low surrogate in string";
  if (typeof body.model !== "string" || body.model === "") return "model: field required";
  if (!(Number.isInteger(body.max_tokens) && body.max_tokens > 0)) return "max_tokens: must be a positive integer";
  if (body.system !== undefined && blocksOf(body.system).some(isBlank)) return "system: text must not be blank";
  for (const tool of body.tools ?? []) {
    if (!("input_schema" in tool)) continue;
    if (!/^[\w-]{1,128}$/.test(tool.name)) return "tools: bad name";
    if (tool.input_schema?.type !== "object") return "tools: input_schema must be an object's";
  }
  return problemWithMessages(body.messages, body.compaction != null) ?? problemWithMarks(body);
}

/** `count_tokens` takes the same body without `max_tokens`. */
export function problemWithCount(body: Body): string | null {
  return problemWith({ ...body, max_tokens: 1 });
}

function problemWithMarks(body: Body): string | null {
  const marks = pieces(body).filter(({ marked }) => marked).length;
  return marks > 4 ? `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.` : null;
}

function problemWithMessages(messages: Body["messages"], isCompaction: boolean): string | null {
  if (!Array.isArray(messages) || messages.length === 0) return "messages: at least one message is required";
  const turns = joined(messages);
  if (turns[0]?.role !== "user") return "messages: first message must use the user role";
  if (turns.at(-1)?.role !== "user" && !isCompaction)
    return "messages: this model does not support assistant message prefill";
  let asked: string[] = [];
  for (const [index, { role, content }] of turns.entries()) {
    const problem = content.map(problemWithBlock).find((found) => found !== null) ?? problemWithResults(content, asked);
    if (problem !== null) return `messages.${index}: ${problem}`;
    asked = role === "assistant" ? content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])) : [];
    if (new Set(asked).size < asked.length) return `messages.${index}: tool_use ids must be unique`;
  }
  // The end of a conversation to sum up is the only place where a reply stands last.
  return asked.length > 0 ? "tool_use ids were found without tool_result blocks" : null;
}

function problemWithBlock(block: Anthropic.ContentBlockParam): string | null {
  if (isBlank(block)) return "text content blocks must contain non-whitespace text";
  if (block.type === "tool_use" && (typeof block.input !== "object" || block.input === null)) {
    return "tool_use.input: must be an object";
  }
  if (block.type === "image" && block.source.type === "base64") {
    if (!IMAGE_TYPES.includes(block.source.media_type)) return "image: unsupported media type";
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(block.source.data)) return "image: not base64";
    if (block.source.data.length > 5 * 1024 * 1024) return "image exceeds 5 MB maximum";
  }
  if (block.type === "thinking" && "cache_control" in block) return "thinking: cache_control is not permitted";
  return block.type === "document" ? problemWithDocument(block) : null;
}

function problemWithDocument({ source, title }: Anthropic.DocumentBlockParam): string | null {
  if (title != null && (title.trim() === "" || title.length > 500)) return "document.title: 1 to 500 characters";
  if (source.type === "text") return source.data.trim() === "" ? "document: text must not be blank" : null;
  if (source.type !== "base64") return null;
  if (source.media_type !== "application/pdf") return "document: unsupported media type";
  return Buffer.from(source.data, "base64").includes("%PDF-") ? null : "The PDF specified was not valid";
}

function problemWithResults(content: Anthropic.ContentBlockParam[], asked: string[]): string | null {
  const results = content.filter((block) => block.type === "tool_result");
  if (content.slice(0, results.length).some((block) => block.type !== "tool_result")) {
    return "tool_result blocks must come first";
  }
  const answered = results.map(({ tool_use_id }) => tool_use_id);
  if (answered.some((id, index) => !asked.includes(id) || answered.indexOf(id) !== index)) {
    return "each tool_result must have its tool_use in the previous message";
  }
  return asked.some((id) => !answered.includes(id)) ? "tool_use ids were found without tool_result blocks" : null;
}

/** The API takes consecutive messages of one role as one. */
function joined(messages: Body["messages"]): Array<{ role: string; content: Anthropic.ContentBlockParam[] }> {
  const turns: Array<{ role: string; content: Anthropic.ContentBlockParam[] }> = [];
  for (const { role, content } of messages) {
    if (turns.at(-1)?.role === role) turns.at(-1)?.content.push(...blocksOf(content));
    else turns.push({ role, content: [...blocksOf(content)] });
  }
  return turns;
}

function blocksOf<Block>(content: string | Block[]): Array<Block | Anthropic.TextBlockParam> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isBlank(block: Anthropic.ContentBlockParam): boolean {
  return block.type === "text" && block.text.trim() === "";
}

function allStrings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(allStrings);
}
