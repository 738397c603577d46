import { proto } from "@whiskeysockets/baileys";
import { editedId, unsealEdit } from "../edits.ts";
import { nameOf } from "../failures.ts";
import { bareJid, isGroup } from "../ids.ts";
import { jidsIn, type Reading, readMessage } from "../normalize.ts";
import type { WireContent, WireMessage } from "../payload.ts";
import type { WorkerSettings } from "../protocol.ts";
import type { Scene } from "../scene.ts";
import type { Ask } from "./ask.ts";
import type { Groups } from "./groups.ts";
import type { Entry, Journal, Spot } from "./journal.ts";
import type { Mappings } from "./mappings.ts";
import { contentIn, type Me, messageIn } from "./wire.ts";

export interface InflowOptions {
  settings: WorkerSettings;
  ask: Ask;
  journal: Journal;
  mappings: Mappings;
  groups: Groups;
  me(): Me;
  /** Somebody will answer it. */
  onAnswered(wire: WireMessage): void;
  /** A message was not taken: nothing may be acknowledged before it was. */
  onRefused(): void;
}

/**
 * Hands over what was received: the messages of a chat one after the other, in the order of their arrival; chats do not
 * wait for each other.
 *
 * An entry is marked as seen once the gateway has committed it; until then it is in the vault and comes again, after a
 * crash at the next start. If one is not taken, none is handed over any more until `resume`.
 */
export class Inflow {
  readonly #options: InflowOptions;
  readonly #chats = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<string>();
  readonly #introduced = new Set<string>();
  readonly #names = new Map<string, string>();
  #running = false;
  #holds: boolean;

  constructor(options: InflowOptions) {
    this.#options = options;
    this.#holds = options.settings.holds;
  }

  /** Hand over what waits in the vault; whatever is committed from now on stands behind it. */
  async resume(): Promise<void> {
    this.#running = true;
    for (const entry of await this.#options.journal.waiting()) this.take(entry);
  }

  /** An entry was committed. */
  take(entry: Entry): void {
    if (!this.#running || this.#holds || this.#inFlight.has(entry.id)) return;
    this.#inFlight.add(entry.id);
    const chat = bareJid(entry.attrs.from) ?? "";
    const turn = (this.#chats.get(chat) ?? Promise.resolve()).then(() => this.#handOver(entry));
    this.#chats.set(chat, turn);
    void turn.then(() => {
      this.#inFlight.delete(entry.id);
      if (this.#chats.get(chat) === turn) this.#chats.delete(chat);
    });
  }

  /** From now on entries stay in the vault. Resolves when the hand-over under way is done. */
  async hold(): Promise<void> {
    this.#holds = true;
    await Promise.all(this.#chats.values());
  }

  async #handOver(entry: Entry): Promise<void> {
    if (!this.#running || this.#holds) return;
    try {
      const { answered, wire } = await this.#read(entry);
      await this.#options.journal.done(entry, wire === undefined ? undefined : spotOf(wire));
      if (answered && wire !== undefined) this.#options.onAnswered(wire);
    } catch {
      if (!this.#running) return;
      this.#running = false;
      this.#options.onRefused();
    }
  }

  async #read(entry: Entry): Promise<{ answered: boolean; wire?: WireMessage }> {
    const { ask, mappings, settings, me } = this.#options;
    let wire: WireMessage;
    let jids: string[];
    try {
      wire = messageIn(entry, me());
      if (wire.key.fromMe) return { answered: false };
    } catch (error) {
      await ask("malformed", nameOf(error));
      return { answered: false };
    }
    const original = await this.#editedBy(wire);
    try {
      const opened = original && unsealEdit(wire, original);
      if (opened) wire.message = proto.Message.decode(opened);
      jids = jidsIn(wire);
    } catch (error) {
      await ask("malformed", nameOf(error));
      return { answered: false };
    }
    const { remoteJid, remoteJidAlt, participant, participantAlt } = wire.key;
    mappings.learn(remoteJid, remoteJidAlt);
    mappings.learn(participant, participantAlt);
    await mappings.load(jids);
    for (const jid of jids) await this.#introduce(jid);
    const scene = await this.#scene(wire, original);
    let reading: Reading;
    try {
      reading = readMessage(wire, scene, settings.maxAttachmentBytes);
    } catch (error) {
      await ask("malformed", nameOf(error));
      return { answered: false, wire };
    }
    if (reading === null) return { answered: false, wire };
    if (reading.kind === "message") this.#noteName(reading.message.source.user);
    const spot = spotOf(wire);
    if (spot !== undefined) this.#options.journal.begin(entry, spot);
    return { answered: await ask("handOver", { reading: await this.#checked(reading) }), wire };
  }

  /** The gateway hears that two forms are one person before anything of that person, once in the life of this thread. */
  async #introduce(jid: string): Promise<void> {
    const { lid, phone } = this.#options.mappings.formsOf(jid);
    if (lid === undefined || phone === undefined || lid === bareJid(this.#options.me().lid)) return;
    if (this.#introduced.has(`${phone} ${lid}`)) return;
    await this.#options.ask("samePerson", { from: phone, to: lid });
    this.#introduced.add(`${phone} ${lid}`);
  }

  /** What an edit's message said before: the secret that opens the edit is in it, and what an edit leaves out. */
  async #editedBy(wire: WireMessage): Promise<WireContent | undefined> {
    const id = editedId(wire);
    if (id === undefined) return undefined;
    const { remoteJidAlt, participantAlt, ...key } = wire.key;
    const forms = [
      key,
      { ...key, remoteJid: remoteJidAlt ?? key.remoteJid, participant: participantAlt ?? key.participant },
    ];
    const spots = forms.map((form) => spotOf({ key: { ...form, id } })).filter((spot) => spot !== undefined);
    const before = await this.#options.journal.at(spots);
    return before?.plaintext === undefined ? undefined : contentIn(before.plaintext);
  }

  async #scene(wire: WireMessage, original: WireContent | undefined): Promise<Scene> {
    const { settings, mappings, groups, me } = this.#options;
    const { id, lid, name } = me();
    const chatName = await groups.nameOf(wire.key.remoteJid ?? "");
    const phone = bareJid(id);
    const hidden = bareJid(lid);
    return {
      account: settings.account,
      bot: { ...(phone && { phone }), ...(hidden && { lid: hidden }), ...(name && { name }) },
      person: (jid) => mappings.person(jid),
      ...(chatName !== undefined && { chatName }),
      nameOf: (userId) => this.#names.get(userId),
      now: Number(wire.messageTimestamp) * 1_000,
      ...(original !== undefined && { original }),
    };
  }

  /** Anybody can claim to delete as an admin: whoever is none deletes what is their own at most. */
  async #checked(reading: NonNullable<Reading>): Promise<NonNullable<Reading>> {
    if (reading.kind !== "deletion" || reading.byAuthor) return reading;
    const { chatId, by } = reading;
    const mayDelete = isGroup(chatId) && (await this.#options.groups.isAdmin(chatId, by).catch(() => false));
    return { ...reading, byAuthor: !mayDelete };
  }

  #noteName({ id, name }: { id: string; name: string }): void {
    this.#names.delete(id);
    this.#names.set(id, name);
    if (this.#names.size > 5_000) this.#names.delete(this.#names.keys().next().value ?? "");
  }
}

function spotOf({ key }: WireMessage): Spot | undefined {
  const chat = bareJid(key.remoteJid);
  const sender = isGroup(chat ?? "") ? bareJid(key.participant) : chat;
  return chat === undefined || sender === undefined || !key.id ? undefined : { chat, sender, messageId: key.id };
}
