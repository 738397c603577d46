import { decodeMessageNode, encodeWAMessage, proto, unpadRandomMax16 } from "@whiskeysockets/baileys";
import type { WireMessage } from "../payload.ts";
import type { Entry } from "./journal.ts";

/** Phones answer for a handful at a time. */
const SENT_AGAIN = 100;

/** What is later than this is no time. */
const LAST_SECOND = 1e11;

/** Whose account it is: what Baileys calls `me`. */
export interface Me {
  id: string;
  lid?: string;
  name?: string;
}

/**
 * The message that Baileys would have handed over.
 *
 * @throws if it cannot be read
 */
export function messageIn(entry: Entry, me: Me): WireMessage {
  const { fullMessage } = decodeMessageNode({ tag: "message", attrs: entry.attrs }, me.id, me.lid ?? "");
  const wire = { ...fullMessage, key: { ...fullMessage.key } };
  if (entry.plaintext === undefined) wire.key.isViewOnce = true;
  else wire.message = contentIn(entry.plaintext);
  const seconds = Number(wire.messageTimestamp);
  if (!(seconds > 0 && seconds <= LAST_SECOND)) wire.messageTimestamp = Math.floor(entry.at / 1_000);
  return wire;
}

export function contentIn(plaintext: string): proto.IMessage {
  const content = proto.Message.decode(unpadRandomMax16(Buffer.from(plaintext, "base64")));
  return content.deviceSentMessage?.message ?? content;
}

/**
 * The messages that the owner's phone sent again, in a message of its own: linked devices do not get all of them.
 *
 * @throws if they cannot be read
 */
export function sentAgainIn({ key, message }: WireMessage): WireMessage[] {
  const response = message?.protocolMessage?.peerDataOperationRequestResponseMessage;
  if (key.fromMe !== true || response == null) return [];
  return (response.peerDataOperationResult ?? []).slice(0, SENT_AGAIN).flatMap((result) => {
    const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes;
    if (!bytes) return [];
    const { key, message, messageTimestamp, pushName, participant } = proto.WebMessageInfo.decode(bytes);
    if (!key?.id || !key.remoteJid || key.fromMe || message == null) return [];
    return [{ key: { participant, ...key }, message, messageTimestamp, pushName } as WireMessage];
  });
}

/** The attributes and the plaintext of a message that came in another way than in a stanza of its own. */
export function asStanza(wire: WireMessage): { attrs: Record<string, string>; plaintext: Uint8Array } {
  const { id, remoteJid, participant, participantAlt, remoteJidAlt } = wire.key;
  const alternate = participantAlt ?? remoteJidAlt;
  const attrs = {
    id,
    from: remoteJid,
    participant,
    t: wire.messageTimestamp == null ? undefined : String(wire.messageTimestamp),
    notify: wire.pushName,
    [`${participant ? "participant" : "sender"}_${alternate?.endsWith("@lid") ? "lid" : "pn"}`]: alternate,
  };
  const known = Object.entries(attrs).filter((each): each is [string, string] => typeof each[1] === "string");
  return { attrs: Object.fromEntries(known), plaintext: encodeWAMessage(wire.message ?? {}) };
}
