import type { Found } from "../../sessions/recall.ts";
import type { Tool } from "../agent.ts";

const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 20;
const MAX_QUERY_CHARS = 500;
const MAX_LINE_CHARS = 600;

/**
 * Searches what was said earlier in the session of the turn, also what a summary stands for by now: one line for each
 * message, the best match first, with its time, who said it and the part of the text that matches. It sees no other session.
 */
export function createRecallTool(): Tool {
  return {
    name: "recall",
    description:
      "Searches the earlier messages of this very conversation, also those that are no longer shown in full. Use it " +
      "when somebody refers to something that you do not see: an earlier decision, name, number or link. It finds messages " +
      "that hold the words of the query; try other words if nothing is found.",
    inputSchema: {
      type: "object",
      properties: {
        query: { type: "string", description: "Words to look for, as they may have been said." },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: MAX_LIMIT,
          description: `How many messages at most; ${DEFAULT_LIMIT} if left out.`,
        },
      },
      required: ["query"],
      additionalProperties: false,
    },
    idempotent: true,
    async run(input, context) {
      const { query, limit } = read(input);
      const found = await context.recall(query, limit);
      return found.length === 0 ? "Nothing was found." : found.slice(0, limit).map(lineOf).join("\n");
    },
  };
}

function read(input: unknown): { query: string; limit: number } {
  const given: { query?: unknown; limit?: unknown } = typeof input === "object" && input !== null ? input : {};
  const { query, limit = DEFAULT_LIMIT } = given;
  if (typeof query !== "string" || query.trim() === "") throw new Error("query must be text: the words to look for");
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new Error(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  return { query: query.slice(0, MAX_QUERY_CHARS).toWellFormed(), limit };
}

/**
 * What people write cannot look like a line of its own: whoever it names is somebody who said it. Of what stands where people
 * write, results of tools alone have no author: nobody said that.
 */
function lineOf({ at, role, author, text }: Found): string {
  const who =
    author === undefined
      ? role === "assistant"
        ? "you"
        : "a tool"
      : `${oneLine(author.name)} (${oneLine(author.id)})`;
  const said = oneLine(text);
  const shown = said.length <= MAX_LINE_CHARS ? said : `${said.slice(0, MAX_LINE_CHARS - 1).toWellFormed()}…`;
  return `${new Date(at).toISOString()} ${JSON.stringify(who)}: ${JSON.stringify(shown)}`;
}

function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}
