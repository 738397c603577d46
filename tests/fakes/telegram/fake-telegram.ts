import { FakeFiles } from "./attached.ts";
import { inaccessible, type Press, pressOf } from "./callbacks.ts";
import { FakeChat } from "./fake-chat.ts";
import { type Fault, Faults, type Hang } from "./faults.ts";
import { HttpServer } from "./http-server.ts";
import { Log } from "./log.ts";
import { METHODS } from "./methods.ts";
import { UpdateQueue } from "./update-queue.ts";
import { type WebhookAnswer, WebhookSender, type WebhookSettings } from "./webhook-sender.ts";
import { Refusal, type WireMessage, type WireUpdate, type WireUser } from "./wire.ts";
import type { SentMessage, World } from "./world.ts";

export interface FakeTelegramOptions {
  /** Default `42:TEST-TOKEN`; the part before the colon is the bot's id. */
  token?: string;
  /** Default `parley_bot`. */
  botUsername?: string;
  /** Epoch milliseconds; default the real clock, for programs that look at the age of messages. */
  clock?: () => number;
}

export interface ApiCall {
  method: string;
  payload: Record<string, unknown>;
}

/**
 * Telegram on this machine: a Bot API over HTTP for one bot, and the people who write to it.
 *
 * `chat.post(alice, "hi")` is what a person does; `tg.sent` and `tg.waitFor` are what people see of the bot. Updates
 * reach the bot by long polling or by webhook, whichever it asks for, in its own process or another.
 */
export class FakeTelegram implements World {
  readonly bot: WireUser;
  readonly token: string;
  readonly files = new FakeFiles();
  readonly updates = new UpdateQueue();
  readonly users = new Map<number, WireUser>();
  readonly chats = new Map<number, FakeChat>();
  readonly presses = new Map<string, Press>();
  /** How the bot answered the posts to its webhooks. */
  readonly webhookAnswers = new Log<WebhookAnswer>();
  apiRoot = "";
  commands: ReadonlyArray<{ command: string; description: string }> = [];
  webhook: WebhookSettings | undefined;
  allowedUpdates: readonly string[] | undefined;
  readonly #sent = new Log<SentMessage>();
  readonly #calls = new Log<ApiCall>();
  readonly #faults = new Faults();
  readonly #server: HttpServer;
  readonly #clock: () => number;
  readonly #updateOf = new WeakMap<object, WireUpdate>();
  #webhookSender: WebhookSender | undefined;
  #nextUpdate = 100;
  #nextUser = 1001;
  #nextGroup = 2001;

