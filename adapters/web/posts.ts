import { WebError } from "./errors.ts";
import type { HandOver } from "./hand-over.ts";
import { chatMeantBy, newId, ownerOf } from "./ids.ts";
import type { KeptFile } from "./log/files.ts";
import type { Log } from "./log/log.ts";
import type { MessageRow } from "./log/messages.ts";
import type { Person } from "./log/people.ts";
import type { WebSettings } from "./options.ts";
import { Rate } from "./rate.ts";

export interface Post {
  text: string;
  /** The message that started the thread to write in. */
  thread?: string | undefined;
  replyTo?: string | undefined;
  /** What comes with it. */
  files?: readonly KeptFile[];
  /** Chosen by the client: the same one never makes a second message of the same person. */
  clientId?: string | undefined;
}

/** What people do with messages: written to the log first, then handed to the gateway. */
export class Posts {
  readonly #log: Log;
  readonly #handOver: HandOver;
  readonly #settings: WebSettings;
  readonly #rate: Rate;
  readonly #uploads: Rate;
  readonly #uploadedBytes: Rate;

  constructor(log: Log, handOver: HandOver, settings: WebSettings) {
    this.#log = log;
    this.#handOver = handOver;
    this.#settings = settings;
    this.#rate = new Rate(settings.limits.postsPerMinute, settings.environment.now);
    this.#uploads = new Rate(settings.limits.uploadsPerMinute, settings.environment.now);
    this.#uploadedBytes = new Rate(settings.limits.uploadBytesPerMinute, settings.environment.now);
  }

