/** What code writes around people's words before a model reads them. No text can begin or end one of these. */
const NAMES = "message|quoted|forwarded|attachment|background|summary";
const ELEMENT = new RegExp(`<(/?)(${NAMES})(?: [^<>]*)?>`, "g");
const ESCAPED_ELEMENT = new RegExp(String.raw`&lt;(?=/?(?:${NAMES})\b)`, "gi");
const LABELS: Readonly<Record<string, string>> = {
  quoted: "(quoted) ",
  forwarded: "(forwarded) ",
  attachment: "(attached) ",
};

/** What stands inside is escaped whether or not there is an envelope around it. */
const INSIDE = /<(quoted|forwarded|attachment)(?: [^<>]*)?>([^<]*)<\/\1>/g;

/** The words of a stored text as they were said: without what was written around them for the model. */
export function spoken(text: string): string {
  const isTagged = text.includes("<message ");
  const marked = isTagged
    ? text
    : text.replace(INSIDE, (_, name: string, inside: string) => `${LABELS[name]}${unescaped(inside)}`);
  const words = marked.replace(ELEMENT, (_, closing: string, name: string) =>
    closing === "" ? (LABELS[name] ?? "") : "",
  );
  const plain = isTagged ? unescaped(words) : words.replace(ESCAPED_ELEMENT, "<");
  return plain.trim();
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
