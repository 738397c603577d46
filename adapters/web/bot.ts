import { type Choice, type FetchedAttachment, type OutboundChunk, SendError } from "../adapter.ts";
import { labelledChoices } from "../choice-labels.ts";
import type { Attachment, Destination } from "../record.ts";
import { fetchFrom } from "./attachments.ts";
import { newId, ownerOf, privateChatOf } from "./ids.ts";
import { keptFiles } from "./kept-files.ts";
import type { Log } from "./log/log.ts";
import type { MessageRow } from "./log/messages.ts";
import type { WebSettings } from "./options.ts";

/** What the bot does on the platform. */
export class Bot {
  readonly #log: Log;
  readonly #settings: WebSettings;

  constructor(log: Log, settings: WebSettings) {
    this.#log = log;
    this.#settings = settings;
  }

  /** Write a message to the log; the same key never makes a second one. @throws SendError */
  async send(chunk: OutboundChunk): Promise<string> {
    const files = keptFiles(chunk.files);
    return this.#write(() => {
      const { botUserId, botDisplayName, environment } = this.#settings;
      const first = this.#log.messages.byKey(botUserId, chunk.key);
      if (first !== undefined) return first.id;
      const { chatId, threadId } = chunk.to;
      this.#requireChat(chatId);
      if (threadId !== undefined && this.#find(chatId, threadId)?.startsThread !== 1) {
        throw new SendError("thread-gone", "there is no such thread in the room");
      }
      const quoted = chunk.replyTo === undefined ? undefined : this.#find(chatId, chunk.replyTo);
      const id = newId("m", environment.randomBytes);
      this.#log.messages.add({
        id,
        chat: chatId,
        thread: threadId ?? null,
        userId: botUserId,
        userName: botDisplayName,
        isBot: 1,
        text: chunk.plain,
        html: chunk.text,
        choices: keptChoices(chunk.choices),
        replyTo: quoted === undefined || quoted.deletedAt !== null ? null : quoted.id,
        forUserId: chunk.forUserId ?? null,
        idempotencyKey: chunk.key,
        sentAt: environment.now(),
        owed: null,
      });
      for (const [n, file] of files.entries()) this.#log.files.add(id, n, file);
      this.#log.changes.add("message", chatId, id);
      if (threadId !== undefined) this.#log.changes.add("thread", chatId, threadId);
      return id;
    });
  }

  /** What somebody sent with a message. @throws SendError */
  file(attachment: Attachment, maxBytes: number): FetchedAttachment {
    return fetchFrom(this.#log.files, attachment, maxBytes);
  }

  /** @returns the thread's id, which is the message's. @throws SendError */
  openThread(at: Destination, messageId: string): Promise<string> {
    return this.#write(() => {
      this.#requireChat(at.chatId);
      const head = this.#find(at.chatId, messageId);
      if (head === undefined || head.thread !== null || ownerOf(at.chatId) !== null) {
        throw new SendError("refused", "a thread starts at a message that stands in a room and in no thread");
      }
      if (head.startsThread === 1) return messageId;
      if (head.deletedAt !== null) throw new SendError("refused", "the message was deleted");
      this.#log.messages.startThread(messageId);
      this.#log.changes.add("thread", at.chatId, messageId);
      return messageId;
    });
  }

  /** @throws SendError `refused` if nobody has this id */
  openPrivate(userId: string): Destination {
    if (this.#log.people.byId(userId) === undefined) throw new SendError("refused", "there is no such person");
    return { platform: "web", account: this.#settings.account, chatId: privateChatOf(userId) };
  }

  #requireChat(chatId: string): void {
    const owner = ownerOf(chatId);
    const known = owner === null ? this.#log.rooms.has(chatId) : this.#log.people.byId(owner) !== undefined;
    if (!known) throw new SendError("chat-gone", "there is no such room or person");
  }

  #find(chatId: string, messageId: string): MessageRow | undefined {
    const row = this.#log.messages.byId(messageId);
    return row?.chat === chatId ? row : undefined;
  }

  async #write<T>(work: () => T): Promise<T> {
    try {
      return await this.#log.write(work);
    } catch (cause) {
      if (cause instanceof SendError) throw cause;
      throw new SendError("temporary", "the web platform's log could not be written", { cause });
    }
  }
}

function keptChoices(choices: readonly Choice[] = []): string | null {
  if (choices.length === 0) return null;
  return JSON.stringify(labelledChoices(choices));
}
