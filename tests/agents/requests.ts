import type { AgentEvent, RunRequest } from "../../agents/agent.ts";
import { AgentError } from "../../agents/agent.ts";
import type { Author, Block, TranscriptMessage } from "../../sessions/transcript.ts";

export const ann: Author = { id: "u-ann", name: "Ann" };
export const bob: Author = { id: "u-bob", name: "Bob" };

/** A run request of Ann's; by default she says hello in a fresh session. */
export function request(parts: Partial<RunRequest> = {}): RunRequest {
  return {
    system: "You are a test.",
    messages: [says("Hello")],
    tools: [],
    signal: new AbortController().signal,
    author: ann,
    scene: { sessionKey: "agent:main:web:group:kitchen", strategy: "shared", people: [{ ...ann, turns: 1 }] },
    readBlob: async (hash) => new TextEncoder().encode(`bytes of ${hash}`),
    ...parts,
  };
}

export function says(text: string, author = ann): TranscriptMessage {
  return { role: "user", content: [{ type: "text", text }], author };
}

export function answers(...content: Block[]): TranscriptMessage {
  return { role: "assistant", content };
}

export function toolUse(id: string, name: string, input: unknown = {}): Block {
  return { type: "tool-use", id, name, input };
}

export function toolResult(toolUseId: string, text: string, isError = false): Block {
  return { type: "tool-result", toolUseId, text, isError };
}

export async function collect(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  return await Array.fromAsync(events);
}

/** The error of a run that is to fail. */
export async function failureOf(work: Promise<unknown>): Promise<AgentError> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof AgentError) return error;
  throw error;
}

export function textOf(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

export function only<Type extends AgentEvent["type"]>(events: readonly AgentEvent[], type: Type) {
  return events.filter((event): event is Extract<AgentEvent, { type: Type }> => event.type === type);
}
