import { heard } from "../agents/heard.ts";
import type { ExportedSession } from "../sessions/privacy.ts";
import type { Block } from "../sessions/transcript.ts";

/**
 * Somebody's conversations as one Markdown text for that person: who said what and when, oldest first. Results of tools
 * and what only a provider understands are left out.
 */
export function exportMarkdown(sessions: readonly ExportedSession[]): string {
  const parts = sessions.map(({ key, startedAt, shared, messages }) => {
    const head = [
      `## ${key}`,
      `Begun ${timeOf(startedAt)}.${shared ? " Others write into it as well: only your own turns and the answers to them are here." : ""}`,
    ];
    const said = messages.flatMap(({ role, content, author, at }) => {
      const text = textOf(content, role === "user");
      if (text === "") return [];
      return [`### ${role === "assistant" ? "Answer" : (author?.name ?? "You")}, ${timeOf(at)}\n\n${text}`];
    });
    return [...head, ...said].join("\n\n");
  });
  return `# Your conversations\n\n${parts.length === 0 ? "There are none." : parts.join("\n\n")}\n`;
}

function textOf(content: readonly Block[], fromPerson: boolean): string {
  const texts = content.flatMap((block) => {
    if (block.type === "text") return [fromPerson ? heard(block.text) : block.text];
    return block.type === "image" ? ["(a picture)"] : [];
  });
  return texts.join("\n\n").trim();
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").slice(0, 16).concat(" UTC");
}
