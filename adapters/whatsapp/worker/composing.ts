import { extractImageThumb, prepareWAMessageMedia, type proto, type WASocket } from "@whiskeysockets/baileys";
import type { OutboundFile } from "../../adapter.ts";
import { bareJid, isGroup } from "../ids.ts";
import type { SendOrder } from "../protocol.ts";
import type { Journal } from "./journal.ts";
import type { Mappings } from "./mappings.ts";
import { silentLogger } from "./silent-logger.ts";
import { contentIn } from "./wire.ts";

/** How much of a message is repeated where it is quoted. */
const QUOTED = 300;

/** What WhatsApp shows as a picture; anything else is a document. */
const PICTURES = new Set(["image/jpeg", "image/png", "image/webp"]);

/** Write the message that an order asks for; uploads its file. */
export async function compose(
  order: SendOrder,
  { sock, journal, mappings }: { sock: WASocket; journal: Journal; mappings: Mappings },
): Promise<proto.IMessage> {
  const contextInfo = await quoteOf(order, journal, mappings);
  if (order.file === undefined) {
    return { extendedTextMessage: { text: order.text, ...(contextInfo && { contextInfo }) } };
  }
  const message = await uploaded(order.file, order.text, sock);
  const media = message.imageMessage ?? message.documentMessage;
  if (contextInfo && media) media.contextInfo = contextInfo;
  return message;
}

async function uploaded(file: OutboundFile, caption: string, sock: WASocket): Promise<proto.Message> {
  const bytes = "text" in file ? Buffer.from(file.text) : Buffer.from(file.base64, "base64");
  const options = { upload: sock.waUploadToServer, logger: silentLogger };
  const common = { mimetype: file.mimeType, ...(caption !== "" && { caption }) };
  return PICTURES.has(file.mimeType)
    ? await prepareWAMessageMedia({ ...common, ...(await previewOf(bytes)), image: bytes }, options)
    : await prepareWAMessageMedia({ ...common, document: bytes, fileName: file.name }, options);
}

/**
 * What people see of a picture until they have loaded it. Without one, Baileys would make it itself, of a copy of the
 * picture in the folder for temporary files, which anything that ends this program leaves behind in clear.
 */
async function previewOf(picture: Buffer): Promise<{ jpegThumbnail: string; width?: number; height?: number }> {
  try {
    const { buffer, original } = await extractImageThumb(picture);
    const { width, height } = original;
    return { jpegThumbnail: buffer.toString("base64"), ...(width && height && { width, height }) };
  } catch {
    // Not a picture that can be read here: phones show it without.
    return { jpegThumbnail: "" };
  }
}

/**
 * The quote of the message that is answered. What it said is repeated as far as it is known: phones that never had the
 * message show that.
 */
async function quoteOf(
  { chatId, replyTo, forUserId }: SendOrder,
  journal: Journal,
  mappings: Mappings,
): Promise<proto.IContextInfo | undefined> {
  if (replyTo === undefined) return undefined;
  const author = isGroup(chatId) ? forUserId : chatId;
  if (author === undefined) return undefined;
  await mappings.load([chatId, author]);
  const senders = formsOf(author, mappings);
  const chats = isGroup(chatId) ? [chatId] : senders;
  const spots = chats.flatMap((chat) => senders.map((sender) => ({ chat, sender, messageId: replyTo })));
  const found = await journal.at(spots);
  const participant = found === undefined ? author : bareJid(found.attrs.participant ?? found.attrs.from);
  return {
    stanzaId: replyTo,
    participant,
    quotedMessage: found?.plaintext === undefined ? { conversation: "" } : shortened(contentIn(found.plaintext)),
  };
}

function formsOf(jid: string, mappings: Mappings): string[] {
  const { lid, phone } = mappings.formsOf(jid);
  return [lid, phone].filter((form) => form !== undefined);
}

/** Text alone; of a file, its caption and its kind. */
function shortened(content: proto.IMessage): proto.IMessage {
  const cut = (text: string | null | undefined) => [...(text ?? "").slice(0, QUOTED * 2)].slice(0, QUOTED).join("");
  const inner =
    content.ephemeralMessage?.message ??
    content.documentWithCaptionMessage?.message ??
    content.viewOnceMessage?.message;
  if (inner != null && inner !== content) return shortened(inner);
  const { imageMessage, videoMessage, documentMessage, audioMessage, stickerMessage } = content;
  if (imageMessage) return { imageMessage: { caption: cut(imageMessage.caption), mimetype: imageMessage.mimetype } };
  if (videoMessage) return { videoMessage: { caption: cut(videoMessage.caption), mimetype: videoMessage.mimetype } };
  if (documentMessage) {
    const { caption, fileName, mimetype } = documentMessage;
    return { documentMessage: { caption: cut(caption), fileName: cut(fileName), mimetype } };
  }
  if (audioMessage) return { audioMessage: { mimetype: audioMessage.mimetype, ptt: audioMessage.ptt } };
  if (stickerMessage) return { stickerMessage: { mimetype: stickerMessage.mimetype } };
  return { conversation: cut(content.conversation ?? content.extendedTextMessage?.text) };
}
