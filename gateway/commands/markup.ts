import { displayName } from "../../agents/envelope.ts";

/** A code span around hostile text: fenced by more backticks than it holds. */
export function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

/** A name as text, whatever it holds. */
export function plainName(name: string): string {
  return displayName(name).replace(/[\\`*_{}[\]()#+\-.!|~<>&]/g, "\\$&");
}
