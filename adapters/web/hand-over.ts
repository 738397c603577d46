import type { AdapterHandlers } from "../adapter.ts";
import { WebError } from "./errors.ts";
import type { Log } from "./log/log.ts";
import type { MessageRow, Owed } from "./log/messages.ts";
import { type BotIdentity, normalize } from "./normalize.ts";

/**
 * Tells the gateway what people did, one thing at a time in each chat, in the order of arrival.
 *
 * A message's `owed` says what the gateway has not been told yet:
 *
 *     message --taken--> (nothing) --edited--> edit --taken--> (nothing)
 *        |                   ^  \--deleted--> delete --taken--> (nothing)
 *     refused                |
 *        v                   |
 *      retry --asked again, taken
 *
 * A crash leaves `owed` as it was, and the next start tells the gateway again: it recognises what it knows already.
 * What the gateway refuses while running is answered as a failure; `retry` then waits for the author, because an answer
 * that comes after the author has given up would surprise everybody.
 */
export class HandOver {
  readonly #log: Log;
  readonly #handlers: AdapterHandlers;
  readonly #bot: BotIdentity;
  /** The last task of each chat that has any. */
  readonly #tails = new Map<string, Promise<void>>();
  /** Told, but the log does not say so yet. */
  readonly #told = new Set<string>();

  constructor(log: Log, handlers: AdapterHandlers, bot: BotIdentity) {
    this.#log = log;
    this.#handlers = handlers;
    this.#bot = bot;
  }

  /** Run a task when all earlier ones of the chat are done. */
  inTurn<T>(chat: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(chat) ?? Promise.resolve()).then(task);
    const tail = result
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#tails.get(chat) === tail) this.#tails.delete(chat);
      });
    this.#tails.set(chat, tail);
    return result;
  }

  /**
   * Hand a new message over, unless that was done already.
   *
   * @throws WebError `not-taken`
   */
  message(chat: string, id: string): Promise<void> {
    return this.inTurn(chat, async () => {
      const row = this.#log.messages.byId(id);
      if (row === undefined || this.#told.has(id) || (row.owed !== "message" && row.owed !== "retry")) return;
      try {
        await this.tell(row, row.owed);
      } catch (error) {
        if (row.owed === "message") await this.#mark(row, "retry");
        throw error;
      }
      this.#told.add(id);
      const retried = row.owed === "retry";
      // If this is lost, the gateway is told twice.
      const marked = (retried ? this.#mark(row, null) : this.#log.write(() => this.#log.messages.owe(id, null)))
        .catch(() => {})
        .finally(() => this.#told.delete(id));
      // Nobody sees the difference before and after it, unless the message was shown as undelivered.
      if (retried) await marked;
    });
  }

  /** What a crash or a refusal left untold; none of it is waited for. */
  leftovers(): void {
    for (const row of this.#log.messages.owed()) {
      if (row.owed === "message") this.message(row.chat, row.id).catch(() => {});
      else this.inTurn(row.chat, () => this.settle(row)).catch(() => {});
    }
  }

  /** Tell the gateway of an edit or a deletion that the log holds. @throws WebError `not-taken` */
  async settle(row: MessageRow): Promise<void> {
    if (row.owed === null || row.owed === "retry") return;
    await this.tell(row, row.owed);
    await this.#log.write(() => this.#log.messages.owe(row.id, null));
  }

  /** Resolves when nothing is being handed over. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  async tell(row: MessageRow, what: Owed): Promise<void> {
    try {
      if (what === "delete") {
        const place = { platform: "web" as const, account: this.#bot.account, chatId: row.chat };
        await this.#handlers.onDelete(row.thread === null ? place : { ...place, threadId: row.thread }, row.id);
        return;
      }
      const message = normalize(row, this.#bot);
      if (message === null) return;
      if (what === "edit") await this.#handlers.onEdit({ ...message, edited: true });
      else await this.#handlers.onMessage(message);
    } catch (cause) {
      throw new WebError("not-taken", "The gateway cannot take messages at the moment. Try again in a little while.", {
        cause,
      });
    }
  }

  /** Note what is owed, and let everybody who sees the message know. */
  async #mark(row: MessageRow, owed: Owed | null): Promise<void> {
    await this.#log.write(() => {
      this.#log.messages.owe(row.id, owed);
      this.#log.changes.add("edit", row.chat, row.id);
    });
  }
}
