import type { TelegramMessage } from "./message.ts";

/**
 * What a message says in words; the things people send that are neither text nor file get a short text form.
 *
 * @returns null if it says nothing, as service messages do
 */
export function textOf(message: TelegramMessage): string | null {
  return message.text ?? message.caption ?? shortForm(message);
}

function shortForm({ poll, venue, location, contact, dice }: TelegramMessage): string | null {
  if (poll !== undefined) {
    return [`[poll] ${poll.question}`, ...poll.options.slice(0, 20).map(({ text }) => `- ${text}`)].join("\n");
  }
  // A venue carries its location besides.
  if (venue !== undefined) return `[venue] ${venue.title}, ${venue.address} (${coordinates(venue.location)})`;
  if (location !== undefined) return `[location] ${coordinates(location)}`;
  if (contact !== undefined) {
    const name = [contact.first_name, contact.last_name].filter(Boolean).join(" ");
    return `[contact] ${name}, ${contact.phone_number}`;
  }
  if (dice !== undefined) return `[dice] ${dice.emoji} ${dice.value}`;
  return null;
}

function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude}, ${longitude}`;
}
