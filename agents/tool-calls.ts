import type { ToolResultBlock, ToolUseBlock } from "../sessions/transcript.ts";
import { abortable } from "./abort.ts";
import type { Tool, ToolContext } from "./agent.ts";

const MAX_ERROR_CHARS = 500;

export interface ToolCallOptions {
  tools: readonly Tool[];
  context: ToolContext;
  /** Longer output is cut, and the cut marked, within this many characters. */
  maxOutputChars: number;
  /** The calls may have begun in a run that was cut off. */
  resumed: boolean;
}

/**
 * Run the tools that one reply asked for, side by side.
 *
 * A tool that fails or does not exist gives an error result, for the model to read. One that is not idempotent is never
 * run a second time: after a crash its result is reported as unknown.
 *
 * @returns one result for each call, in the order of the calls
 * @throws AgentError `aborted` at once when the signal fires, even if a tool does not heed it
 */
export function callTools(calls: readonly ToolUseBlock[], options: ToolCallOptions): Promise<ToolResultBlock[]> {
  return abortable(Promise.all(calls.map((call) => callTool(call, options))), options.context.signal);
}

/** Error results for calls that are not run. */
export function refuseTools(calls: readonly ToolUseBlock[], reason: string): ToolResultBlock[] {
  return calls.map((call) => failed(call, reason));
}

async function callTool(call: ToolUseBlock, options: ToolCallOptions): Promise<ToolResultBlock> {
  const { tools, context, maxOutputChars, resumed } = options;
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return failed(call, "there is no tool of this name");
  if (resumed && !tool.idempotent) return failed(call, "result unknown: the program stopped while it ran");
  try {
    const output = cut(await tool.run(call.input, context), maxOutputChars);
    return { type: "tool-result", toolUseId: call.id, text: output, isError: false };
  } catch (error) {
    return failed(call, error instanceof Error && error.message !== "" ? error.message : "the tool failed");
  }
}

function failed(call: ToolUseBlock, reason: string): ToolResultBlock {
  return { type: "tool-result", toolUseId: call.id, text: cut(reason, MAX_ERROR_CHARS), isError: true };
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const mark = `\n[cut: the whole output has ${text.length} characters]`;
  return text.slice(0, Math.max(0, maxChars - mark.length)).toWellFormed() + mark;
}
