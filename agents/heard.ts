/**
 * What a person said, without the envelope, quotes and attachments around it: of the last message, where several in
 * envelopes make up a turn.
 *
 * For showing people their own words only: a text that merely looks like an envelope is taken for one.
 */
export function heard(text: string): string {
  const envelope = text.slice(Math.max(0, text.lastIndexOf("<message from=")));
  const inside = /^<message [^>]*>\n(?<text>.*)\n<\/message>\s*$/s.exec(envelope)?.groups?.text;
  if (inside === undefined) return withoutContext(text);
  return withoutContext(inside).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function withoutContext(text: string): string {
  return text.replace(/^(?:<(quoted|attachment)\b[^>]*>[^<]*<\/\1>\n?)+/, "");
}
