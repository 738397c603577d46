import type { MediaType, proto } from "@whiskeysockets/baileys";
import { openMedia } from "./media-cipher.ts";
import type { SentMedia, SentMessage } from "./seen.ts";
import type { World } from "./world.ts";

type FileContent = proto.Message.IImageMessage &
  Pick<proto.Message.IDocumentMessage, "fileName"> &
  Pick<proto.IMessage, never>;

/** What people see of a decrypted message; `undefined` if it is nothing to look at. */
export async function sentMessage(
  world: World,
  id: string,
  to: string,
  message: proto.IMessage,
): Promise<SentMessage | undefined> {
  const content = unwrapped(message);
  const file = fileIn(content);
  const text = file?.content.caption ?? content.extendedTextMessage?.text ?? content.conversation;
  if (file === undefined && (text === undefined || text === null)) return undefined;
  const context = file?.content.contextInfo ?? content.extendedTextMessage?.contextInfo;
  const media = file && (await mediaOf(world, file.kind, file.content));
  const quotes = quoteIn(context);
  return {
    id,
    to,
    text: text ?? "",
    ...(quotes && { quotes }),
    ...(media && { media }),
    mentions: context?.mentionedJid ?? [],
    message,
    copies: world.arrivals.get(id) ?? 1,
    readBy: [],
  };
}

function unwrapped(message: proto.IMessage): proto.IMessage {
  const inner = message.documentWithCaptionMessage?.message ?? message.ephemeralMessage?.message;
  return inner ? unwrapped(inner) : message;
}

function fileIn(message: proto.IMessage): { kind: SentMedia["kind"]; content: FileContent } | undefined {
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = message;
  if (imageMessage) return { kind: "image", content: imageMessage };
  if (videoMessage) return { kind: "video", content: videoMessage };
  if (audioMessage) return { kind: "audio", content: audioMessage };
  if (documentMessage) return { kind: "document", content: documentMessage };
  if (stickerMessage) return { kind: "sticker", content: stickerMessage };
  return undefined;
}

async function mediaOf(world: World, kind: SentMedia["kind"], content: FileContent): Promise<SentMedia> {
  const { directPath, mediaKey, fileSha256, fileEncSha256, fileLength, mimetype, fileName, caption } = content;
  const body = world.media.at(directPath ?? "");
  if (!body || !mediaKey || !fileSha256 || !fileEncSha256) throw new Error("a file that nobody can download");
  const type: MediaType = kind;
  const bytes = await openMedia(body, type, { mediaKey, fileSha256, fileEncSha256 });
  if (Number(fileLength) !== bytes.length) throw new Error("a file of another length");
  return { kind, mimeType: mimetype ?? "", bytes, caption: caption ?? "", ...(fileName && { name: fileName }) };
}

function quoteIn(context: proto.IContextInfo | null | undefined): SentMessage["quotes"] {
  if (!context?.stanzaId) return undefined;
  const { stanzaId: id, participant, quotedMessage } = context;
  const quoted = unwrapped(quotedMessage ?? {});
  const file = fileIn(quoted)?.content;
  const text = quoted.conversation ?? quoted.extendedTextMessage?.text ?? file?.caption ?? "";
  return { id, participant: participant ?? "", text };
}
