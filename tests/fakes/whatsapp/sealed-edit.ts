import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";

/** What is inside is a message's edit. @see `SecretEncryptedMessage.SecretEncType` */
const MESSAGE_EDIT = 2;

/**
 * An edit as clients of today write it: sealed with the secret of the message that it changes, its id and its author.
 *
 * @param author the JID under which it was written
 */
export function sealedEdit(
  target: proto.IMessageKey,
  author: string,
  secret: Uint8Array,
  edit: proto.IMessage,
): proto.IMessage {
  const info = `${target.id}${author}${author}Message Edit`;
  const key = new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(32), info, 32));
  const encIv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, encIv);
  const words = proto.Message.encode(edit).finish();
  const encPayload = Buffer.concat([cipher.update(words), cipher.final(), cipher.getAuthTag()]);
  return { secretEncryptedMessage: { targetMessageKey: target, encPayload, encIv, secretEncType: MESSAGE_EDIT } };
}
