import type { Definition, Nodes, Root } from "mdast";

/**
 * Find what the references of a tree lead to. The first definition of an identifier counts.
 *
 * `isHidden` tells of a definition whether some reference shows it.
 */
export function references(root: Root): {
  definitionOf(reference: { identifier: string }): Definition | undefined;
  isHidden(definition: Definition): boolean;
} {
  const definitions = new Map<string, Definition>();
  const used = new Set<string>();

  const waiting: Nodes[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "definition" && !definitions.has(node.identifier)) definitions.set(node.identifier, node);
    if (node.type === "linkReference" || node.type === "imageReference") used.add(node.identifier);
    if ("children" in node) for (const child of node.children.toReversed()) waiting.push(child);
  }

  return {
    definitionOf: ({ identifier }) => definitions.get(identifier),
    isHidden: (definition) => used.has(definition.identifier) && definitions.get(definition.identifier) === definition,
  };
}
