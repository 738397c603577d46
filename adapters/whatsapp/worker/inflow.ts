import { proto } from "@whiskeysockets/baileys";
import { type Sleep, sleep } from "../../backoff.ts";
import { editedId, unsealEdit } from "../edits.ts";
import { isStoreFailure, nameOf } from "../failures.ts";
import { bareJid, isGroup } from "../ids.ts";
import { jidsIn, type Reading, readMessage } from "../normalize.ts";
import type { WireContent, WireMessage } from "../payload.ts";
import type { WorkerSettings } from "../protocol.ts";
import type { Scene } from "../scene.ts";
import type { Ask } from "./ask.ts";
import type { Groups } from "./groups.ts";
import { digestOf, type Entry, type Journal, type Spot } from "./journal.ts";
import type { Mappings } from "./mappings.ts";
import { asStanza, contentIn, type Me, messageIn, sentAgainIn } from "./wire.ts";

/** So often a message is tried, with a pause after each but the last, twice as long each time. */
const TRIES = 5;
const FIRST_PAUSE_MS = 1_000;

export interface InflowOptions {
  settings: WorkerSettings;
  ask: Ask;
  journal: Journal;
  mappings: Mappings;
  groups: Pick<Groups, "nameOf" | "isAdmin">;
  me(): Me;
  /** Somebody will answer it. */
  onAnswered(wire: WireMessage): void;
  /** The gateway's store takes nothing: nothing may be acknowledged before it does. */
  onRefused(): void;
  sleep?: Sleep;
}

/**
 * Hands over what was received: the messages of a chat one after the other, in the order of their arrival; chats do not
 * wait for each other.
 *
 * An entry is marked as seen once the gateway has committed it; until then it is in the vault and comes again, after a
 * crash at the next start. If the store fails, none is handed over any more until `resume`. If it is one message that
 * fails, its chat waits and tries again, until the message is given up: the others have nothing to do with it.
 */
export class Inflow {
  readonly #options: InflowOptions;
  readonly #chats = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<string>();
  readonly #introduced = new Set<string>();
  readonly #names = new Map<string, string>();
  /** How often those have failed that are not given up yet. */
  readonly #failures = new Map<string, number>();
  readonly #holding = new AbortController();
  /** Aborted when the connection is over; without one, nothing is handed over. */
  #over: AbortSignal | undefined;
  /** What is committed while that which came before it is still being read. */
  #behind: Entry[] | undefined;
  #refused = false;

  constructor(options: InflowOptions) {
    this.#options = options;
    if (options.settings.holds) this.#holding.abort();
  }

