import type { ToolResultBlock, ToolUseBlock } from "../sessions/transcript.ts";
import { abortable, throwIfAborted } from "./abort.ts";
import type { Consent, Tool, ToolContext } from "./agent.ts";

const MAX_ERROR_CHARS = 500;
const GONE = "result unknown: the program stopped, and there is no tool of this name now";

export interface ToolCallOptions {
  tools: readonly Tool[];
  context: ToolContext;
  /** Asked before a tool that asks runs. */
  consent(call: ToolUseBlock, tool: Tool): Promise<Consent>;
  /** Longer output is cut, and the cut marked, within this many characters. */
  maxOutputChars: number;
  /** The calls may have begun in a run that was cut off. */
  resumed: boolean;
}

/**
 * Run the tools that one reply asked for, side by side; those that ask for consent, as soon as each has it. People are asked
 * one question at a time, in the order of the calls.
 *
 * A tool that fails, does not exist or may not run gives an error result, for the model to read. One that is not idempotent
 * is never run a second time: after a crash its result is reported as unknown. Of one that asks, whoever gives consent
 * knows whether it had begun.
 *
 * @returns one result for each call, in the order of the calls
 * @throws AgentError `aborted` at once when the signal fires, even if a tool does not heed it; what `consent` throws
 */
export function callTools(calls: readonly ToolUseBlock[], options: ToolCallOptions): Promise<ToolResultBlock[]> {
  const { tools, context, resumed, consent } = options;
  let asked: Promise<unknown> = Promise.resolve();
  const results = calls.map(async (call) => {
    const tool = tools.find(({ name }) => name === call.name);
    // Of a call that may have begun, its server may only be away.
    if (tool === undefined) return failed(call, resumed ? GONE : "there is no tool of this name");
    if (tool.asks === true) {
      const answer = asked.then(() => {
        throwIfAborted(context.signal);
        return consent(call, tool);
      });
      asked = answer;
      const given = await answer;
      throwIfAborted(context.signal);
      if (!given.given) return failed(call, given.reason);
    } else if (resumed && !tool.idempotent) {
      return failed(call, "result unknown: the program stopped while it ran");
    }
    return await runTool(call, tool, options);
  });
  return abortable(Promise.all(results), context.signal);
}

/** Error results for calls that are not run. */
export function refuseTools(calls: readonly ToolUseBlock[], reason: string): ToolResultBlock[] {
  return calls.map((call) => failed(call, reason));
}

async function runTool(call: ToolUseBlock, tool: Tool, options: ToolCallOptions): Promise<ToolResultBlock> {
  const { context, maxOutputChars } = options;
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
