import type { FakeChat } from "../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../fakes/telegram/fake-telegram.ts";
import type { WireMessage, WireUser } from "../fakes/telegram/wire.ts";
import type { SentMessage } from "../fakes/telegram/world.ts";
import { HeldBack } from "./held-back.ts";
import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";

const SLOW_MS = 2_000;

/** Two groups, a plain supergroup and a forum, and everybody's private chat. */
export class TelegramChaos implements ChaosPlatform {
  readonly name = "telegram";
  readonly hasKeys = false;
  readonly #tg: FakeTelegram;
  readonly #groups: readonly FakeChat[];
  readonly #people: WireUser[] = [];
  /** What ends a fault before it has come about. */
  readonly #endings = new Set<() => void>();
  readonly #held = new HeldBack();
  #last: WireMessage | undefined;

  private constructor(tg: FakeTelegram) {
    this.#tg = tg;
    this.#groups = [tg.group("Team", { supergroup: true }), tg.group("Forum", { forum: true })];
  }

  static async open(): Promise<TelegramChaos> {
    return new TelegramChaos(await FakeTelegram.start());
  }

  get env(): Record<string, string> {
    return { TELEGRAM_BOT_TOKEN: this.#tg.token, TELEGRAM_API_ROOT: this.#tg.apiRoot };
  }

  readonly faults: Partial<Record<FaultName, () => void>> = {
    "429": () => this.#failing({ status: 429, description: "Too Many Requests: retry after 1", retryAfter: 1 }),
    "5xx": () => this.#failing({ status: 502, description: "Bad Gateway" }),
    reset: () => this.#failing({}),
    "ack-lost": () => this.#failing({ when: "after" }),
    slow: () => this.#slow(),
    redelivered: () => {
      if (this.#last !== undefined) void this.#tg.redeliver(this.#last);
    },
    reordered: () => this.#held.begin(),
    disconnected: () => this.#tg.cutPoll(),
  };

  async connect(): Promise<void> {}

  async write(person: number, place: Place, text: string): Promise<void> {
    const user = this.#person(person);
    const chat = place === "dm" ? this.#tg.dm(user) : this.#groupAt(place);
    this.#held.pass(person, () => {
      this.#last = chat.post(user, place === "dm" ? text : `@${this.#tg.bot.username} ${text}`);
    });
  }

  said(): readonly Said[] {
    return this.#tg.sent.map((sent) => this.#saidOf(sent));
  }

  onSaid(look: () => void): void {
    this.#tg.onSent(look);
  }

  calm(): void {
    for (const end of this.#endings) end();
    this.#endings.clear();
    this.#held.end();
  }

  async close(): Promise<void> {
    this.calm();
    await this.#tg.close();
  }

  #person(number: number): WireUser {
    this.#people[number] ??= this.#tg.user(`Person ${number}`);
    return this.#people[number];
  }

  #groupAt(number: number): FakeChat {
    const group = this.#groups[number];
    if (group === undefined) throw new Error(`there is no group ${number}`);
    return group;
  }

  #failing(fault: Parameters<FakeTelegram["fail"]>[1]): void {
    this.#endings.add(this.#tg.fail("sendMessage", fault));
  }

  #slow(): void {
    const hang = this.#tg.hang("sendMessage", 1);
    const end = () => {
      clearTimeout(timer);
      this.#endings.delete(end);
      hang.release();
    };
    const timer = setTimeout(end, SLOW_MS);
    this.#endings.add(end);
  }

  #saidOf({ chatId, text, replyTo }: SentMessage): Said {
    const group = this.#groups.findIndex(({ id }) => id === chatId);
    const quoted = replyTo === undefined ? undefined : this.#tg.chats.get(chatId)?.messages.get(replyTo)?.text;
    return {
      ...(group < 0
        ? { place: "dm", person: this.#people.findIndex((person) => person?.id === chatId) }
        : { place: group }),
      text,
      ...(quoted !== undefined && { quotes: quoted }),
    };
  }
}
