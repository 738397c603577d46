import type { Span } from "../markdown/tree.ts";

/** Never seen, and keeps a line from breaking there. */
const JOINER = "\u2060";

/** What Telegram would take for a user name, or what could become one together with the text behind it. */
const MENTION = /(?<!\w)@(?=\w|$)/g;

/**
 * A text that calls nobody: Telegram knows no way to send a user name without notifying who has it, so that it must not
 * be one. Addresses of mail and of machines stay as they are.
 *
 * @see https://core.telegram.org/bots/api#messageentity
 */
export function withoutMentions(text: string): string {
  return text.replace(MENTION, `@${JOINER}`);
}

/** Telegram drops links to machines without a dot in their names, and those of mail: what they show is text like any other. */
const KEPT = /^https?:\/\/[^/?#]*\./;

/** The same where nothing is called anyway is left alone: in code, which people copy, and in addresses. */
export function calmed(span: Span): Span {
  if (span.code || (span.link?.bare && KEPT.test(span.link.url))) return span;
  const text = withoutMentions(span.text);
  return text === span.text ? span : { ...span, text };
}
