import { Routes } from "discord.js";
import { SendError } from "../adapter.ts";
import type { Destination } from "../record.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor, REASON, toSendError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

const MAX_NAME = 100;

/** Control and format characters, which Discord would show as nothing or refuse. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

export interface ThreadsOptions {
  api: DiscordApi;
  archiveMinutes: number;
  botName(): string;
}

/**
 * Opens threads from messages; a message has at most one.
 *
 * @see https://discord.com/developers/docs/resources/channel#start-thread-from-message
 */
export class Threads {
  readonly #options: ThreadsOptions;

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  /** @returns the thread's id @throws SendError */
  async open({ chatId }: Destination, { id, title }: { id: string; title: string }): Promise<string> {
    const { api, archiveMinutes, botName } = this.#options;
    if (!isSnowflake(chatId) || !isSnowflake(id)) throw new SendError("refused", "no thread: not Discord's ids");
    try {
      const body = { name: threadName(title, botName()), auto_archive_duration: archiveMinutes };
      const route = Routes.threads(chatId, id);
      const thread = recordOf(await api.call("opening a thread", { method: "POST", route, body }));
      return isSnowflake(thread.id) ? thread.id : id;
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      // Opened before: by somebody else, or by a call whose answer was lost.
      if (!isRefusedFor(error, REASON.threadExists)) throw threadRefusal(error);
      // A thread has the id of the message that it was opened from.
      return id;
    }
  }
}

/** Reasons for which there will be no thread here, however often one asks. */
const NO_THREAD = new Set<number>([
  REASON.unknownMessage,
  REASON.missingAccess,
  REASON.missingPermissions,
  50024,
  160006,
]);

function threadRefusal(error: DiscordError): SendError {
  const reason = error.refusal?.reason ?? 0;
  // 30xxx: a limit of the server's is reached.
  if (NO_THREAD.has(reason) || Math.floor(reason / 1_000) === 30) return new SendError("refused", error.message);
  return toSendError(error, {}, true);
}

/**
 * A thread's name made from a message: one line of at most 100 characters, without the mention that it began with.
 */
export function threadName(title: string, botName: string): string {
  const line = title.replace(INVISIBLE, " ").replace(/\s+/g, " ").trim();
  const mention = `@${botName}`;
  const named = line.startsWith(mention) && !/^[\p{L}\p{N}_]/u.test(line.slice(mention.length));
  const rest = named ? line.slice(mention.length).replace(/^[\s,:;]+/, "") : line;
  return rest === "" ? "Conversation" : cutAtWord(rest, MAX_NAME);
}

/** At most `max` UTF-16 units, ending with a whole word where there is one. */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  // A cut in the middle of a surrogate pair would leave half a character.
  const cut = text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "");
  const space = cut.lastIndexOf(" ");
  return `${(space > max / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