  private constructor({ token = "42:TEST-TOKEN", botUsername = "parley_bot", clock = Date.now }: FakeTelegramOptions) {
    this.token = token;
    this.#clock = clock;
    this.bot = { id: Number.parseInt(token, 10), is_bot: true, first_name: "Parley", username: botUsername };
    this.users.set(this.bot.id, this.bot);
    this.#server = new HttpServer({
      token,
      faults: this.#faults,
      note: (method, payload) => this.#calls.add({ method, payload }),
      call: (method, payload, gone) => this.#call(method, payload, gone),
      file: (path) => this.files.bytesAt(path),
    });
  }

  static async start(options: FakeTelegramOptions = {}): Promise<FakeTelegram> {
    const tg = new FakeTelegram(options);
    tg.apiRoot = await tg.#server.listen();
    return tg;
  }

  async close(): Promise<void> {
    this.#faults.close();
    this.updates.close();
    this.#webhookSender?.close();
    await this.#server.close();
  }

  now(): number {
    return Math.floor(this.#clock() / 1000);
  }

  user(name: string, fields: Partial<WireUser> = {}): WireUser {
    const user = { id: this.#nextUser, is_bot: false, first_name: name, ...fields };
    this.#nextUser += 1;
    this.users.set(user.id, user);
    return user;
  }

  dm(user: WireUser): FakeChat {
    return this.chats.get(user.id) ?? this.#chat({ id: user.id, type: "private", first_name: user.first_name });
  }

  /** A forum and a supergroup have ids of the same form; a plain group can become a supergroup later. */
  group(title: string, { supergroup = false, forum = false } = {}): FakeChat {
    const id = this.#nextGroup;
    this.#nextGroup += 1;
    if (!supergroup && !forum) return this.#chat({ id: -id, type: "group", title });
    return this.#chat({ id: -1_000_000_000_000 - id, type: "supergroup", title, ...(forum && { is_forum: true }) });
  }

  channel(title: string): FakeChat {
    const id = -1_000_000_000_000 - this.#nextGroup;
    this.#nextGroup += 1;
    return this.#chat({ id, type: "channel", title });
  }

  /** A group becomes a supergroup: it gets a new id, and both sides tell of it. */
  migrate(group: FakeChat): FakeChat {
    const supergroup = this.group(group.wire.title ?? "", { supergroup: true });
    group.movedTo = supergroup;
    this.#deliverMessage("message", group.add({ migrate_to_chat_id: supergroup.id }));
    this.#deliverMessage("message", supergroup.add({ migrate_from_chat_id: group.id }));
    return supergroup;
  }

  /**
   * Somebody presses the button with this label; `answered` of what comes back resolves once the bot has heard of it.
   * `forgotten`: the message is too old for the bot to see.
   */
  picks(user: WireUser, sent: SentMessage, label: string, { forgotten = false } = {}): Press {
    const press = pressOf(user, sent, label, String(5_000_000_000 + this.presses.size));
    if (forgotten) press.query.message = inaccessible(sent.message);
    this.presses.set(press.query.id, press);
    // Who does not ask for it never hears of it.
    if (this.allowedUpdates?.includes("callback_query") === false) return press;
    this.#updateOf.set(press, this.deliver({ callback_query: press.query }));
    return press;
  }

  /** Hand the bot an update as it is, with a number of its own unless it brings one. */
  deliver(update: Record<string, unknown>): WireUpdate {
    const numbered = { update_id: this.#nextUpdate, ...update };
    this.#nextUpdate = Math.max(this.#nextUpdate, numbered.update_id) + 1;
    this.updates.add(numbered);
    if (this.#webhookSender !== undefined) void this.#post(numbered);
    return numbered;
  }

  /**
   * The update of a message or a press comes `times` more times: to a webhook side by side and unchanged; to a poll, which would
   * never be given a number twice once it is confirmed, under new numbers and in one piece.
   */
  redeliver(told: WireMessage | Press, times = 1): Promise<void> {
    const update = this.#updateOf.get(told);
    if (update === undefined) throw new Error("this was never delivered");
    const sender = this.#webhookSender;
    const { update_id: _, ...content } = update;
    const again = Array.from({ length: times }, () => {
      return sender === undefined ? () => void this.deliver(content) : () => sender.postAtOnce(update);
    });
    return this.together(() => Promise.all(again.map((deliver) => deliver())).then(() => undefined));
  }

  /** Post again what the webhook has not taken. */
  async retryWebhook(): Promise<void> {
    await Promise.all(this.updates.pending.map((update) => this.#post(update)));
  }

  /** What is posted in the callback reaches a polling bot as one batch. */
  together<T>(post: () => T): T {
    return this.updates.hold(post);
  }

  /** Resolves when the bot has confirmed the update of a message or a press, by poll offset or by webhook answer. */
  async taken(told: WireMessage | Press): Promise<void> {
    const update = this.#updateOf.get(told);
    await this.updates.confirmed.waitFor((id) => id === update?.update_id);
  }

  get sent(): readonly SentMessage[] {
    return this.#sent.all;
  }

  get calls(): readonly ApiCall[] {
    return this.#calls.all;
  }

  /** The first message of the bot that is, contains or satisfies what is wanted, sent before or still to come. */
  waitFor(wanted: string | RegExp | ((sent: SentMessage) => boolean)): Promise<SentMessage> {
    if (typeof wanted === "function") return this.#sent.waitFor(wanted);
    return this.#sent.waitFor(({ text }) => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)));
  }

  /** The first `count` messages of the bot. */
  waitForSent(count: number, matches?: (sent: SentMessage) => boolean): Promise<SentMessage[]> {
    return this.#sent.waitForMany(count, matches);
  }

  waitForCall(method: string, matches: (call: ApiCall) => boolean = () => true): Promise<ApiCall> {
    return this.#calls.waitFor((call) => call.method === method && matches(call));
  }

  /** Make the next calls of a method go wrong. @returns what ends it before so many did */
  fail(method: string, fault: Fault = {}): () => void {
    return this.#faults.add(method, fault);
  }

  /** Keep the calls of a method waiting: all until it is released, or the next `calls`. */
  hang(method: string, calls?: number): Hang {
    return this.#faults.hang(method, calls);
  }

  /** Cut the connection through which updates come, if one is open. */
  cutPoll(): void {
    this.#server.cut("getUpdates");
  }

  /** `look` is called whenever the bot has sent something. */
  onSent(look: (sent: SentMessage) => void): void {
    this.#sent.on(look);
  }

  noteSent(sent: SentMessage): void {
    this.#sent.add(sent);
  }

  useWebhook(settings: WebhookSettings | undefined): void {
    this.#webhookSender?.close();
    this.webhook = settings;
    this.#webhookSender = settings && new WebhookSender(settings, this.webhookAnswers);
    if (settings !== undefined) void this.retryWebhook();
  }

  #chat(wire: FakeChat["wire"]): FakeChat {
    const chat = new FakeChat(wire, {
      files: this.files,
      bot: this.bot,
      now: () => this.now(),
      deliver: (kind, message) => this.#deliverMessage(kind, message),
    });
    this.chats.set(chat.id, chat);
    return chat;
  }

  #deliverMessage(kind: string, message: WireMessage): void {
    this.#updateOf.set(message, this.deliver({ [kind]: message }));
  }

  async #post(update: WireUpdate): Promise<void> {
    if (await this.#webhookSender?.post(update))
      this.updates.confirm(({ update_id }) => update_id === update.update_id);
  }

  async #call(method: string, payload: Record<string, unknown>, gone: AbortSignal): Promise<unknown> {
    const answer = METHODS[method];
    if (answer === undefined) throw new Refusal(404, "Not Found: method not found");
    return await answer(this, payload, gone);
  }
}
