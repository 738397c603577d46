import type { Block, ToolUseBlock, TranscriptMessage } from "../sessions/transcript.ts";

/**
 * Where a turn stands, read from its transcript alone: this is what lets a run that a crash cut off go on with the step
 * after the last one stored.
 */
export type Standing =
  /** The model speaks next. */
  | { next: "reply" }
  /** The last reply asked for tools whose results are not stored. */
  | { next: "tools"; calls: ToolUseBlock[] }
  /** The last reply is the answer. */
  | { next: "nothing" };

export function standing(messages: readonly TranscriptMessage[]): Standing {
  const lastReply = messages.findLastIndex((message) => message.role === "assistant");
  const since = messages.slice(lastReply + 1);
  // What a person has said since comes first: the tools of an older turn must not run with this author's rights.
  if (lastReply === -1 || since.some(isFromPerson)) return { next: "reply" };

  const asked = toolUses(messages[lastReply]?.content ?? []);
  if (asked.length === 0) return { next: "nothing" };
  const answered = new Set(since.flatMap(({ content }) => content).map(answers));
  const calls = asked.filter(({ id }) => !answered.has(id));
  return calls.length > 0 ? { next: "tools", calls } : { next: "reply" };
}

/** How many model replies the present turn has had. */
export function repliesSoFar(messages: readonly TranscriptMessage[]): number {
  const turn = messages.slice(messages.findLastIndex(isFromPerson) + 1);
  return turn.filter(({ role }) => role === "assistant").length;
}

export function toolUses(content: readonly Block[]): ToolUseBlock[] {
  return content.filter((block) => block.type === "tool-use");
}

/** Anything but results of tools; a turn may be empty. */
export function isFromPerson({ role, content }: TranscriptMessage): boolean {
  return role === "user" && (content.length === 0 || content.some((block) => block.type !== "tool-result"));
}

function answers(block: Block): string | undefined {
  return block.type === "tool-result" ? block.toolUseId : undefined;
}
