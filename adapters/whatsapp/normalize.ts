import type { Attachment, Chat, InboundMessage, User } from "../record.ts";
import { mentionedIn, mentionsBot, readWords, type Said } from "./addressing.ts";
import { attachmentsOf, SHOWN_ONCE } from "./attachments.ts";
import { shortForm, wordsOf } from "./content.ts";
import { bareJid, isGroup } from "./ids.ts";
import {
  type Fields,
  fieldsOf,
  isFields,
  MESSAGE_EDIT,
  numberIn,
  REVOKE,
  WhatsAppPayloadError,
  type WireMessage,
} from "./payload.ts";
import { senderOf } from "./people.ts";
import { isForwarded, replyOf } from "./reply.ts";
import type { Scene } from "./scene.ts";
import { type Content, unwrap } from "./unwrap.ts";

/** Statuses, broadcast lists and channels: whoever writes there expects no answer from a reader. */
const ONE_WAY = /@(?:broadcast|newsletter)$/;

/** Of those mentioned; the others keep their numbers. */
const MAX_LOOKED_UP = 100;

export type Reading =
  | { kind: "message"; message: InboundMessage }
  /** A message says something else now. It carries the id of that message. */
  | { kind: "edit"; message: InboundMessage }
  /** `byAuthor`: whoever deletes it says that they wrote it. Otherwise they do it as an admin, if they are one. */
  | { kind: "deletion"; chatId: string; messageId: string; by: string; byAuthor: boolean }
  | null;

interface Place {
  /** The chat's JID, as the message has it. */
  jid: string;
  chat: Chat;
  user: User;
}

/**
 * Read what Baileys hands over; `null` for what the gateway never answers: the bot's own messages, statuses and channels,
 * reactions, votes, calls, notices, and what could not be decrypted.
 *
 * @param maxAttachmentBytes larger files are marked as unavailable; default 25 MB
 * @throws WhatsAppPayloadError if it lacks its id, chat or sender, or changes a message without naming it
 */
export function readMessage(wire: WireMessage, scene: Scene, maxAttachmentBytes?: number): Reading {
  const { fromMe, remoteJid, isViewOnce } = fieldsOf(wire.key);
  if (fromMe === true || (typeof remoteJid === "string" && ONE_WAY.test(remoteJid))) return null;
  const messageId = idIn(wire.key, "a message");
  const place = placeOf(wire, scene);
  const content = unwrap(wire.message);
  const { protocolMessage } = content.body;
  if (isFields(protocolMessage)) {
    return readChange(protocolMessage, wire, place, scene, maxAttachmentBytes);
  }
  if (content.repeats) return null;
  // All that linked devices get of such a file is that there is one.
  const attachments =
    isViewOnce === true && wire.message == null ? [{ ...SHOWN_ONCE }] : attachmentsOf(content, maxAttachmentBytes);
  const message = messageOf(content, attachments, messageId, wire, place, scene);
  return message && { kind: "message", message };
}

/** The messages alone, without edits and deletions. */
export function normalize(wire: WireMessage, scene: Scene, maxAttachmentBytes?: number): InboundMessage | null {
  const reading = readMessage(wire, scene, maxAttachmentBytes);
  return reading?.kind === "message" ? reading.message : null;
}

/** Everybody whose forms matter for reading a message: sender, those mentioned, who is quoted. Without devices. */
export function jidsIn(wire: WireMessage): string[] {
  const { remoteJid, remoteJidAlt, participant, participantAlt } = fieldsOf(wire.key);
  const { body, context } = unwrap(wire.message);
  const { key, editedMessage } = fieldsOf(body.protocolMessage);
  const edited = unwrap(editedMessage);
  const named = [remoteJid, remoteJidAlt, participant, participantAlt, fieldsOf(key).participant];
  const quoted = [context, edited.context].map((each) => each.participant);
  const mentioned = [{ context }, edited].flatMap((each) => mentionedIn(each).slice(0, MAX_LOOKED_UP));
  const jids = [...named, ...quoted, ...mentioned].flatMap((jid) => bareJid(jid) ?? []);
  return [...new Set(jids)].filter((jid) => !isGroup(jid));
}

