import { createHash } from "node:crypto";

/** Model providers take no longer names. */
const LONGEST = 64;
const HASH_LENGTH = 6;

/**
 * The names under which the model is given a server's tools: `<server>__<tool>`, with letters, digits, dashes and underscores
 * alone, at most 64 characters. The same tools get the same names, in whatever order they are listed.
 *
 * A name that needs no change keeps it. One that has to be changed gets a hash of what it was if it had to be cut, or if it
 * would be the name of another tool.
 *
 * @returns by the server's own name; without tools that have no name, or for which no free one is found
 */
export function toolNames(server: string, tools: Iterable<string>): Map<string, string> {
  const prefix = `${server}__`;
  const room = LONGEST - prefix.length;
  const originals = [...new Set(tools)].filter((tool) => tool !== "").sort();
  const wanted = new Map(originals.map((tool) => [tool, tool.slice(0, LONGEST).replace(/[^\w-]/g, "_")]));
  const isCut = (tool: string) => tool.length > room;
  const claims = new Map<string, number>();
  for (const [tool, name] of wanted) {
    // Twice for one that keeps its name: then nobody else gets it.
    if (!isCut(tool)) claims.set(name, (claims.get(name) ?? 0) + (name === tool ? 2 : 1));
  }
  const named = new Map<string, string>();
  const taken = new Set<string>();
  const name = (tool: string, short: string) => {
    if (taken.has(short)) return;
    taken.add(short);
    named.set(tool, prefix + short);
  };
  const keepsIt = (tool: string) => !isCut(tool) && wanted.get(tool) === tool;
  for (const tool of originals) if (keepsIt(tool)) name(tool, tool);
  for (const tool of originals) {
    const short = wanted.get(tool) ?? "";
    if (keepsIt(tool)) continue;
    if (!isCut(tool) && claims.get(short) === 1) name(tool, short);
    else name(tool, `${short.slice(0, room - HASH_LENGTH - 1)}_${hashOf(tool)}`);
  }
  return named;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}
