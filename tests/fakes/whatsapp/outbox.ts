import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Connection } from "./connection.ts";
import { element, SERVER } from "./nodes.ts";
import { bare } from "./people.ts";

/** What became of a stanza: the bot has it, or it said that it cannot do anything with it. */
export type Taken = { kind: "receipt"; type: string } | { kind: "nack"; error: string };

type Done = (taken: Taken) => void;

interface Entry {
  node: BinaryNode;
  done: Done[];
}

/**
 * Everything that the bot has to be told, in order, until it has confirmed it.
 *
 * An entry is sent as soon as a connection is active, and again, marked as offline, on every later one, until the bot's
 * receipt or ack for it arrives.
 */
export class Outbox {
  #entries: Entry[] = [];
  /** Who waits for messages that were withdrawn, by id. */
  readonly #withdrawn = new Map<string, Done[]>();
  #connection: Connection | undefined;

  get waiting(): number {
    return this.#entries.length;
  }

  add(node: BinaryNode, done?: Done): void {
    const { id = "" } = node.attrs;
    const inherited = (node.tag === "message" && this.#withdrawn.get(id)) || [];
    this.#withdrawn.delete(id);
    this.#entries.push({ node, done: done === undefined ? inherited : [...inherited, done] });
    this.#connection?.send(node);
  }

  /** The bot is there: tell it what it missed, then what comes. */
  connect(connection: Connection): void {
    const missed = this.#entries.map(({ node }) => node);
    const count = String(missed.length);
    const ofKind = (tag: string) => String(missed.filter((node) => node.tag === tag).length);
    if (missed.length > 0) {
      const preview = { count, message: ofKind("message"), receipt: ofKind("receipt") };
      connection.send(fromServer(element("offline_preview", { ...preview, notification: ofKind("notification") })));
    }
    missed.forEach((node, index) => {
      connection.send({ ...node, attrs: { ...node.attrs, offline: String(index) } });
    });
    connection.send(fromServer(element("offline", { count })));
    this.#connection = connection;
  }

  disconnect(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  /** The bot confirmed a stanza; the oldest one that fits is done with. */
  confirm(tag: string, id: string, from: string, taken: Taken): void {
    const ofId = this.#entries.filter(({ node }) => node.tag === tag && node.attrs.id === id);
    const entry = ofId.find(({ node }) => bare(node.attrs.from ?? "") === bare(from)) ?? ofId[0];
    if (entry === undefined) return;
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    for (const done of entry.done) done(taken);
  }

  /** The bot wants a stanza in another way: the sender's next one takes its place. */
  withdraw(id: string): void {
    const withdrawn = this.#entries.filter(({ node }) => node.tag === "message" && node.attrs.id === id);
    this.#entries = this.#entries.filter((entry) => !withdrawn.includes(entry));
    this.#withdrawn.set(
      id,
      withdrawn.flatMap(({ done }) => done),
    );
  }

  /** For a device that is linked anew: nothing of this was for it. */
  clear(): void {
    this.#entries = [];
    this.#withdrawn.clear();
  }
}

function fromServer(content: BinaryNode): BinaryNode {
  return element("ib", { from: SERVER }, [content]);
}
