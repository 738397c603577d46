import type { BinaryNode } from "@whiskeysockets/baileys";
import { type Sleep, sleep } from "../../backoff.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Line } from "./line.ts";
import type { Sent } from "./sent.ts";

const TRIES = 6;
const FIRST_PAUSE_MS = 1_000;

export interface RepeatsOptions {
  deliveries: Pick<Deliveries, "awaits">;
  sent: Pick<Sent, "again">;
  sleep?: Sleep;
}

/**
 * Sends again what was sent once more, for somebody who could not read it, and was refused.
 *
 * The library answers those who ask, takes their question as answered and looks at nothing that comes of it: a message that
 * WhatsApp refuses at that moment would never be read by anybody. What ends with its connection is asked for again.
 */
export class Repeats {
  readonly #options: RepeatsOptions;
  /** How often each was refused, by message and reader. */
  readonly #refused = new Map<string, number>();

  constructor(options: RepeatsOptions) {
    this.#options = options;
  }

  listen(line: Line): void {
    line.sock.ws.on("CB:ack,class:message", ({ attrs }: BinaryNode) => {
      void this.#acknowledged(attrs, line).catch(() => {});
    });
  }

  async #acknowledged({ id = "", from = "", participant, error }: BinaryNode["attrs"], line: Line): Promise<void> {
    // What is on its way for the first time has somebody who sees to it.
    if (id === "" || this.#options.deliveries.awaits(id)) return;
    const name = `${id} ${participant ?? ""}`;
    const before = this.#refused.get(name) ?? 0;
    this.#refused.delete(name);
    if (error === undefined || before >= TRIES) return;
    this.#refused.set(name, before + 1);
    await (this.#options.sleep ?? sleep)(FIRST_PAUSE_MS * 2 ** before, line.over);
    const message = line.over.aborted ? undefined : await this.#options.sent.again({ id, remoteJid: from });
    if (message === undefined || line.over.aborted) {
      this.#refused.delete(name);
      return;
    }
    const reader =
      participant === undefined ? { useUserDevicesCache: false } : { participant: { jid: participant, count: 1 } };
    await line.sock.relayMessage(from, message, { messageId: id, ...reader });
  }
}
