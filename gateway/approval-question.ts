import type { Tool } from "../agents/agent.ts";
import type { Run } from "../sessions/runs.ts";
import type { ToolUseBlock } from "../sessions/transcript.ts";
import { showCode } from "./codes.ts";
import { code, plainName } from "./commands/markup.ts";
import { shownArguments } from "./shown-arguments.ts";
import { count } from "./words.ts";

interface Asked {
  call: ToolUseBlock;
  tool: Pick<Tool, "name" | "server">;
  /** The question's code. */
  secret: string;
  timeoutMs: number;
}

/** Whether a tool may run, as its author is asked in Markdown: which, with what, by when, and how to answer. */
export function approvalQuestion(run: Pick<Run, "chat" | "author">, { call, tool, secret, timeoutMs }: Asked): string {
  const alone = run.chat.kind === "dm";
  const may = alone ? "May" : `${plainName(run.author.name)}, may`;
  const server = tool.server === undefined ? "" : ` of the server ${code(tool.server)}`;
  const shown = showCode(secret);
  const others = alone ? "" : " Only you can decide.";
  return [
    `${may} I use ${code(tool.name)}${server}? It would be given this:`,
    shownArguments(call.input),
    `I wait ${inWords(timeoutMs)} for your answer: \`/approve ${shown}\` or \`/deny ${shown}\`.${others}`,
  ].join("\n\n");
}

function inWords(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  // Nobody is promised more than there is.
  return seconds < 180 && seconds % 60 !== 0 ? count(seconds, "second") : count(Math.floor(seconds / 60), "minute");
}
