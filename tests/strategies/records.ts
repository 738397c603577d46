import type { InboundMessage, SourceRecord } from "../../adapters/record.ts";
import { discordRecords } from "../fakes/discord/fixtures.ts";
import { telegramRecords } from "../fakes/telegram/fixtures.ts";
import { webRecords } from "../fakes/web/fixtures.ts";
import { whatsappRecords } from "../fakes/whatsapp/fixtures.ts";

/** Messages of every platform, as its adapter reads them. */
export function everyRecord(): InboundMessage[] {
  return [...discordRecords(), ...telegramRecords(), ...webRecords(), ...whatsappRecords()];
}

/** A group message to vary. */
export function record(changes: Partial<SourceRecord> = {}): SourceRecord {
  return {
    platform: "telegram",
    account: "default",
    chat: { id: "-100", kind: "group" },
    user: { id: "1", name: "Alice", isBot: false },
    messageId: "10",
    sentAt: 1_700_000_000_000,
    ...changes,
  };
}
