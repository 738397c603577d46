import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";

/**
 * What a tool has answered, as text: its texts one below the other; of pictures, recordings and files that are no text, a
 * word. Where there is nothing of that, the structured answer as JSON.
 *
 * @param maxChars longer output is cut, and the cut marked, within so many characters
 */
export function resultText({ content, structuredContent }: CallToolResult, maxChars: number): string {
  const parts: string[] = [];
  // Without the line end behind the last part.
  let length = -1;
  for (const block of content) {
    if (length > maxChars) break;
    const part = partText(block);
    parts.push(part);
    length += part.length + 1;
  }
  if (content.length === 0 && structuredContent !== undefined) parts.push(JSON.stringify(structuredContent));
  const text = parts.join("\n");
  if (text.trim() === "") return "[the tool gave no output]";
  if (text.length <= maxChars) return text.toWellFormed();
  const mark = `\n[cut: the output has more than ${maxChars} characters]`;
  return text.slice(0, Math.max(0, maxChars - mark.length)).toWellFormed() + mark;
}

function partText(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
      return `[a picture: ${word(block.mimeType)}]`;
    case "audio":
      return `[a recording: ${word(block.mimeType)}]`;
    case "resource_link":
      return `[a link to ${word(block.name)}: ${word(block.uri)}]`;
    case "resource":
      return "text" in block.resource ? block.resource.text : `[a file: ${word(block.resource.uri)}]`;
  }
}

function word(text: string): string {
  return text
    .slice(0, 200)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");
}
