import type { TranscriptMessage, Usage } from "../sessions/transcript.ts";
import { throwIfAborted } from "./abort.ts";
import type { Agent, AgentEvent, RunRequest, Scene } from "./agent.ts";
import { heard } from "./heard.ts";
import { codeSpan, escapeMarkdown, singleLine } from "./markdown.ts";
import { isFromPerson, standing } from "./steps.ts";

const MAX_QUOTE_CHARS = 80;
const MAX_NAME_CHARS = 40;
const MAX_NAMES = 10;
const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/**
 * Answers without a model, a key or a network: says that it is offline, and what it sees of the session. This makes the
 * strategy of a chat visible before anybody pays for anything.
 */
export function createOfflineAgent(): Agent {
  async function* run(request: RunRequest): AsyncGenerator<AgentEvent, void> {
    const { scene, signal, following = async () => [] } = request;
    const messages = [...request.messages];
    throwIfAborted(signal);
    while (standing(messages).next !== "nothing") {
      const parts = paragraphs(scene, messages);
      for (const text of parts) {
        throwIfAborted(signal);
        yield { type: "text", text };
      }
      throwIfAborted(signal);
      const content = [{ type: "text" as const, text: parts.join("") }];
      yield { type: "reply", content, usage: NO_USAGE, model: "offline" };
      messages.push({ role: "assistant", content }, ...(await following()));
    }
    yield { type: "done", reason: "end" };
  }

  return { description: "offline agent (no API key)", run };
}

function paragraphs(scene: Scene, messages: readonly TranscriptMessage[]): string[] {
  const said = latestText(messages);
  return [
    "I am offline, so no model reads this: set `ANTHROPIC_API_KEY` to get real answers.\n\n",
    "What I can see:\n\n",
    `- Session: ${codeSpan(singleLine(scene.sessionKey))}\n`,
    `- Strategy: ${codeSpan(singleLine(scene.strategy))}\n`,
    `- Messages of people in this session: ${turns(scene.people)}\n`,
    said === "" ? "- Your message holds no text" : `- Your message: “${excerpt(said, MAX_QUOTE_CHARS)}”`,
  ];
}

function turns(people: Scene["people"]): string {
  const total = people.reduce((sum, person) => sum + person.turns, 0);
  const busiest = people.toSorted((one, other) => other.turns - one.turns).slice(0, MAX_NAMES);
  const names = busiest.map(({ name, turns }) => `${excerpt(name, MAX_NAME_CHARS)}: ${turns}`);
  if (people.length > MAX_NAMES) names.push(`${people.length - MAX_NAMES} more`);
  return names.length === 0 ? `${total}` : `${total} (${names.join(", ")})`;
}

function latestText(messages: readonly TranscriptMessage[]): string {
  const latest = messages.findLast(isFromPerson);
  return singleLine(heard(latest?.content.filter(isText).at(-1)?.text ?? ""));
}

function isText(block: TranscriptMessage["content"][number]) {
  return block.type === "text";
}

function excerpt(text: string, maxChars: number): string {
  const chars = Array.from(singleLine(text));
  return escapeMarkdown(chars.length > maxChars ? `${chars.slice(0, maxChars).join("")}…` : chars.join(""));
}
