import type { APIMessage, APIUser, PermissionFlagsBits } from "discord.js";

export type WireUser = APIUser;

/** A permission by the name that discord.js has for it. */
export type PermissionName = keyof typeof PermissionFlagsBits;

/** A file that somebody posts. */
export interface PostedFile {
  name?: string;
  mimeType?: string;
  bytes?: Uint8Array;
  /** What Discord says its size is; default the length of `bytes`. */
  size?: number;
  spoiler?: boolean;
  description?: string;
}

export interface PostOptions {
  replyTo?: APIMessage;
  /** Whether a reply notifies the author of what it replies to. Default true. */
  ping?: boolean;
  attachments?: readonly PostedFile[];
  /** Names of stickers. */
  stickers?: readonly string[];
  poll?: { question: string; answers: readonly string[] };
  /** A message of anywhere that is forwarded; it stands in place of the content. */
  forward?: APIMessage;
  /** Post through a webhook: with the name of the user, who is no member then. */
  webhook?: boolean;
  /** Any other field of a message. */
  fields?: Partial<APIMessage>;
}

/** A message of the bot, as people see it now: its fields follow its edits. */
export interface SentMessage {
  /** The thread's id for a message in a thread. */
  readonly channelId: string;
  /** For replying to. */
  message: APIMessage;
  text: string;
  /** The id of the message that it quotes. */
  readonly replyTo: string | undefined;
  /** Only the asker sees it. */
  readonly ephemeral: boolean;
  files: readonly SentFile[];
  /** What can be picked below it, in reading order. */
  choices: readonly ShownChoice[];
  /** What each of its edits made of the text, oldest first. */
  readonly edits: string[];
}

/** A button, or with a value an option of a menu. */
export interface ShownChoice {
  label: string;
  /** Of the component. */
  id: string;
  value?: string;
}

export interface SentFile {
  name: string;
  mimeType: string;
  bytes: Uint8Array;
  /** The bytes read as UTF-8. */
  text: string;
}
