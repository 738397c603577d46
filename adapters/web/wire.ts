import { roomNameOf } from "./ids.ts";
import type { MessageRow } from "./log/messages.ts";

/** A message as the HTTP API and the event stream show it. */
export interface WireMessage {
  id: string;
  /** Its place in the order of arrival; later messages have greater numbers. */
  seq: number;
  /** `dm` for the reader's private chat with the bot. */
  room: string;
  /** The id of the message that started the thread. */
  thread?: string;
  user: { id: string; name: string; isBot: boolean };
  /** Without markup. */
  text: string;
  /** Safe HTML; for messages of the bot alone. */
  html?: string;
  /** What can be picked below it; for messages of the bot alone. */
  choices?: WireChoice[];
  /** What came with it. */
  files?: WireFile[];
  replyTo?: string;
  /** What it replies to, cut short; without text if that was deleted. */
  quote?: { userId: string; userName: string; text?: string };
  /** Whom the bot answers. */
  forUserId?: string;
  forUserName?: string;
  /** Epoch milliseconds. */
  sentAt: number;
  editedAt?: number;
  deleted?: true;
  /** The gateway did not take it: nobody will answer it unless its author sends it again. */
  undelivered?: true;
  /** How many messages its thread holds; for messages that started one alone. */
  replies?: number;
}

/** Picking it is posting the command behind a slash, in the same place. */
export interface WireChoice {
  /** Plain text. */
  label: string;
  /** Without the slash. */
  command: string;
}

export interface WireFile {
  name: string;
  mimeType: string;
  /** In bytes. */
  size: number;
  /** Where whoever may read the message can load it; a path on this server. */
  url: string;
}

/** What an event stream says, by event name. */
export interface WireEvents {
  /** The stream is open and continues from this event's id. */
  ready: Record<string, never>;
  /** Too much was missed: load the history anew. */
  reset: Record<string, never>;
  /** A sign of life. */
  beat: Record<string, never>;
  room: { id: string };
  message: WireMessage;
  edit: WireMessage;
  delete: { id: string; room: string; thread?: string };
  /** A message started a thread, or its thread holds another number of replies. */
  thread: { id: string; room: string; replies: number };
  typing: WirePlace;
  preview: WirePreview;
}

export interface WirePlace {
  room: string;
  thread?: string;
}

/** What a run has written so far; `html` is null when it is over. */
export interface WirePreview extends WirePlace {
  runId: string;
  forUserId: string;
  forUserName?: string;
  text: string | null;
  html: string | null;
}

const QUOTE_CHARS = 200;
const NO_FILES = "[]";

export function wireMessage(row: MessageRow): WireMessage {
  const message: WireMessage = {
    id: row.id,
    seq: row.seq,
    room: roomNameOf(row.chat),
    user: { id: row.userId, name: row.userName, isBot: row.isBot === 1 },
    text: row.text,
    sentAt: row.sentAt,
  };
  if (row.thread !== null) message.thread = row.thread;
  if (row.html !== null) message.html = row.html;
  if (row.choices !== null) message.choices = JSON.parse(row.choices) as WireChoice[];
  if (row.files !== NO_FILES) message.files = filesOf(row);
  if (row.replyTo !== null) message.replyTo = row.replyTo;
  if (row.quoteUserId !== null && row.quoteUserName !== null) {
    message.quote = { userId: row.quoteUserId, userName: row.quoteUserName };
    if (row.quoteText !== null) message.quote.text = excerpt(row.quoteText);
  }
  if (row.forUserId !== null) message.forUserId = row.forUserId;
  if (row.forUserName !== null) message.forUserName = row.forUserName;
  if (row.editedAt !== null) message.editedAt = row.editedAt;
  if (row.deletedAt !== null) message.deleted = true;
  if (row.owed === "retry") message.undelivered = true;
  if (row.startsThread === 1) message.replies = row.replies;
  return message;
}

function filesOf({ id, chat, files }: MessageRow): WireFile[] {
  const kept = JSON.parse(files) as Array<Omit<WireFile, "url">>;
  const place = `/web/api/rooms/${roomNameOf(chat)}/messages/${id}/files`;
  return kept.map((file, n) => ({ ...file, url: `${place}/${n}` }));
}

/** The beginning of a text on one line. */
function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > QUOTE_CHARS ? `${line.slice(0, QUOTE_CHARS).toWellFormed()}…` : line;
}
