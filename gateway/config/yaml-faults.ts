import type { YAMLError } from "yaml";

const unclosed = "something is missing here: a colon, a comma, a space, or a closing quote or bracket";
const misplaced = "this cannot stand here; quote text that holds special characters";

/** Our own sentences: the parser's may quote the line, and the line may hold a secret. */
const sentences: Partial<Record<YAMLError["code"], string>> = {
  ALIAS_PROPS: "an alias (*name) takes no anchor or tag",
  BAD_ALIAS: "an anchor (&name) or alias (*name) without a proper name",
  BAD_COLLECTION_TYPE: "the tag does not fit the value",
  BAD_DIRECTIVE: "no directive (%…) is known here",
  BAD_DQ_ESCAPE: "unknown escape in double quotes; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "wrong indentation; keys of one section start in one column",
  BAD_SCALAR_START: "text that starts with this character has to be quoted",
  BLOCK_AS_IMPLICIT_KEY: "a key with its value cannot stand on the line of another key; start a new line, or quote it",
  BLOCK_IN_FLOW: "a block cannot stand inside brackets",
  MISSING_CHAR: unclosed,
  MULTILINE_IMPLICIT_KEY: "a key ends on the line on which it starts; is a colon missing?",
  MULTIPLE_DOCS: "a second document (---) starts here; the configuration is one",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab in the indentation; YAML takes spaces only",
  TAG_RESOLVE_FAILED: "unknown tag (!…)",
  UNEXPECTED_TOKEN: misplaced,
};

export function describeFault(fault: YAMLError): string {
  return `not valid YAML: ${sentences[fault.code] ?? misplaced}`;
}
