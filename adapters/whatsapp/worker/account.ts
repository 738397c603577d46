import {
  type AuthenticationCreds,
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  S_WHATSAPP_NET,
} from "@whiskeysockets/baileys";
import { isGroup } from "../ids.ts";
import type { WireMessage } from "../payload.ts";
import type { Ending, LinkedAccount, SendOrder, WorkerCalls, WorkerSettings } from "../protocol.ts";
import type { Serves } from "../thread-calls.ts";
import type { Ask } from "./ask.ts";
import { credsEntry, readCreds } from "./creds.ts";
import { Deliveries } from "./deliveries.ts";
import { download } from "./download.ts";
import { durableRepository } from "./durable-repository.ts";
import { Groups } from "./groups.ts";
import { Inflow } from "./inflow.ts";
import { digestOf, Journal } from "./journal.ts";
import { Line } from "./line.ts";
import { Mappings } from "./mappings.ts";
import { Outbound } from "./outbound.ts";
import { pair } from "./pairing.ts";
import { Repeats } from "./repeats.ts";
import { Sent } from "./sent.ts";
import { Turnstile } from "./turnstile.ts";
import { vaultKeys } from "./vault-keys.ts";
import type { Me } from "./wire.ts";
import { WorkerVault } from "./worker-vault.ts";

/**
 * One account, as its thread serves it: at most one connection at a time, and all that outlives a connection.
 *
 * Credentials are read for each connection and written whole whenever Baileys changes them, in the order of the changes
 * and before any keys that were made later. The first thing that fails to be written or handed over ends the connection.
 */
export class Account {
  readonly #settings: WorkerSettings;
  readonly #ask: Ask;
  readonly #vault: WorkerVault;
  readonly #journal: Journal;
  readonly #mappings: Mappings;
  readonly #groups: Groups;
  readonly #inflow: Inflow;
  readonly #sent: Sent;
  readonly #outbound: Outbound;
  readonly #repeats: Repeats;
  readonly #turnstile = new Turnstile();
  #saving: Promise<void> = Promise.resolve();
  #line: Line | undefined;
  #me: Me = { id: "" };
  #closed = false;