function readChange(
  change: Fields,
  wire: WireMessage,
  place: Place,
  scene: Scene,
  maxAttachmentBytes: number | undefined,
): Reading {
  if (change.type !== REVOKE && change.type !== MESSAGE_EDIT) return null;
  const messageId = idIn(change.key, "a change");
  const byAuthor = isBy(change.key, place.user, scene);
  if (change.type === REVOKE) {
    return { kind: "deletion", chatId: place.chat.id, messageId, by: place.user.id, byAuthor };
  }
  // Nobody edits what another wrote.
  if (!byAuthor) return null;
  const content = unwrap(change.editedMessage);
  const before = unwrap(scene.original);
  const kept = attachmentsOf(before, maxAttachmentBytes);
  const attachments = kept.length > 0 ? kept : attachmentsOf(content, maxAttachmentBytes);
  const message = messageOf(content, attachments, messageId, wire, place, scene, before);
  return message && { kind: "edit", message: { ...message, edited: true } };
}

/** The author of a message that is named by a key, as the one who names it sees it. */
function isBy(key: unknown, { id }: User, scene: Scene): boolean {
  const { participant } = fieldsOf(key);
  if (participant === undefined || participant === null || participant === "") return true;
  const author = bareJid(participant);
  return author !== undefined && !isGroup(author) && scene.person(author).id === id;
}

/** @param before what an edit replaces: it says again only what has changed */
function messageOf(
  content: Content,
  attachments: Attachment[],
  messageId: string,
  wire: WireMessage,
  { jid, chat, user }: Place,
  scene: Scene,
  before?: Content,
): InboundMessage | null {
  const forwarded = isForwarded(content) || (before !== undefined && isForwarded(before));
  const { text, command } = saidIn(content, scene);
  if (text === "" && attachments.length === 0) return null;
  const replyTo = replyOf(content, jid, scene) ?? (before && replyOf(before, jid, scene));
  const albumId = content.albumId ?? before?.albumId;
  return {
    source: { platform: "whatsapp", account: scene.account, chat, user, messageId, sentAt: sentAt(wire, scene) },
    text,
    attachments,
    // What somebody else has written is neither the sender's command nor the sender's call.
    addressed: chat.kind === "dm" || replyTo?.fromSelf === true || (!forwarded && mentionsBot(content, scene)),
    ...(replyTo !== undefined && { replyTo }),
    ...(forwarded ? { forwarded: {} } : command !== undefined && { command }),
    ...(albumId !== undefined && { albumId }),
  };
}

function saidIn(content: Content, scene: Scene): Said {
  const words = wordsOf(content);
  return words === undefined ? { text: shortForm(content) ?? "" } : readWords(words, content, scene);
}

function placeOf(wire: WireMessage, scene: Scene): Place {
  const jid = bareJid(wire.key.remoteJid);
  if (jid === undefined) throw new WhatsAppPayloadError("a message without a chat");
  const user = senderOf(wire, scene);
  if (!isGroup(jid)) return { jid, chat: { id: user.id, kind: "dm", name: user.name }, user };
  const { chatName } = scene;
  return { jid, chat: { id: jid, kind: "group", ...(chatName !== undefined && { name: chatName }) }, user };
}

function idIn(key: unknown, what: string): string {
  const { id } = fieldsOf(key);
  if (typeof id !== "string" || id === "" || id.length > 128) throw new WhatsAppPayloadError(`${what} without an id`);
  return id;
}

/** WhatsApp tells whole seconds. */
function sentAt({ messageTimestamp }: WireMessage, { now = 0 }: Scene): number {
  const seconds = numberIn(messageTimestamp);
  return seconds === undefined || seconds <= 0 || seconds > 1e11 ? now : seconds * 1000;
}
