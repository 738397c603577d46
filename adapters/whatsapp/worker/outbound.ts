import type { BinaryNode } from "@whiskeysockets/baileys";
import { SendError } from "../../adapter.ts";
import { calledOff, notConnected, sendErrorOf } from "../errors.ts";
import { isGroup } from "../ids.ts";
import type { SendOrder } from "../protocol.ts";
import { compose } from "./composing.ts";
import type { Groups } from "./groups.ts";
import type { Journal } from "./journal.ts";
import type { Line } from "./line.ts";
import type { Mappings } from "./mappings.ts";
import type { Sent } from "./sent.ts";

const ACK_MS = 20_000;

export interface OutboundOptions {
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

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** @throws SendError */
  async send(order: SendOrder, line: Line | undefined, signal: AbortSignal): Promise<string> {
    if (line?.isOpen !== true) throw notConnected();
    const { messageId, chatId } = order;
    const { sent, groups } = this.#options;
    if (isGroup(chatId))
      await groups.metadata(chatId).catch((error) => {
        throw sendErrorOf(codeIn(error) ?? 500);
      });
    const message = (await sent.find(messageId)) ?? (await this.#write(order, line));
    if (signal.aborted) throw calledOff();
    const ack = new Ack(line, messageId, signal);
    try {
      const relayed = line.sock.relayMessage(chatId, message, { messageId });
      // Whoever waits for the ack hears first if the line breaks.
      relayed.catch(() => {});
      const code = await Promise.race([ack.code, relayed.then(() => ack.code)]);
      if (code !== undefined) throw sendErrorOf(code);
    } catch (error) {
      throw error instanceof SendError ? error : failed();
    } finally {
      ack.close();
    }
    // The next message is typed, or none.
    line.sock.sendPresenceUpdate("paused", chatId).catch(() => {});
    return messageId;
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

/** WhatsApp's answer to one message. */
class Ack {
  /** Resolves with the code of a refusal, or undefined. Rejects if nothing comes. */
  readonly code: Promise<number | undefined>;
  readonly #close: () => void;

  constructor(line: Line, messageId: string, signal: AbortSignal) {
    const answer = Promise.withResolvers<number | undefined>();
    const lost = (why: string) => answer.reject(new SendError("temporary", why));
    const timer = setTimeout(() => lost("WhatsApp has not confirmed the message"), ACK_MS);
    const onAck = ({ attrs }: BinaryNode) => {
      if (attrs.id === messageId) answer.resolve(attrs.error === undefined ? undefined : Number(attrs.error) || 400);
    };
    const onAbort = () => lost("the send was called off on its way");
    line.sock.ws.on("CB:ack,class:message", onAck);
    signal.addEventListener("abort", onAbort, { once: true });
    const onOver = () => lost("the connection to WhatsApp was lost");
    line.over.addEventListener("abort", onOver, { once: true });
    this.code = answer.promise;
    this.code.catch(() => {});
    this.#close = () => {
      clearTimeout(timer);
      line.sock.ws.off("CB:ack,class:message", onAck);
      signal.removeEventListener("abort", onAbort);
      line.over.removeEventListener("abort", onOver);
    };
  }

  close(): void {
    this.#close();
  }
}

function failed(): SendError {
  return new SendError("temporary", "the message could not be sent");
}

/** The code in an answer to a question, where the server refused. */
function codeIn(error: unknown): number | undefined {
  const { data, output } = error as { data?: unknown; output?: { statusCode?: number } };
  return typeof data === "number" && data > 0 ? data : output?.statusCode;
}
