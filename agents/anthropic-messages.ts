import type {
  ContentBlockParam,
  MessageParam,
  TextBlockParam,
  Tool as ToolParam,
} from "@anthropic-ai/sdk/resources/messages";
import type { Block, OpaqueBlock, TranscriptMessage } from "../sessions/transcript.ts";
import type { Tool } from "./agent.ts";
import { type FileReader, readFiles } from "./anthropic-files.ts";
import type { FileBlock } from "./anthropic-notes.ts";
import { PROVIDER } from "./anthropic-reply.ts";

/** One message of a request. */
export interface Params {
  role: "user" | "assistant";
  content: ContentBlockParam[];
  /** What stands behind that in this request, and is not in later ones. */
  passing: TextBlockParam[];
}

/** Files by their blocks. */
type Files = ReadonlyMap<FileBlock, ContentBlockParam>;

/**
 * A transcript as the API takes it: it begins with the user, roles alternate, every tool use is answered first thing in
 * the message after it, and no text is blank. Where the transcript does not have it so, it is mended.
 *
 * Adding messages to a transcript never changes what the earlier ones become, background apart, so the prefix stays
 * cacheable. The exception are files of old that there is no room for any more.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export async function toParams(messages: readonly TranscriptMessage[], readFile: FileReader): Promise<Params[]> {
  const files = await readFiles(
    messages.flatMap(({ role, content }) => (role === "user" ? content.filter(isFile) : [])),
    readFile,
  );
  const params: Params[] = [];
  const unanswered = new Set<string>();
  for (const { role, content, background = "" } of messages) {
    const { results, rest } = split(content, unanswered);
    const blocks = rest.flatMap((block) => toParam(block, role, files));
    if (role === "assistant") {
      if (blocks.length === 0) continue;
      answerAll(params, unanswered);
      append(params, role, blocks);
      for (const block of blocks) if (block.type === "tool_use") unanswered.add(block.id);
    } else {
      // A turn that holds nothing the API would take still is a turn.
      if (blocks.length === 0 && results.length === 0) blocks.push({ type: "text", text: "(an empty message)" });
      answer(params, results);
      append(params, role, blocks);
      if (background.trim() !== "") params.at(-1)?.passing.push({ type: "text", text: background.toWellFormed() });
    }
  }
  answerAll(params, unanswered);
  if (params[0]?.role === "assistant") {
    const begin = { type: "text" as const, text: "(what was said before is left out)" };
    params.unshift({ role: "user", content: [begin], passing: [] });
  }
  return params;
}

/** The same for sending. */
export function toMessageParams(params: readonly Params[]): MessageParam[] {
  return params.map(({ role, content, passing }) => ({ role, content: [...content, ...passing] }));
}

export function toToolParams(tools: readonly Tool[]): ToolParam[] {
  return tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema }));
}

/** Take out the results that answer an open tool use; results of nothing are dropped. */
function split(content: readonly Block[], unanswered: Set<string>) {
  const results: ContentBlockParam[] = [];
  const rest: Block[] = [];
  for (const block of content) {
    if (block.type !== "tool-result") rest.push(block);
    else if (unanswered.delete(block.toolUseId)) results.push(toResult(block.toolUseId, block.text, block.isError));
  }
  return { results, rest };
}

function toParam(block: Block, role: Params["role"], files: Files): ContentBlockParam[] {
  switch (block.type) {
    case "text":
      return block.text.trim() === "" ? [] : [{ type: "text", text: block.text.toWellFormed() }];
    case "image":
    case "document": {
      const file = files.get(block);
      return file === undefined ? [] : [file];
    }
    case "tool-use":
      return role === "user" ? [] : [{ type: "tool_use", id: block.id, name: block.name, input: toInput(block.input) }];
    case "opaque":
      return isOurs(block) ? [block.data] : [];
    case "tool-result":
      return [];
  }
}

function toResult(toolUseId: string, text: string, isError: boolean): ContentBlockParam {
  const content = text.trim() === "" ? "(no output)" : text.toWellFormed();
  return { type: "tool_result", tool_use_id: toolUseId, content, ...(isError && { is_error: true }) };
}

/** The API takes objects only, and half a surrogate pair anywhere makes it refuse the whole request. */
function toInput(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return {};
  return JSON.parse(JSON.stringify(input, (_, value) => (typeof value === "string" ? value.toWellFormed() : value)));
}

function isFile(block: Block): block is FileBlock {
  return block.type === "image" || block.type === "document";
}

function isOurs(block: OpaqueBlock): block is OpaqueBlock & { data: ContentBlockParam } {
  const { provider, data } = block;
  return provider === PROVIDER && typeof data === "object" && data !== null && "type" in data;
}

function append(params: Params[], role: Params["role"], blocks: ContentBlockParam[]): void {
  if (blocks.length === 0) return;
  const last = params.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else params.push({ role, content: blocks, passing: [] });
}

/** Tool results go before everything else in their message. */
function answer(params: Params[], results: ContentBlockParam[]): void {
  const last = params.at(-1);
  if (last?.role !== "user") {
    append(params, "user", results);
  } else {
    const others = last.content.findIndex(({ type }) => type !== "tool_result");
    last.content.splice(others === -1 ? last.content.length : others, 0, ...results);
  }
}

function answerAll(params: Params[], unanswered: Set<string>): void {
  const lost = [...unanswered].map((id) =>
    toResult(id, "result unknown: the tool was not run or did not finish", true),
  );
  unanswered.clear();
  answer(params, lost);
}
