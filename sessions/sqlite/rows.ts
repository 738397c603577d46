import type { Destination, InboundMessage, Platform, User } from "../../adapters/record.ts";
import type { AcceptedMessage, ChatInfo, RoutedPlan } from "../inbox.ts";
import type { TranscriptMessage } from "../transcript.ts";
import { blocksIn, payloadIn, planIn } from "./stored-json.ts";

/** Rows as they are stored, and the way between them and what the ports speak of. */

export interface ChatRow {
  id: number;
  platform: Platform;
  account: string;
  chat: string;
  kind: ChatInfo["kind"];
  name: string | null;
  guild: string | null;
  guild_name: string | null;
  moved_to: number | null;
}

export interface InboxRow {
  seq: number;
  chat_id: number;
  message_id: string;
  thread_id: string | null;
  user_id: string;
  user_name: string;
  state: string;
  session: string;
  /** Null for a command. */
  lane: string | null;
  plan: string;
  payload: string;
  /** The first row of the turn it belongs to; null for that one itself. */
  burst: number | null;
  ready_at: number;
  sent_at: number;
  /** Of a command alone. */
  effect: string | null;
}

export interface StepRow {
  role: TranscriptMessage["role"];
  content: string;
  author_id: string | null;
  author_name: string | null;
  /** Of the journal alone. */
  background?: string | null;
}

/** The part of an inbound message that a column does not hold. */
type Payload = Pick<InboundMessage, "text" | "attachments" | "replyTo" | "forwarded" | "command" | "replyToken"> & {
  /** Other ids of its author. */
  aliases?: string[] | undefined;
};

export function payloadOf(message: InboundMessage): string {
  const { text, attachments, replyTo, forwarded, command, replyToken, source } = message;
  const { aliases } = source.user;
  return JSON.stringify({ text, attachments, replyTo, forwarded, command, replyToken, aliases } satisfies Payload);
}

/** Session and lane have columns of their own; a command stands in no lane, so its plan keeps one that differs. */
export function planColumn({ session, lane, ...rest }: RoutedPlan): string {
  return JSON.stringify(lane === session ? rest : { ...rest, lane });
}

export function planOf(row: Pick<InboxRow, "plan" | "session" | "lane">): RoutedPlan {
  const rest = planIn(row.plan);
  return { ...rest, session: row.session, lane: row.lane ?? rest.lane ?? row.session };
}

export function messageOf(row: InboxRow): AcceptedMessage {
  const { aliases: _, ...said } = payloadIn(row.payload);
  return { seq: row.seq, messageId: row.message_id, sentAt: row.sent_at, ...said };
}

export function authorOf({ user_id, user_name, payload }: InboxRow): Pick<User, "id" | "name" | "aliases"> {
  const { aliases } = payloadIn(payload);
  return { id: user_id, name: user_name, ...(aliases === undefined ? {} : { aliases }) };
}

export function chatOf(row: ChatRow): ChatInfo {
  const { id, platform, account, chat, kind, name, guild, guild_name } = row;
  return {
    ref: id,
    platform,
    account,
    id: chat,
    kind,
    ...(name === null ? {} : { name }),
    ...(guild === null ? {} : { guildId: guild }),
    ...(guild_name === null ? {} : { guildName: guild_name }),
  };
}

export function destinationOf(chat: ChatInfo, threadId: string | null): Destination {
  const { platform, account, id } = chat;
  return { platform, account, chatId: id, ...(threadId === null ? {} : { threadId }) };
}

export function stepOf(row: StepRow): TranscriptMessage {
  return {
    role: row.role,
    content: blocksIn(row.content),
    ...(row.author_id === null ? {} : { author: { id: row.author_id, name: row.author_name ?? "" } }),
    ...(row.background == null ? {} : { background: row.background }),
  };
}