  constructor(settings: WorkerSettings, ask: Ask) {
    this.#settings = settings;
    this.#ask = ask;
    this.#vault = new WorkerVault(ask);
    this.#vault.onFailure = () => this.#line?.end({ by: "vault" });
    this.#journal = new Journal(this.#vault);
    this.#mappings = new Mappings(this.#vault);
    this.#groups = new Groups(this.#mappings);
    this.#sent = new Sent(this.#vault, this.#mappings);
    const parts = { ask, journal: this.#journal, mappings: this.#mappings, groups: this.#groups };
    this.#inflow = new Inflow({
      ...parts,
      settings,
      me: () => this.#me,
      onAnswered: (wire) => void this.#showRead(wire),
      onRefused: () => this.#line?.end({ by: "gateway" }),
    });
    const deliveries = new Deliveries();
    this.#outbound = new Outbound({ ...parts, deliveries, sent: this.#sent });
    this.#repeats = new Repeats({ deliveries, sent: this.#sent });
  }

  readonly serves: Serves<WorkerCalls> = {
    connect: () => this.#connect(),
    pair: ({ phone }) => this.#pair(phone),
    logout: () => this.#logout(),
    send: (order: SendOrder, signal) => this.#outbound.send(order, this.#line, signal),
    typing: async ({ chatId }) => {
      if (this.#line?.isOpen) await this.#line.sock.sendPresenceUpdate("composing", chatId);
      return null;
    },
    isAdmin: async ({ chatId, userId }) => {
      if (isGroup(chatId)) return await this.#groups.isAdmin(chatId, userId);
      await this.#mappings.load([chatId, userId]);
      return this.#mappings.isSame(chatId, userId);
    },
    personId: async ({ jid }) => {
      await this.#mappings.load([jid]);
      return this.#mappings.person(jid).id;
    },
    fetch: (takes, signal) => download(takes, this.#line, signal),
    hold: async () => {
      await this.#inflow.hold();
      return null;
    },
    close: async () => {
      this.#closed = true;
      this.#line?.end({ by: "us" });
      await this.#line?.ended;
      await this.#turnstile.idle();
      await this.#saving;
      return null;
    },
  };

  async #connect(): Promise<Ending> {
    // What the connection before had begun is over first.
    await this.#turnstile.idle();
    await this.#saving;
    const creds = await readCreds(this.#vault).catch(() => null);
    if (creds === null) return { by: "vault" };
    if (creds?.me === undefined) return { by: "whatsapp", code: 401 };
    this.#me = creds.me;
    if (this.#closed) return { by: "us" };

    const stanzas = new WeakMap<Uint8Array, BinaryNode["attrs"]>();
    const line: Line = new Line({
      settings: this.#settings,
      creds,
      keys: vaultKeys(this.#vault),
      makeSignalRepository: durableRepository({
        journal: this.#journal,
        turnstile: this.#turnstile,
        stanzas,
        onCommitted: (entry) => this.#inflow.take(entry),
        // Besides the receipt that goes out as well: either may be what the server waits for.
        onKnown: (attrs) => void line.sock.sendMessageAck({ tag: "message", attrs }).catch(() => {}),
        onMapped: ({ lid, pn }) => this.#mappings.learn(lid, pn),
        isOver: () => line.isOver,
      }),
      getMessage: (key) => this.#sent.again(key),
      cachedGroupMetadata: (jid) => this.#groups.cached(jid),
    });
    this.#line = line;
    this.#groups.use(line);
    this.#listen(line, stanzas);
    this.#repeats.listen(line);
    line.sock.ev.on("creds.update", () => {
      this.#me = creds.me ?? this.#me;
      if (!line.isOver) this.#save(creds);
    });
    void line.opened.then(() => {
      void this.#ask("opened", null);
      // Not before: what is handed over may need to be asked about.
      this.#inflow.resume(line.over).catch(() => line.end({ by: "vault" }));
    });
    return await line.ended;
  }

  #save(creds: AuthenticationCreds): void {
    const entry = credsEntry(creds);
    // That it failed ends the connection by itself.
    this.#saving = this.#saving.then(() => this.#vault.write([entry])).catch(() => {});
  }

  /** Learn what Baileys does not pass on with what it decrypts. */
  #listen({ sock }: Line, stanzas: WeakMap<Uint8Array, BinaryNode["attrs"]>): void {
    // Before Baileys itself gets to see the stanza.
    sock.ws.prependListener("CB:message", (node: BinaryNode) => {
      // Baileys takes in one by one what the bot missed, and what comes meanwhile at once: it would overtake.
      node.attrs.offline ??= "0";
      for (const { content } of getBinaryNodeChildren(node, "enc")) {
        if (content instanceof Uint8Array) stanzas.set(content, node.attrs);
      }
      const { id, from, participant = "" } = node.attrs;
      // Linked devices get nothing but this notice of what is shown once.
      if (getBinaryNodeChild(node, "unavailable")?.attrs.type?.startsWith("view_once") && id && from) {
        void this.#keep(digestOf(`shown once/${from}/${participant}/${id}`), node.attrs);
      }
    });
    sock.ev.on("lid-mapping.update", ({ lid, pn }) => this.#mappings.learn(lid, pn));
  }

  async #keep(id: string, attrs: Record<string, string>): Promise<void> {
    try {
      await this.#inflow.keep(id, attrs);
    } catch {
      // The vault's failure has ended the connection.
    }
  }

  async #showRead({ key }: WireMessage): Promise<void> {
    const line = this.#line;
    if (!this.#settings.readReceipts || line?.isOpen !== true) return;
    try {
      const { readreceipts } = await line.sock.fetchPrivacySettings().catch(() => ({ readreceipts: undefined }));
      await line.sock.sendReceipts([key], readreceipts === "none" ? "read-self" : "read");
    } catch {
      // Nobody misses it.
    }
  }

  async #pair(phone: string | undefined): Promise<LinkedAccount> {
    return await pair({
      settings: this.#settings,
      ask: this.#ask,
      vault: this.#vault,
      ...(phone !== undefined && { phone }),
      onLine: (line) => {
        this.#line = line;
        if (this.#closed) line.end({ by: "us" });
      },
    });
  }

  /** @returns whether WhatsApp knows */
  async #logout(): Promise<boolean> {
    const line = this.#line;
    if (line?.isOpen !== true) return false;
    const { sock } = line;
    const removal: BinaryNode = {
      tag: "iq",
      attrs: { to: S_WHATSAPP_NET, type: "set", xmlns: "md" },
      content: [{ tag: "remove-companion-device", attrs: { jid: sock.user?.id ?? "", reason: "user_initiated" } }],
    };
    // It may answer, or just end the connection, as it does with devices that were removed.
    const answered = sock.query(removal).then((answer) => answer !== undefined);
    const ended = line.ended.then((ending) => ending.by === "whatsapp" && ending.code === 401);
    const told = await Promise.race([answered.catch(() => ended), ended]);
    line.end({ by: "us" });
    return told;
  }
}