  /** Hand over what waits in the vault, until the connection is over; whatever is committed from now on stands behind it. */
  async resume(over: AbortSignal): Promise<void> {
    const behind: Entry[] = [];
    this.#over = over;
    this.#behind = behind;
    this.#refused = false;
    const waiting = await this.#options.journal.waiting();
    if (this.#behind !== behind) return;
    this.#behind = undefined;
    for (const entry of [...waiting, ...behind]) this.take(entry);
  }

  /** An entry was committed. */
  take(entry: Entry): void {
    if (!this.#isRunning || this.#inFlight.has(entry.id)) return;
    if (this.#behind !== undefined) {
      this.#behind.push(entry);
      return;
    }
    this.#inFlight.add(entry.id);
    const chat = bareJid(entry.attrs.from) ?? "";
    const turn = (this.#chats.get(chat) ?? Promise.resolve()).then(() => this.#handOver(entry));
    this.#chats.set(chat, turn);
    void turn.then(() => {
      this.#inFlight.delete(entry.id);
      if (this.#chats.get(chat) === turn) this.#chats.delete(chat);
    });
  }

  /** Commit what did not come encrypted in a stanza of its own, unless it is known. */
  async keep(id: string, attrs: Record<string, string>, plaintext?: Uint8Array): Promise<void> {
    const { journal } = this.#options;
    if ((await journal.find(id)) !== undefined) return;
    const entry = journal.entry(id, attrs, plaintext);
    await journal.keep(entry);
    this.take(entry);
  }

  /** From now on entries stay in the vault. Resolves when the hand-over under way is done. */
  async hold(): Promise<void> {
    this.#holding.abort();
    await Promise.all(this.#chats.values());
  }

  get #isRunning(): boolean {
    return this.#over?.aborted === false && !this.#refused && !this.#holding.signal.aborted;
  }

  async #handOver(entry: Entry): Promise<void> {
    while (this.#isRunning) {
      try {
        const { answered, wire, spot } = await this.#read(entry);
        await this.#options.journal.done(entry, spot);
        this.#failures.delete(entry.id);
        if (answered && wire !== undefined) this.#options.onAnswered(wire);
        return;
      } catch (error) {
        await this.#failed(entry, error);
      }
    }
  }

  /** Resolves when it is time to look whether to try again. */
  async #failed(entry: Entry, error: unknown): Promise<void> {
    // The connection that ended because of it says so itself.
    if (!this.#isRunning || this.#over === undefined) return;
    if (isStoreFailure(error)) {
      this.#refused = true;
      this.#options.onRefused();
      return;
    }
    const failures = (this.#failures.get(entry.id) ?? 0) + 1;
    this.#failures.set(entry.id, failures);
    if (failures < TRIES) {
      const over = AbortSignal.any([this.#over, this.#holding.signal]);
      await (this.#options.sleep ?? sleep)(FIRST_PAUSE_MS * 2 ** (failures - 1), over);
    } else if (failures === TRIES) {
      await this.#options.ask("malformed", nameOf(error)).catch(() => {});
    }
  }

  /** @returns the spot of what can be quoted or edited */
  async #read(entry: Entry): Promise<{ answered: boolean; wire?: WireMessage; spot?: Spot }> {
    const { ask, mappings, settings, me } = this.#options;
    const failures = this.#failures.get(entry.id) ?? 0;
    if (failures >= TRIES) return { answered: false };
    let wire: WireMessage;
    let again: WireMessage[];
    let jids: string[];
    try {
      wire = messageIn(entry, me());
      again = sentAgainIn(wire);
    } catch (error) {
      await ask("malformed", nameOf(error));
      return { answered: false };
    }
    for (const message of again) {
      const { attrs, plaintext } = asStanza(message);
      const { from, participant = "", id } = attrs;
      await this.keep(digestOf(`sent again/${from}/${participant}/${id}`), attrs, plaintext);
    }
    if (wire.key.fromMe) return { answered: false };
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
      return { answered: false };
    }
    if (reading === null) return { answered: false };
    if (reading.kind === "message") this.#noteName(reading.message.source.user);
    const spot = reading.kind === "message" ? spotOf(wire) : undefined;
    if (spot !== undefined) this.#options.journal.begin(entry, spot);
    const checked = await this.#checked(reading, failures === TRIES - 1);
    return { answered: await ask("handOver", { reading: checked }), wire, ...(spot !== undefined && { spot }) };
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

  /**
   * Anybody can claim to delete as an admin: whoever is none deletes what is their own at most.
   *
   * @param isLast whether an answer that cannot be had is taken for a no
   * @throws if it cannot be found out now
   */
  async #checked(reading: NonNullable<Reading>, isLast: boolean): Promise<NonNullable<Reading>> {
    if (reading.kind !== "deletion" || reading.byAuthor) return reading;
    const { chatId, by } = reading;
    const asked = isGroup(chatId) ? this.#options.groups.isAdmin(chatId, by) : Promise.resolve(false);
    const mayDelete = await asked.catch((error) => {
      if (isLast || isRefusal(error)) return false;
      throw error;
    });
    return { ...reading, byAuthor: !mayDelete };
  }

  #noteName({ id, name }: { id: string; name: string }): void {
    this.#names.delete(id);
    this.#names.set(id, name);
    if (this.#names.size > 5_000) this.#names.delete(this.#names.keys().next().value ?? "");
  }
}

/** The server answered, and tells the account nothing about the group: it is not in there. */
function isRefusal({ data }: { data?: unknown }): boolean {
  return data === 403 || data === 404;
}

function spotOf({ key }: WireMessage): Spot | undefined {
  const chat = bareJid(key.remoteJid);
  const sender = isGroup(chat ?? "") ? bareJid(key.participant) : chat;
  return chat === undefined || sender === undefined || !key.id ? undefined : { chat, sender, messageId: key.id };
}
