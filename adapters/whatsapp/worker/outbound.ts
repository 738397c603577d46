import { SendError } from "../../adapter.ts";
import { calledOff, isStale, notAnswered, notConnected, sendErrorOf } from "../errors.ts";
import { isGroup } from "../ids.ts";
import type { SendOrder } from "../protocol.ts";
import { compose } from "./composing.ts";
import type { Deliveries } from "./deliveries.ts";
import { codeIn, type Groups } from "./groups.ts";
import type { Journal } from "./journal.ts";
import type { Line } from "./line.ts";
import type { Mappings } from "./mappings.ts";
import type { Sent } from "./sent.ts";

/** So many messages that were refused because of stale knowledge are remembered. */
const REFUSED = 1_000;

export interface OutboundOptions {
  deliveries: Deliveries;
  journal: Journal;
  mappings: Mappings;
  groups: Groups;
  sent: Sent;
}

/**
 * Sends messages, each under an id that is always the same, and waits until WhatsApp has taken it.
 *
 * Whether people got a message that failed may be unknown, and does not matter: sent again it has the same id and the
 * same words, and is shown once.
 */
export class Outbound {
  readonly #options: OutboundOptions;
  readonly #deliveries: Deliveries;
  readonly #refusedOnce = new Set<string>();

  constructor(options: OutboundOptions) {
    this.#options = options;
    this.#deliveries = options.deliveries;
  }

  /** @throws SendError */
  async send(order: SendOrder, line: Line | undefined, signal: AbortSignal): Promise<string> {
    if (line?.isOpen !== true) throw notConnected();
    const { messageId, chatId } = order;
    const { sent } = this.#options;
    if (isGroup(chatId)) await this.#mayWrite(chatId, line);
    const message = (await sent.find(messageId)) ?? (await this.#write(order, line));
    if (signal.aborted) throw calledOff();
    const code = await this.#deliveries.send({ messageId, chatId, message }, line, signal);
    if (code !== undefined) throw await this.#refused(code, order, line);
    this.#refusedOnce.delete(messageId);
    // The next message is typed, or none.
    line.sock.sendPresenceUpdate("paused", chatId).catch(() => {});
    return messageId;
  }

  async #mayWrite(chatId: string, { sock }: Line): Promise<void> {
    const { groups } = this.#options;
    const silent = await groups.isSilent(chatId, sock.user).catch((error) => {
      const code = codeIn(error);
      throw code === undefined ? notAnswered() : sendErrorOf(code);
    });
    if (silent) throw new SendError("refused", "only admins write in this group, and the bot is none");
  }

  /** What was believed of the chat may be why: the next try asks again who is in it, and with which devices. */
  async #refused(code: number, { messageId, chatId }: SendOrder, { sock }: Line): Promise<SendError> {
    this.#options.groups.forget(chatId);
    if (!isStale(code) || this.#refusedOnce.has(messageId)) return sendErrorOf(code);
    this.#refusedOnce.add(messageId);
    if (this.#refusedOnce.size > REFUSED) this.#refusedOnce.delete(this.#refusedOnce.keys().next().value ?? "");
    await sock.userDevicesCache.flushAll();
    return new SendError("temporary", `what was known of this chat is out of date: code ${code}`);
  }

  async #write(order: SendOrder, line: Line): Promise<Awaited<ReturnType<typeof compose>>> {
    try {
      const message = await compose(order, { ...this.#options, sock: line.sock });
      await this.#options.sent.keep(order.messageId, order.chatId, message);
      return message;
    } catch {
      // Nothing went out: the file could not be uploaded, or the store failed.
      throw new SendError("temporary", "the message could not be prepared");
    }
  }
}
