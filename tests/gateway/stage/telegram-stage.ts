import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { WireMessage, WireUser } from "../../fakes/telegram/wire.ts";
import type { SentMessage } from "../../fakes/telegram/world.ts";
import {
  fits,
  type Heard,
  type HearOptions,
  type Person,
  type ReceivedFile,
  type Said,
  type SayOptions,
  type Stage,
} from "./stage.ts";

/** One supergroup or forum with the bot in it, and everybody's private chat. */
export class TelegramStage implements Stage {
  readonly platform = "telegram";
  readonly groupKind = "group";
  readonly showsText = false;
  readonly tg: FakeTelegram;
  readonly group: FakeChat;
  #tellAdmins: (() => void) | undefined;

  private constructor(tg: FakeTelegram, forum: boolean) {
    this.tg = tg;
    this.group = tg.group("Team", { supergroup: true, forum });
  }

  static async open({ forum = false } = {}): Promise<TelegramStage> {
    return new TelegramStage(await FakeTelegram.start(), forum);
  }

  get env(): Record<string, string> {
    return { TELEGRAM_BOT_TOKEN: this.tg.token, TELEGRAM_API_ROOT: this.tg.apiRoot };
  }

  async connect(): Promise<void> {}

  async person(name: string): Promise<TelegramPerson> {
    return new TelegramPerson(this, this.tg.user(name));
  }

  botSaid(): Heard[] {
    return this.tg.sent.filter(({ chatId }) => chatId === this.group.id).map(heard);
  }

  setAdmin(person: TelegramPerson, yes: boolean): void {
    this.group.members.set(person.user.id, yes ? "administrator" : "member");
  }

  failAdminLookups(fail: boolean): void {
    this.#tellAdmins?.();
    this.#tellAdmins = fail
      ? this.tg.fail("getChatMember", { status: 500, times: Number.POSITIVE_INFINITY })
      : undefined;
  }

  close(): Promise<void> {
    return this.tg.close();
  }
}

export class TelegramPerson implements Person {
  readonly user: WireUser;
  readonly #stage: TelegramStage;
  readonly #heard = new Set<SentMessage>();
  readonly #received = new Set<number>();
  /** What the bot had said when a button was pressed. */
  readonly #beforePress = new Map<string, ReadonlySet<SentMessage>>();

  constructor(stage: TelegramStage, user: WireUser) {
    this.#stage = stage;
    this.user = user;
  }

  get name(): string {
    return this.user.first_name;
  }

  get id(): string {
    return String(this.user.id);
  }

  async says(text: string, options: SayOptions = {}): Promise<Said> {
    const { inPrivate = false, replyTo, unaddressed = false } = options;
    const { tg, group } = this.#stage;
    const chat = inPrivate ? tg.dm(this.user) : group;
    const written = inPrivate || unaddressed || text.startsWith("/") ? text : `@${tg.bot.username} ${text}`;
    const original = replyTo?.ref as WireMessage | undefined;
    const topic = chat.isForum ? chat.topics.get(original?.message_thread_id ?? 0) : undefined;
    const message = chat.post(this.user, written, { replyTo: original, topic });
    await tg.taken(message);
    return { id: String(message.message_id), ref: message };
  }

  async picks({ ref }: Heard, label: string): Promise<Said> {
    const { tg } = this.#stage;
    const sent = tg.sent.find(({ message }) => message === ref);
    if (sent === undefined) throw new Error("nobody heard this on Telegram");
    const before = new Set(tg.sent);
    const press = tg.picks(this.user, sent, label);
    await tg.taken(press);
    const id = `callback:${press.query.id}`;
    this.#beforePress.set(id, before);
    return { id, ref: undefined };
  }

  async edits(said: Said, text: string): Promise<void> {
    const { tg, group } = this.#stage;
    const edited = group.edit(said.ref as WireMessage, `@${tg.bot.username} ${text}`);
    await tg.taken(edited);
  }

  async hears(wanted: string | RegExp, { inPrivate = false, answering }: HearOptions = {}): Promise<Heard> {
    const { tg, group } = this.#stage;
    const chat = inPrivate ? this.user.id : group.id;
    // An answer to a button quotes nothing, but comes after it.
    const asked = answering?.ref === undefined ? undefined : Number(answering.id);
    const earlier = this.#beforePress.get(answering?.id ?? "");
    const sent = await tg.waitFor(
      (message) =>
        message.chatId === chat &&
        (asked === undefined || message.replyTo === asked) &&
        earlier?.has(message) !== true &&
        !this.#heard.has(message) &&
        fits(message.text, wanted),
    );
    this.#heard.add(sent);
    return heard(sent);
  }

  async receives({ inPrivate = false } = {}): Promise<ReceivedFile> {
    const { tg, group } = this.#stage;
    const chat = inPrivate ? this.user.id : group.id;
    const sent = await tg.waitFor(
      ({ chatId, files, message }) => chatId === chat && files.length > 0 && !this.#received.has(message.message_id),
    );
    this.#received.add(sent.message.message_id);
    return { name: sent.files[0]?.name ?? "", text: sent.files[0]?.text ?? "" };
  }

  async renames(name: string): Promise<void> {
    this.user.first_name = name;
  }
}

function heard({ text, message, replyTo, topic, choices }: SentMessage): Heard {
  return {
    text,
    choices: choices.map(({ label }) => label),
    ref: message,
    quotes: replyTo === undefined ? undefined : String(replyTo),
    thread: topic === undefined ? undefined : String(topic),
  };
}
