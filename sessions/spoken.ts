/** What code writes around people's words before a model reads them. No text can begin or end one of these. */
const NAMES = "message|quoted|forwarded|attachment|background|summary";
const ELEMENT = new RegExp(`<(/?)(${NAMES})(?: [^<>]*)?>`, "g");
const ESCAPED_ELEMENT = new RegExp(String.raw`&lt;(?=/?(?:${NAMES})\b)`, "gi");
const LABELS: Readonly<Record<string, string>> = {
  quoted: "(quoted) ",
  forwarded: "(forwarded) ",
  attachment: "(attached) ",
};

/** The words of a stored text as they were said: without what was written around them for the model. */
export function spoken(text: string): string {
  const words = text.replace(ELEMENT, (_, closing: string, name: string) =>
    closing === "" ? (LABELS[name] ?? "") : "",
  );
  const plain = text.includes("<message ")
    ? words.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
    : words.replace(ESCAPED_ELEMENT, "<");
  return plain.trim();
}
