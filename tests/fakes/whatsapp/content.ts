import { randomBytes } from "node:crypto";
import type { proto } from "@whiskeysockets/baileys";

/** What a message refers to, besides its own text. */
export interface References {
  quote?: { id: string; participant: string; message: proto.IMessage };
  /** JIDs that are mentioned. */
  mentions: string[];
  forwarded: boolean;
}

/** The content of a message as phones write it: plain text is a `conversation`, text that refers to something is not. */
export function contentOf(content: string | proto.IMessage, references: References): proto.IMessage {
  const context = contextOf(references);
  const messageContextInfo = { messageSecret: randomBytes(32) };
  if (typeof content !== "string") return { messageContextInfo, ...withContext(content, context) };
  if (context === undefined) return { conversation: content, messageContextInfo };
  return { extendedTextMessage: { text: content, contextInfo: context }, messageContextInfo };
}

function contextOf({ quote, mentions, forwarded }: References): proto.IContextInfo | undefined {
  if (quote === undefined && mentions.length === 0 && !forwarded) return undefined;
  return {
    ...(quote && { stanzaId: quote.id, participant: quote.participant, quotedMessage: bareContent(quote.message) }),
    ...(mentions.length > 0 && { mentionedJid: mentions }),
    ...(forwarded && { isForwarded: true, forwardingScore: 1 }),
  };
}

/** The context belongs to the one part of a message that holds its content, within what is wrapped round it. */
function withContext(message: proto.IMessage, context: proto.IContextInfo | undefined): proto.IMessage {
  if (context === undefined) return message;
  if (typeof message.conversation === "string") {
    return { extendedTextMessage: { text: message.conversation, contextInfo: context } };
  }
  const [kind, part] = Object.entries(message).find(([name]) => name !== "messageContextInfo") ?? [];
  if (kind === undefined || typeof part !== "object" || part === null) return message;
  if ("message" in part && part.message) {
    return { ...message, [kind]: { ...part, message: withContext(part.message as proto.IMessage, context) } };
  }
  const own = (part as { contextInfo?: proto.IContextInfo }).contextInfo;
  return { ...message, [kind]: { ...part, contextInfo: { ...own, ...context } } };
}

/** What phones put into a quote: the content without what it referred to itself. */
function bareContent({ messageContextInfo: _, extendedTextMessage, ...rest }: proto.IMessage): proto.IMessage {
  return extendedTextMessage ? { ...rest, extendedTextMessage: { text: extendedTextMessage.text ?? "" } } : rest;
}

/** The stanza's own word for what is in it. */
export function stanzaTypeOf(message: proto.IMessage): "text" | "media" | "reaction" | "poll" {
  const kinds = Object.keys(message).filter((kind) => kind !== "messageContextInfo");
  const kind = kinds[0] ?? "";
  const wrapped = (message as Record<string, { message?: proto.IMessage } | undefined>)[kind]?.message;
  if (wrapped) return stanzaTypeOf(wrapped);
  if (kind === "reactionMessage") return "reaction";
  if (kind.startsWith("pollCreation") || kind === "pollUpdateMessage") return "poll";
  return /^(image|video|audio|document|sticker|contact|contactsArray|location|liveLocation|album)Message$/.test(kind)
    ? "media"
    : "text";
}
