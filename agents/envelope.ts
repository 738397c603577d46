import type { Author } from "../sessions/transcript.ts";
import { disarm, escapeAttribute, escapeText } from "./escape.ts";

/**
 * The envelope that says who wrote a message, where several people write into one session.
 *
 *     <message from="42" name="Ann" at="2026-11-22T12:00:00Z">
 *     <quoted from="7" name="Bob">what she replies to</quoted>
 *     <attachment>image "cat.png" (shown below)</attachment>
 *     text
 *     </message>
 *
 * A message that is only passed on has `<forwarded from="7" name="Bob">text</forwarded>` in the place of the text. Where
 * one person writes alone, the same stands there without the envelope.
 *
 * Code makes all of it, never a person: no name and no text can close one of these elements or begin one.
 */
export interface Utterance {
  author: Author;
  /** Epoch milliseconds. */
  sentAt: number;
  text: string;
  quote?:
    | {
        userId?: string | undefined;
        name?: string | undefined;
        fromSelf: boolean;
        /** True if only the author says that it was said. */
        claimed?: boolean | undefined;
        text: string;
      }
    | undefined;
  /** Set if somebody else wrote the text. Empty where nobody knows who. */
  forwarded?: { userId?: string; name?: string };
  /** What was attached, in words. */
  attachments: string[];
}

const MAX_NAME = 64;

/** One message, marked with its author. */
export function tagged(utterance: Utterance): string {
  const { author, sentAt, text, forwarded } = utterance;
  const at = new Date(sentAt).toISOString().replace(/\.\d{3}Z$/, "Z");
  const words = forwarded === undefined ? escapeText(text) : passedOn(forwarded, text);
  return `<message ${identity(author)} at="${at}">\n${[...context(utterance), words].join("\n")}\n</message>`;
}

/**
 * One message of somebody who is alone in the session: what is quoted, forwarded and attached is marked, the text is as it
 * is but for what looks like such a mark.
 */
export function untagged(utterance: Utterance): string {
  const { text, forwarded } = utterance;
  const words = forwarded === undefined ? disarm(text) : passedOn(forwarded, text);
  return [...context(utterance), words].filter((part) => part !== "").join("\n");
}

/** A person as an attribute pair: the id is stable, the name is what others see today. */
export function identity({ id, name }: Author): string {
  return `from="${escapeAttribute(id)}" name="${escapeAttribute(displayName(name))}"`;
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
  const claimed = quote.claimed === true ? ' claimed="true"' : "";
  return [`<quoted ${whose}${claimed}>${escapeText(quote.text)}</quoted>`, ...lines];
}

function passedOn({ userId, name }: NonNullable<Utterance["forwarded"]>, text: string): string {
  const from = userId === undefined ? "" : ` from="${escapeAttribute(userId)}"`;
  const called = name === undefined ? "" : ` name="${escapeAttribute(displayName(name))}"`;
  return `<forwarded${from}${called}>${escapeText(text)}</forwarded>`;
}
