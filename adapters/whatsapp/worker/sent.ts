import { proto, type WAMessageKey } from "@whiskeysockets/baileys";
import type { Vault } from "../../adapter.ts";
import { fieldsOf, jsonIn } from "../payload.ts";
import { SENT } from "../vault-kinds.ts";
import type { Mappings } from "./mappings.ts";

const SENT_MS = 7 * 24 * 3_600_000;

interface Row {
  to: string;
  /** The encoded message, base64. */
  content: string;
}

/**
 * What was sent, for a week: a message that is sent again is the very same, and whoever could not decrypt it can ask for
 * it once more.
 */
export class Sent {
  readonly #vault: Vault;
  readonly #mappings: Mappings;

  constructor(vault: Vault, mappings: Mappings) {
    this.#vault = vault;
    this.#mappings = mappings;
  }

  async find(messageId: string): Promise<proto.IMessage | undefined> {
    const row = await this.#row(messageId);
    return row && contentOf(row);
  }

  async keep(messageId: string, to: string, message: proto.IMessage): Promise<void> {
    const content = Buffer.from(proto.Message.encode(message).finish()).toString("base64");
    const row: Row = { to, content };
    await this.#vault.write([
      { kind: SENT, id: messageId, value: JSON.stringify(row), expiresAt: Date.now() + SENT_MS },
    ]);
  }

  /** For those who ask again: only in the chat that it was sent to. */
  async again({ id, remoteJid }: WAMessageKey): Promise<proto.IMessage | undefined> {
    const row = id ? await this.#row(id) : undefined;
    if (row === undefined || !remoteJid) return undefined;
    await this.#mappings.load([row.to, remoteJid]);
    return this.#mappings.isSame(row.to, remoteJid) ? contentOf(row) : undefined;
  }

  async #row(messageId: string): Promise<Row | undefined> {
    const text = (await this.#vault.read(SENT, [messageId])).get(messageId);
    const { to, content } = fieldsOf(text === undefined ? undefined : jsonIn(text));
    return typeof to === "string" && typeof content === "string" ? { to, content } : undefined;
  }
}

/** @returns undefined if it is damaged: then it is as if it had not been kept */
function contentOf({ content }: Row): proto.IMessage | undefined {
  try {
    return proto.Message.decode(Buffer.from(content, "base64"));
  } catch {
    return undefined;
  }
}
