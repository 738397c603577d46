import { createDecipheriv, hkdfSync } from "node:crypto";
import { bareJid } from "./ids.ts";
import { bytesIn, type Fields, fieldsOf, MESSAGE_EDIT, textIn, type WireContent, type WireMessage } from "./payload.ts";
import { authorOf } from "./people.ts";
import { unwrap } from "./unwrap.ts";

/** @see `SecretEncryptedMessage.SecretEncType` of WhatsApp's protocol buffers */
const SEALED_MESSAGE_EDIT = 2;

const TAG_BYTES = 16;

/** The id of the message that an edit changes, be the edit sealed or not; undefined for what is no edit. */
export function editedId({ message }: WireMessage): string | undefined {
  const { protocolMessage, secretEncryptedMessage } = unwrap(message).body;
  const edit = fieldsOf(protocolMessage);
  if (edit.type === MESSAGE_EDIT) return textIn(fieldsOf(edit.key).id, 128);
  const sealed = fieldsOf(secretEncryptedMessage);
  return sealed.secretEncType === SEALED_MESSAGE_EDIT ? textIn(fieldsOf(sealed.targetMessageKey).id, 128) : undefined;
}

/**
 * Open an edit that its client sealed with the secret of the message that it changes. What is inside reads as an edit
 * that was never sealed.
 *
 * @param original the message that it changes
 * @returns the protocol buffer of a message; null if this is no sealed edit, or none of that message by that person
 */
export function unsealEdit(wire: WireMessage, original: WireContent): Uint8Array | null {
  const sealed = fieldsOf(unwrap(wire.message).body.secretEncryptedMessage);
  const id = editedId(wire);
  const secret = bytesIn(original.messageContextInfo?.messageSecret);
  const payload = bytesIn(sealed.encPayload);
  const iv = bytesIn(sealed.encIv);
  if (id === undefined || secret === undefined || payload === undefined || iv === undefined) return null;
  for (const author of authorForms(wire)) {
    const key = hkdfSync("sha256", secret, new Uint8Array(32), `${id}${author}${author}Message Edit`, 32);
    const opened = decrypted(payload, iv, new Uint8Array(key));
    if (opened !== null) return opened;
  }
  return null;
}

/** The author's JIDs: either may be part of the key. Nobody edits what another wrote. */
function authorForms(wire: WireMessage): string[] {
  const { remoteJidAlt, participantAlt } = wire.key as Fields;
  return [authorOf(wire), bareJid(participantAlt), bareJid(remoteJidAlt)].filter((jid) => jid !== undefined);
}

function decrypted(payload: Uint8Array, iv: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (payload.length <= TAG_BYTES) return null;
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
    cipher.setAuthTag(payload.subarray(-TAG_BYTES));
    return Buffer.concat([cipher.update(payload.subarray(0, -TAG_BYTES)), cipher.final()]);
  } catch {
    // Sealed by somebody else, under another of their names, or damaged.
    return null;
  }
}
