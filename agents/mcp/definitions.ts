import { z } from "zod";
import type { Tool } from "../agent.ts";
import { toolNames } from "./tool-names.ts";
import { inputSchemaOf } from "./tool-schema.ts";

export const MAX_TOOLS = 200;
/** Of all definitions of a server together. */
const MAX_CHARS = 250_000;
const MAX_DESCRIPTION_CHARS = 2_000;
const MAX_SHOWN_NAME = 64;

/** A tool as the model is told of it, and as its server knows it. */
export interface Definition {
  name: string;
  description: string;
  inputSchema: Tool["inputSchema"];
  /** Its name at the server. */
  original: string;
  readOnly: boolean;
  /** Whether it says of itself that calling it twice is like calling it once. */
  idempotent: boolean;
}

/** A tool that the model is not told of. */
export interface LeftOut {
  /** Shortened; hostile until escaped. */
  tool: string;
  /** Continues the name: "has no name". */
  reason: string;
}

const listedTool = z.object({
  name: z.string(),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown().optional(),
  annotations: z
    .object({
      readOnlyHint: z.boolean().optional().catch(undefined),
      idempotentHint: z.boolean().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

type ListedTool = z.infer<typeof listedTool>;

/**
 * What of a server's list can be given to a model: at most 200 tools, each with a name, a description and a schema that a
 * provider takes, sorted by name. The same list, in whatever order, gives the same definitions.
 */
export function definitionsOf(
  server: string,
  listed: readonly unknown[],
): { definitions: Definition[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const tools = new Map<string, ListedTool>();
  for (const each of listed.slice(0, MAX_TOOLS)) {
    const { data: tool } = listedTool.safeParse(each);
    if (tool === undefined || tool.name === "") leftOut.push({ tool: "", reason: "has no name" });
    else if (tools.has(tool.name)) leftOut.push({ tool: shown(tool.name), reason: "is listed twice" });
    else tools.set(tool.name, tool);
  }
  if (listed.length > MAX_TOOLS) leftOut.push({ tool: "", reason: `is beyond the first ${MAX_TOOLS}` });

  const names = toolNames(server, tools.keys());
  const definitions: Definition[] = [];
  let chars = 0;
  for (const original of [...tools.keys()].sort()) {
    const tool = tools.get(original);
    const name = names.get(original);
    const definition = tool && name !== undefined ? definitionOf(name, tool) : "has the name of another one";
    if (typeof definition === "string") {
      leftOut.push({ tool: shown(original), reason: definition });
      continue;
    }
    chars += JSON.stringify(definition).length;
    if (chars > MAX_CHARS) leftOut.push({ tool: shown(original), reason: "has no room beside the others" });
    else definitions.push(definition);
  }
  definitions.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { definitions, leftOut };
}

function definitionOf(name: string, tool: ListedTool): Definition | string {
  const inputSchema = inputSchemaOf(tool.inputSchema);
  if (typeof inputSchema === "string") return inputSchema;
  const { readOnlyHint = false, idempotentHint = false } = tool.annotations ?? {};
  return {
    name,
    description: plain(tool.description ?? tool.title ?? "", MAX_DESCRIPTION_CHARS),
    inputSchema,
    original: tool.name,
    readOnly: readOnlyHint,
    idempotent: readOnlyHint || idempotentHint,
  };
}

/** Text with lines, but with nothing that is not seen. */
function plain(text: string, max: number): string {
  const visible = text
    .slice(0, 2 * max)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => (char === "\n" || char === "\t" ? char : ""))
    .trim();
  return visible.length <= max ? visible : `${visible.slice(0, max - 1).toWellFormed()}…`;
}

function shown(name: string): string {
  return name.slice(0, MAX_SHOWN_NAME).toWellFormed();
}
