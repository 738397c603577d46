import type { Reply } from "../record.ts";
import { isBot, withNames } from "./addressing.ts";
import { shortForm, wordsOf } from "./content.ts";
import { bareJid, isGroup } from "./ids.ts";
import { type Fields, numberIn, textIn } from "./payload.ts";
import type { Scene } from "./scene.ts";
import { type Content, unwrap } from "./unwrap.ts";

const MAX_QUOTED = 1_000;

/**
 * The message that a message replies to, if any. All of it, its author and its words, is as the sender tells it.
 *
 * @param chat the JID of the chat, as the message has it
 */
export function replyOf({ context }: Content, chat: string, scene: Scene): Reply | undefined {
  const stanzaId = textIn(context.stanzaId, 128);
  if (stanzaId === undefined) return undefined;
  const quoted = unwrap(context.quotedMessage);
  const author = bareJid(context.participant);
  const reply: Reply = {
    messageId: messageIdIn(context, chat, stanzaId, scene),
    fromSelf: isBot(author, scene),
    claimed: true,
  };
  // Whoever forwarded something has not said it.
  if (author !== undefined && !isGroup(author) && !isForwarded(quoted)) {
    const { id } = scene.person(author);
    const name = reply.fromSelf ? scene.bot.name : scene.nameOf?.(id);
    reply.userId = id;
    if (name !== undefined) reply.userName = name;
  }
  const text = quotedText(quoted, scene);
  if (text !== undefined) reply.text = text;
  return reply;
}

/** Whether its sender only passes a message on. WhatsApp does not say whose it was. */
export function isForwarded({ context }: Pick<Content, "context">): boolean {
  return context.isForwarded === true || (numberIn(context.forwardingScore) ?? 0) > 0;
}

function quotedText(quoted: Content, scene: Scene): string | undefined {
  const words = wordsOf(quoted);
  const text = words === undefined ? shortForm(quoted) : withNames(words.slice(0, 2 * MAX_QUOTED), quoted, scene);
  if (text === undefined || text.length <= MAX_QUOTED) return text;
  return `${textIn(text, MAX_QUOTED - 1)}…`;
}

/** A message of another chat, answered here in private, must not pass for one of this. */
function messageIdIn({ remoteJid }: Fields, chat: string, stanzaId: string, scene: Scene): string {
  const other = textIn(remoteJid, 128);
  if (other === undefined || isSameChat(other, chat, scene)) return stanzaId;
  return `${bareJid(other) ?? other}/${stanzaId}`;
}

function isSameChat(one: string, other: string, scene: Scene): boolean {
  const [first, second] = [one, other].map((jid) => {
    const bare = bareJid(jid) ?? jid;
    return isGroup(bare) || bareJid(bare) === undefined ? bare : scene.person(bare).id;
  });
  return first === second;
}
