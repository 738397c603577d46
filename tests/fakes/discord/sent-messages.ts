import type { APIMessage } from "discord.js";
import type { Bell } from "../bell.ts";
import { shownChoices } from "./components.ts";
import type { FileStore } from "./file-store.ts";
import type { SentMessage } from "./posted.ts";

/** The bot's messages as people see them: they appear, change and go. */
export class SentMessages {
  readonly #bell: Bell;
  readonly #files: FileStore;
  readonly #byId = new Map<string, SentMessage>();
  /** How often something appeared, changed or went. */
  changes = 0;

  constructor(bell: Bell, files: FileStore) {
    this.#bell = bell;
    this.#files = files;
  }

  /** In the order of their first appearance. */
  get all(): SentMessage[] {
    return [...this.#byId.values()];
  }

  of(messageId: string): SentMessage | undefined {
    return this.#byId.get(messageId);
  }

  /** A message has appeared or changed. */
  show(message: APIMessage, { ephemeral = false } = {}): void {
    const files = message.attachments.map((attachment) => this.#files.sentFile(attachment));
    const choices = shownChoices(message.components);
    const known = this.#byId.get(message.id);
    if (known === undefined) {
      this.#byId.set(message.id, {
        channelId: message.channel_id,
        message,
        text: message.content,
        replyTo: message.message_reference?.message_id,
        ephemeral,
        files,
        choices,
        edits: [],
      });
    } else {
      known.edits.push(message.content);
      Object.assign(known, { message, text: message.content, files, choices });
    }
    this.#changed();
  }

  gone(messageId: string): void {
    if (this.#byId.delete(messageId)) this.#changed();
  }

  #changed(): void {
    this.changes += 1;
    this.#bell.ring();
  }

  waitForMany(count: number, fits: (sent: SentMessage) => boolean): Promise<SentMessage[]> {
    return this.#bell.when(() => {
      const found = this.all.filter(fits);
      return found.length >= count ? found.slice(0, count) : undefined;
    });
  }
}
