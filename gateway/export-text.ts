import { heard } from "../agents/heard.ts";
import type { ExportedSession } from "../sessions/privacy.ts";
import type { Block } from "../sessions/transcript.ts";

/**
 * Somebody's conversations as one Markdown text for that person: who said what and when, oldest first, and what the agent has
 * summed it up to. Results of tools and what only a provider understands are left out.
 */
export function exportMarkdown(sessions: readonly ExportedSession[]): string {
  const parts = sessions.map(({ key, startedAt, shared, messages, summaries }) => {
    const head = [
      `## ${key}`,
      `Begun ${timeOf(startedAt)}.${shared ? " Others write into it as well: only your own turns and the answers to them are here." : ""}`,
    ];
    const said = messages.flatMap(({ role, content, author, at }) => {
      const text = saidText(content, role === "user");
      if (text === "") return [];
      return [`### ${role === "assistant" ? "Answer" : (author?.name ?? "You")}, ${timeOf(at)}\n\n${text}`];
    });
    const summedUp = summaries.map(({ at, text }) => `### Summary of the beginning, ${timeOf(at)}\n\n${text.trim()}`);
    return [...head, ...said, ...summedUp].join("\n\n");
  });
  return `# Your conversations\n\n${parts.length === 0 ? "There are none." : parts.join("\n\n")}\n`;
}

/** What was said, as people read it. */
export function saidText(content: readonly Block[], fromPerson: boolean): string {
  const texts = content.flatMap((block) => {
    if (block.type === "text") return [fromPerson ? heard(block.text) : block.text];
    if (block.type === "document") return ["(a file)"];
    return block.type === "image" ? ["(a picture)"] : [];
  });
  return texts.join("\n\n").trim();
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 16).concat(" UTC");
}
