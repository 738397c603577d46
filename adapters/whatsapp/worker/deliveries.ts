import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import { SendError } from "../../adapter.ts";
import type { Line } from "./line.ts";

/** How long WhatsApp may take to answer a message that has gone out. */
const ACK_MS = 20_000;

interface Delivery {
  route: Route;
  code: Promise<number | undefined>;
}

/** What is needed of a connection. */
export type Route = { sock: { ws: Line["sock"]["ws"]; relayMessage: Line["sock"]["relayMessage"] }; over: AbortSignal };

export interface Parcel {
  messageId: string;
  chatId: string;
  message: proto.IMessage;
}

/**
 * The messages that are on their way.
 *
 * Before it goes out, a message may wait for others and for the keys of many people; only after that is WhatsApp expected
 * to answer. One that is asked for again before it is out is not prepared twice: whoever asks waits for the same answer.
 */
export class Deliveries {
  /** What is not out yet, by message id. */
  readonly #preparing = new Map<string, Delivery>();

  /** Whether somebody waits for what WhatsApp says of a message. */
  awaits(messageId: string): boolean {
    return this.#preparing.has(messageId);
  }

  /**
   * @returns the code of WhatsApp's refusal, or undefined
   * @throws SendError
   */
  async send(parcel: Parcel, route: Route, signal: AbortSignal): Promise<number | undefined> {
    const off = Promise.withResolvers<never>();
    const onAbort = () => off.reject(new SendError("temporary", "the send was called off on its way"));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.#answer(parcel, route), off.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #answer(parcel: Parcel, route: Route): Promise<number | undefined> {
    const { messageId } = parcel;
    const before = this.#preparing.get(messageId);
    // What another connection had begun ended with it.
    if (before?.route === route) return before.code;
    const relayed = route.over.aborted
      ? Promise.reject(new Error("the connection is over"))
      : route.sock.relayMessage(parcel.chatId, parcel.message, { messageId });
    const delivery = { route, code: answered(messageId, route, relayed) };
    this.#preparing.set(messageId, delivery);
    const done = () => {
      if (this.#preparing.get(messageId) === delivery) this.#preparing.delete(messageId);
    };
    relayed.then(done, done);
    delivery.code.then(done, done);
    return delivery.code;
  }
}

async function answered(
  messageId: string,
  { sock, over }: Route,
  relayed: Promise<unknown>,
): Promise<number | undefined> {
  const answer = Promise.withResolvers<number | undefined>();
  const lost = (why: string) => answer.reject(new SendError("temporary", why));
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const onAck = ({ attrs }: BinaryNode) => {
    if (attrs.id === messageId) answer.resolve(attrs.error === undefined ? undefined : Number(attrs.error) || 400);
  };
  const onOver = () => lost("the connection to WhatsApp was lost");
  sock.ws.on("CB:ack,class:message", onAck);
  over.addEventListener("abort", onOver, { once: true });
  relayed.then(
    () => {
      // The answer may be there before the message is known to be out.
      if (!isOver) timer = setTimeout(() => lost("WhatsApp has not confirmed the message"), ACK_MS);
    },
    () => lost("the message could not be sent"),
  );
  try {
    return await answer.promise;
  } finally {
    isOver = true;
    clearTimeout(timer);
    sock.ws.off("CB:ack,class:message", onAck);
    over.removeEventListener("abort", onOver);
  }
}
