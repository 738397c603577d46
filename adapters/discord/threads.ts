import { type ChannelType, Routes } from "discord.js";
import { SendError } from "../adapter.ts";
import { cutAtWord } from "../cut-at-word.ts";
import { oneLine } from "../one-line.ts";
import type { Destination } from "../record.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor, REASON, toSendError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

const MAX_NAME = 100;

export interface ThreadsOptions {
  api: DiscordApi;
  archiveMinutes: number;
  botName(): string;
  /** The thread is there, and may be written in before the gateway tells of it. */
  onOpened?(thread: OpenedThread): void;
}

export interface OpenedThread {
  id: string;
  name: string;
  /** The channel that holds it. */
  parentId: string;
  /** Missing where the answer does not tell it. */
  type?: ChannelType;
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
    const { api, archiveMinutes, botName, onOpened } = this.#options;
    if (!isSnowflake(chatId) || !isSnowflake(id)) throw new SendError("refused", "no thread: not Discord's ids");
    try {
      const name = threadName(title, botName());
      const body = { name, auto_archive_duration: archiveMinutes };
      const route = Routes.threads(chatId, id);
      const answer = recordOf(await api.call("opening a thread", { method: "POST", route, body }));
      const thread: OpenedThread = {
        id: isSnowflake(answer.id) ? answer.id : id,
        name: typeof answer.name === "string" ? answer.name : name,
        parentId: isSnowflake(answer.parent_id) ? answer.parent_id : chatId,
        ...(typeof answer.type === "number" && { type: answer.type }),
      };
      onOpened?.(thread);
      return thread.id;
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
  const { status, reason = 0 } = error.refusal ?? {};
  // 30xxx: a limit of the server's is reached.
  if (NO_THREAD.has(reason) || Math.floor(reason / 1_000) === 30 || (status === 404 && reason === 0))
    return new SendError("refused", error.message);
  return toSendError(error, {}, true);
}

/**
 * A thread's name made from a message: one line of at most 100 characters, without the mention that it began with.
 */
export function threadName(title: string, botName: string): string {
  const line = oneLine(title);
  const mention = `@${botName}`;
  const named = line.startsWith(mention) && !/^[\p{L}\p{N}_]/u.test(line.slice(mention.length));
  const rest = named ? line.slice(mention.length).replace(/^[\s,:;]+/, "") : line;
  return rest === "" ? "Conversation" : cutAtWord(rest, MAX_NAME);
}
