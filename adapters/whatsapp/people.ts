import type { User } from "../record.ts";
import { bareJid, isGroup, phoneOf } from "./ids.ts";
import { textIn, WhatsAppPayloadError, type WireMessage } from "./payload.ts";
import type { Scene } from "./scene.ts";

const MAX_NAME = 256;

/** The numbers of WhatsApp's own assistants, and the server of those that others make. */
const ASSISTANT = /^(?:1313555\d{4}|131655500\d{2})@s\.whatsapp\.net$|@bot$/;

/**
 * The JID of whoever wrote a message, without the device.
 *
 * @throws WhatsAppPayloadError if the message does not tell
 */
export function authorOf({ key }: WireMessage): string {
  const jid = bareJid(isGroup(key.remoteJid ?? "") ? key.participant : key.remoteJid);
  if (jid === undefined || isGroup(jid)) throw new WhatsAppPayloadError("a message without a sender");
  return jid;
}

/** Who wrote a message, by the name that they gave themselves; else by one seen before, else by their phone number. */
export function senderOf(wire: WireMessage, scene: Scene): User {
  const jid = authorOf(wire);
  const { id, aliases } = scene.person(jid);
  const phone = [id, ...aliases].map(phoneOf).find((digits) => digits !== undefined);
  const name =
    nameIn(wire.pushName) ??
    nameIn(wire.verifiedBizName) ??
    nameIn(scene.nameOf?.(id)) ??
    (phone === undefined ? "somebody" : `+${phone}`);
  return { id, name, ...(aliases.length > 0 && { aliases }), isBot: [id, jid].some((each) => ASSISTANT.test(each)) };
}

/** A name that shows something. */
function nameIn(value: unknown): string | undefined {
  const name = textIn(value, MAX_NAME)?.trim() ?? "";
  return /[^\s\p{Default_Ignorable_Code_Point}\p{Control}]/u.test(name) ? name : undefined;
}
