import type { Author } from "../sessions/transcript.ts";

/**
 * The envelope that says who wrote a message, where several people write into one session.
 *
 *     <message from="42" name="Ann" at="2026-11-22T12:00:00Z">
 *     text
 *     </message>
 *
 * Code makes it, never a person: `&`, `<` and `>` of everything inside and `"` of attributes are escaped, so no name and
 * no text can close an envelope or begin one.
 */
export interface Utterance {
  author: Author;
  /** Epoch milliseconds. */
  sentAt: number;
  text: string;
  quote?: { userId?: string; name?: string; fromSelf: boolean; text: string };
  /** What was attached, in words. */
  attachments: string[];
}

const MAX_NAME = 64;

/** One message, marked with its author. */
export function tagged({ author, sentAt, ...rest }: Utterance): string {
  const at = new Date(sentAt).toISOString().replace(/\.\d{3}Z$/, "Z");
  return `<message ${identity(author)} at="${at}">\n${[...context(rest), escapeText(rest.text)].join("\n")}\n</message>`;
}

/** One message of somebody who is alone in the session: quotes and attachments are marked, the text is as it is. */
export function untagged(utterance: Utterance): string {
  return [...context(utterance), utterance.text].filter((part) => part !== "").join("\n");
}

/** A person as an attribute pair: the id is stable, the name is what others see today. */
export function identity({ id, name }: Author): string {
  return `from="${attribute(id)}" name="${attribute(displayName(name))}"`;
}

/** What others see, on one line and of bounded length. */
export function displayName(name: string): string {
  const line = name.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return Array.from(line).slice(0, MAX_NAME).join("") || "?";
}

function context({ quote, attachments }: Pick<Utterance, "quote" | "attachments">): string[] {
  const lines = attachments.map((attachment) => `<attachment>${escapeText(attachment)}</attachment>`);
  if (quote === undefined) return lines;
  const whose = quote.fromSelf ? 'self="true"' : identity({ id: quote.userId ?? "", name: quote.name ?? "" });
  return [`<quoted ${whose}>${escapeText(quote.text)}</quoted>`, ...lines];
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  // An id may hold anything: nothing in it may look like the end of a line or of the attribute.
  return escapeText(text)
    .replaceAll('"', "&quot;")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `&#${char.codePointAt(0)};`);
}
