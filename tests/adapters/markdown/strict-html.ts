/** What a strict reader accepts: tags, and for each the attributes with what their values must look like. */
export type Allowed = Record<string, Record<string, RegExp>>;

const VOID = new Set(["br", "hr"]);
const CHARACTERS: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const PIECE =
  /<(?<close>\/?)(?<tag>[a-z][a-z0-9]*)(?<attributes>(?: [a-z]+="[^"<>]*")*)>|(?<reference>&[^;]*;)|[^<>&]/suy;

/**
 * Read HTML as strictly as can be and return its text: every tag and attribute allowed, every tag closed in order,
 * every special character escaped; quotes between tags where `quotes` says so.
 *
 * @throws at the first thing that is not
 */
export function strictText(html: string, allowed: Allowed, quotes: "escaped" | "bare" = "escaped"): string {
  const open: string[] = [];
  let text = "";
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < html.length) {
    const at = PIECE.lastIndex;
    const piece = PIECE.exec(html);
    if (piece === null || (quotes === "escaped" && /^["']$/.test(piece[0]))) {
      throw new Error(`stray character at ${at}: ${html.slice(at, at + 40)}`);
    }
    const { close, tag, attributes = "", reference } = piece.groups ?? {};
    if (tag === undefined) {
      text += reference === undefined ? piece[0] : decode(reference);
      continue;
    }
    if (close === "/") {
      if (open.pop() !== tag || attributes !== "") throw new Error(`</${tag}> closes nothing`);
    } else {
      checkAttributes(tag, attributes, allowed);
      if (!VOID.has(tag)) open.push(tag);
    }
    if (tag === "br") text += "\n";
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(" ")}`);
  return text;
}

function checkAttributes(tag: string, attributes: string, allowed: Allowed): void {
  const rules = allowed[tag];
  if (rules === undefined) throw new Error(`tag not allowed: ${tag}`);
  for (const [, name = "", value = ""] of attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)) {
    if (!rules[name]?.test(value.replace(/&[^;]*;/g, decode))) throw new Error(`<${tag} ${name}="${value}">`);
  }
}

function decode(reference: string): string {
  const character = CHARACTERS[reference];
  if (character === undefined) throw new Error(`unknown reference: ${reference}`);
  return character;
}
