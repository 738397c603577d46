import { discordFixtures, normalized as fromDiscord } from "../tests/fakes/discord/fixtures.ts";
import { normalized as fromTelegram, telegramFixtures } from "../tests/fakes/telegram/fixtures.ts";
import { readFixture, whatsappFixtures } from "../tests/fakes/whatsapp/fixtures.ts";
import { median, printTable } from "./table.ts";

/**
 * How long it takes to read a platform's payload as a message: every kind of message that the platform's tests know, one
 * after the other, many times over. Medians of several rounds.
 */
const MESSAGES = 100_000;
const ROUNDS = 7;

/** @returns microseconds per message */
function measure<Payload>(payloads: readonly Payload[], read: (payload: Payload) => unknown): number[] {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (let n = 0; n < MESSAGES; n++) read(payloads[n % payloads.length] as Payload);
    rounds.push(((performance.now() - begun) * 1_000) / MESSAGES);
  }
  // The first one warms up.
  return rounds.slice(1);
}

const platforms: Array<[string, number[]]> = [
  ["Discord", measure(discordFixtures, fromDiscord)],
  ["Telegram", measure(telegramFixtures, fromTelegram)],
  ["WhatsApp", measure(whatsappFixtures, readFixture)],
];
printTable(
  ["platform", "µs per message", "range"],
  platforms.map(([name, rounds]) => [
    name,
    median(rounds).toFixed(1),
    `${Math.min(...rounds).toFixed(1)} to ${Math.max(...rounds).toFixed(1)}`,
  ]),
);
