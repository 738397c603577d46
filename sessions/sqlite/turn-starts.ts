import type { TranscriptMessage } from "../transcript.ts";

/**
 * SQL for whether a row of a transcript begins a turn: somebody speaks. Results of tools go on with the turn they are in,
 * and what holds nothing at all is a turn all the same.
 */
export const BEGINS_TURN = `role = 'user' AND (author_id IS NOT NULL OR json_array_length(content) = 0
  OR EXISTS (SELECT 1 FROM json_each(content) b WHERE b.value ->> '$.type' <> 'tool-result'))`;

/** The same of a message. */
export function beginsTurn({ role, content, author }: TranscriptMessage): boolean {
  if (role !== "user") return false;
  return author !== undefined || content.length === 0 || content.some(({ type }) => type !== "tool-result");
}
