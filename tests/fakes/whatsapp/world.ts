import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Bell } from "../bell.ts";
import type { Log } from "../log.ts";
import type { Account } from "./account.ts";
import type { Companion } from "./companion.ts";
import type { Faults } from "./faults.ts";
import type { Group } from "./group.ts";
import type { MediaServer } from "./media-server.ts";
import type { Outbox } from "./outbox.ts";
import { names, type Person } from "./people.ts";
import type { Presence, Receipt, SentMessage } from "./seen.ts";

/** Everything that lasts as long as the fake, whoever connects. */
export interface World {
  readonly clock: () => number;
  readonly bell: Bell;
  readonly account: Account;
  readonly people: Person[];
  readonly groups: Map<string, Group>;
  readonly outbox: Outbox;
  readonly media: MediaServer;
  readonly faults: Faults;
  readonly sent: Log<SentMessage>;
  readonly receipts: Log<Receipt>;
  readonly presences: Log<Presence>;
  /** Ids of messages that the bot has acknowledged without a receipt, or before it. */
  readonly acks: Log<string>;
  /** What people wrote, by id, for the bot that asks for it again. */
  readonly written: Map<string, Written>;
  /** How often a message of the bot arrived, by id. */
  readonly arrivals: Map<string, number>;
  /** What the bot did that WhatsApp's own clients never do. */
  readonly violations: string[];
  /** The bot's linked device; undefined where none is linked. */
  companion: Companion | undefined;
  /** One thing after the other, in the order of the calls. */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
}

/** A message of somebody, with what is needed to send it again. */
export interface Written {
  person: Person;
  /** As it went out last; undefined if it never did. */
  node: BinaryNode | undefined;
  /** Encrypt it anew for the bot alone. */
  resend(count: number): Promise<void>;
}

export function personBy(world: World, jid: string): Person | undefined {
  return world.people.find((person) => names(jid, person));
}

export function linkedCompanion(world: World): Companion {
  if (world.companion === undefined) throw new Error("the bot is not linked: nobody can encrypt for it");
  return world.companion;
}

export const secondsOf = (world: World): string => String(Math.floor(world.clock() / 1000));
