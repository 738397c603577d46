import { rearm, unescapeText } from "./escape.ts";

/**
 * What a person said, without the envelope, quotes and attachments around it: of the last message, where several in
 * envelopes make up a turn. What they only passed on says so.
 *
 * For showing people their own words only.
 */
export function heard(text: string): string {
  const envelope = text.slice(Math.max(0, text.lastIndexOf("<message from=")));
  const inside = /^<message [^>]*>\n(?<text>.*)\n<\/message>\s*$/s.exec(envelope)?.groups?.text;
  const words = withoutContext(inside ?? text);
  const forwarded = FORWARDED.exec(words)?.groups;
  if (forwarded !== undefined) return passedOn(forwarded.name, unescapeText(forwarded.text ?? ""));
  return inside === undefined ? rearm(words) : unescapeText(words);
}

const FORWARDED = /^<forwarded(?: from="[^"]*")?(?: name="(?<name>[^"]*)")?>(?<text>[^<]*)<\/forwarded>$/;

function passedOn(name: string | undefined, text: string): string {
  const from = name === undefined ? "" : ` from ${unescapeText(name.replaceAll("&quot;", '"'))}`;
  return `(forwarded${from}) ${text}`.trimEnd();
}

function withoutContext(text: string): string {
  return text.replace(/^(?:<(quoted|attachment)\b[^>]*>[^<]*<\/\1>(?:\n|$))+/, "");
}