  /**
   * Resolves once the message is on disk and the gateway has taken it.
   *
   * @throws WebError; with `not-taken` the message stands in the log and the same `clientId` hands it over again
   */
  async post(person: Person, room: string, post: Post): Promise<{ row: MessageRow; isNew: boolean }> {
    const chat = this.chat(person, room);
    const { id, isNew } = await this.#log.write(() => this.#add(person, chat, post));
    const first = this.#row(id);
    await this.#handOver.message(first.chat, id);
    return { row: this.#row(id), isNew };
  }

  /** Hand a message over that the gateway did not take. @throws WebError */
  async again(person: Person, room: string, id: string): Promise<MessageRow> {
    const row = this.#own(person, room, id);
    await this.#handOver.message(row.chat, id);
    return this.#row(id);
  }

  /** @throws WebError */
  async edit(person: Person, room: string, id: string, text: string): Promise<MessageRow> {
    const { chat } = this.#own(person, room, id);
    return this.#handOver.inTurn(chat, async () => {
      await this.#log.write(() => {
        const { owed } = this.#own(person, room, id);
        this.#log.messages.edit(id, clean(text), this.#settings.environment.now());
        // What the gateway has not seen at all needs no correction: it will be told the new text.
        if (owed !== "message" && owed !== "retry") this.#log.messages.owe(id, "edit");
        this.#log.changes.add("edit", chat, id);
      });
      await this.#handOver.settle(this.#row(id));
      return this.#row(id);
    });
  }

  /** Forget the text; an empty row stays for replies and threads to refer to. @throws WebError */
  async erase(person: Person, room: string, id: string): Promise<void> {
    const { chat } = this.#own(person, room, id);
    await this.#handOver.inTurn(chat, async () => {
      await this.#log.write(() => {
        const { thread } = this.#own(person, room, id);
        this.#log.messages.erase(id, this.#settings.environment.now());
        this.#log.files.drop(id);
        this.#log.messages.owe(id, "delete");
        this.#log.changes.add("delete", chat, id);
        if (thread !== null) this.#log.changes.add("thread", chat, thread);
      });
      this.#log.scrub();
      await this.#handOver.settle(this.#row(id));
    });
  }

  /** The room exists afterwards. @returns whether it is new. @throws WebError */
  async createRoom(person: Person, room: string): Promise<boolean> {
    const chat = this.chat(person, room);
    if (ownerOf(chat) !== null) return false;
    return this.#log.write(() => this.#ensureRoom(chat));
  }

  /** The newest messages of a place, oldest first. @throws WebError */
  history(
    person: Person,
    room: string,
    { thread = null, before, limit }: { thread?: string | null; before?: string | undefined; limit: number },
  ): { messages: MessageRow[]; more: boolean } {
    const chat = this.chat(person, room);
    if (thread !== null) this.#inChat(chat, thread);
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : this.#inChat(chat, before).seq;
    const rows = this.#log.messages.history(chat, thread, end, limit + 1);
    return { messages: rows.slice(0, limit).reverse(), more: rows.length > limit };
  }

  /** What came with a message that the person may read. @throws WebError `not-found` */
  file(person: Person, room: string, id: string, n: number): KeptFile {
    const row = this.#inChat(this.chat(person, room), id);
    const file = row.deletedAt === null ? this.#log.files.find(id, n) : undefined;
    if (file === undefined) throw new WebError("not-found", "There is no such file here.");
    return file;
  }

  /** @throws WebError `not-found` if it cannot be a room */
  chat(person: Person, room: string): string {
    const chat = chatMeantBy(person.id, room);
    if (chat === null) throw new WebError("not-found", "A room's name has 1 to 40 small letters, digits and dashes.");
    return chat;
  }

  #add(person: Person, chat: string, post: Post): { id: string; isNew: boolean } {
    const { text, thread, replyTo, clientId, files = [] } = post;
    const first = clientId === undefined ? undefined : this.#log.messages.byKey(person.id, clientId);
    if (first !== undefined) return { id: first.id, isNew: false };
    this.#rate.count(person.id, "You are writing faster than the chat takes it. Try again in a minute.");
    if (files.length > 0) this.#countFiles(person, files);
    if (ownerOf(chat) === null) this.#ensureRoom(chat);
    if (replyTo !== undefined) this.#inChat(chat, replyTo);
    if (thread !== undefined) this.#ensureThread(chat, thread);
    const id = newId("m", this.#settings.environment.randomBytes);
    this.#log.messages.add({
      id,
      chat,
      thread: thread ?? null,
      userId: person.id,
      userName: person.name,
      isBot: 0,
      text: clean(text),
      html: null,
      choices: null,
      replyTo: replyTo ?? null,
      forUserId: null,
      idempotencyKey: clientId ?? null,
      sentAt: this.#settings.environment.now(),
      owed: "message",
    });
    for (const [n, file] of files.entries()) this.#log.files.add(id, n, file);
    this.#log.changes.add("message", chat, id);
    if (thread !== undefined) this.#log.changes.add("thread", chat, thread);
    return { id, isNew: true };
  }

  /** Everybody's together: whoever may join as often as they like is many people. @throws WebError */
  #countFiles(person: Person, files: readonly KeptFile[]): void {
    this.#uploads.count(person.id, "You are sending files faster than the chat takes them. Try again in a minute.");
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    if (this.#log.files.total() + bytes > this.#settings.limits.keptFileBytes) {
      throw new WebError(
        "full",
        "The chat has no room for these files. Write without them, or make room: delete messages with files that nobody needs any more.",
      );
    }
    this.#uploadedBytes.count("all", "Too many files are being sent at once. Try again in a minute.", bytes);
  }

  #ensureRoom(id: string): boolean {
    if (this.#log.rooms.has(id)) return false;
    if (this.#log.rooms.count() >= this.#settings.limits.rooms) {
      throw new WebError("too-many", "There are too many rooms to open another one.");
    }
    this.#log.rooms.add(id, this.#settings.environment.now());
    this.#log.changes.add("room", id, null);
    return true;
  }

  #ensureThread(chat: string, thread: string): void {
    const head = this.#inChat(chat, thread);
    if (head.thread !== null) throw new WebError("invalid", "A message inside a thread starts no thread of its own.");
    if (ownerOf(chat) !== null) throw new WebError("invalid", "The private chat has no threads.");
    if (head.startsThread === 1) return;
    if (head.deletedAt !== null) throw new WebError("not-found", "That message was deleted.");
    this.#log.messages.startThread(thread);
  }

  #inChat(chat: string, id: string): MessageRow {
    const row = this.#log.messages.byId(id);
    if (row?.chat !== chat) throw new WebError("not-found", "There is no such message here.");
    return row;
  }

  #own(person: Person, room: string, id: string): MessageRow {
    const row = this.#inChat(this.chat(person, room), id);
    if (row.userId !== person.id) throw new WebError("not-yours", "That message is somebody else's.");
    if (row.deletedAt !== null) throw new WebError("not-found", "That message was deleted.");
    return row;
  }

  #row(id: string): MessageRow {
    const row = this.#log.messages.byId(id);
    if (row === undefined) throw new WebError("internal", "The message is not in the log.");
    return row;
  }
}

/** As it is kept: no halves of characters and no NUL, which not every database can hold. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll("\0", "").replaceAll("\r\n", "\n");
}
