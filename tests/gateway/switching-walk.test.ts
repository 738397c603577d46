import { expect, test } from "vitest";
import type { FakeChat, FakeTopic } from "../fakes/telegram/fake-chat.ts";
import type { WireMessage } from "../fakes/telegram/wire.ts";
import type { SentMessage } from "../fakes/telegram/world.ts";
import { STRATEGIES, type StrategyName } from "./dialogues/switching.ts";
import { Dice } from "./dice.ts";
import { marksIn, ownMarks, SessionBook } from "./session-book.ts";
import { type TelegramPerson, TelegramStage } from "./stage/telegram-stage.ts";
import { Theatre } from "./stage/theatre.ts";

/** A chat with what its admins have chosen there, as somebody who only watches would keep it. */
interface Place {
  name: string;
  chat: FakeChat;
  chosen: StrategyName | undefined;
  topics: Array<{ topic: FakeTopic; chosen: StrategyName | undefined }>;
}

/** An answer that can be replied to, and the message that opened its interaction where there is one. */
interface Answer {
  place: Place;
  sent: SentMessage;
  /** Known only where the question was planned as one of `per-thread`. */
  root: string | undefined;
}

const DEFAULT: StrategyName = "per-user";

/** People who write, reply, wait and switch in several chats, and the book of what belongs where. */
class Walk {
  readonly theatre: Theatre;
  readonly stage: TelegramStage;
  readonly book = new SessionBook();
  readonly places: Place[];
  readonly people: TelegramPerson[];
  readonly dice: Dice;
  readonly trail: string[] = [];
  readonly #answers: Answer[] = [];
  /** Of what is not answered yet: where its answer has to stand. */
  readonly #open = new Map<string, { place: Place | TelegramPerson; root: string | undefined }>();
  /** Topics that were opened for a question, by their number in a chat. */
  readonly #rootOfTopic = new Map<string, string>();

  private constructor(theatre: Theatre, stage: TelegramStage, people: TelegramPerson[], seed: number) {
    this.theatre = theatre;
    this.stage = stage;
    this.people = people;
    this.dice = new Dice(seed);
    const forum = stage.tg.group("Forum", { forum: true });
    const topics = ["One", "Two"].map((name) => ({ topic: forum.openTopic(name), chosen: undefined }));
    this.places = [
      { name: "team", chat: stage.group, chosen: undefined, topics: [] },
      { name: "forum", chat: forum, chosen: undefined, topics },
    ];
    for (const { chat } of this.places) chat.promote((people[0] as TelegramPerson).user);
  }

  static async begin(seed: number): Promise<Walk> {
    const stage = await TelegramStage.open();
    const theatre = await Theatre.open(stage, { strategy: DEFAULT });
    theatre.claude.respond((request) => `Answer to: ${ownMarks(request).join(" ")}`);
    const people = [];
    for (const name of ["Ann", "Bob", "Carol", "Dave"]) people.push(await stage.person(name));
    return new Walk(theatre, stage, people, seed);
  }

  async step(): Promise<void> {
    const chance = this.dice.roll(20);
    if (chance < 3) await this.switches();
    else if (chance < 5) await this.saysInPrivate();
    else if (chance < 6) await this.saysToOthers();
    else if (chance < 10 && this.#answers.length > 0) await this.replies();
    else await this.says();
  }

  async says(): Promise<void> {
    const [person, place] = [this.dice.pick(this.people), this.dice.pick(this.places)];
    const topic = place.topics[this.dice.roll(place.topics.length + 1)];
    await this.#post(person, place, { topic: topic?.topic });
  }

  /** Go on with an earlier answer, be it one's own or somebody else's. */
  async replies(): Promise<void> {
    const { place, sent, root } = this.dice.pick(this.#answers);
    const topic = sent.topic === undefined ? undefined : place.chat.topics.get(sent.topic);
    await this.#post(this.dice.pick(this.people), place, { topic, replyTo: sent.message, root });
  }

  async saysInPrivate(): Promise<void> {
    const person = this.dice.pick(this.people);
    const mark = this.book.write(person.name, `private ${person.name}`);
    this.trail.push(`${person.name} in private: ${mark}`);
    this.#open.set(mark, { place: person, root: undefined });
    await this.stage.tg.taken(this.stage.tg.dm(person.user).post(person.user, mark));
  }

  /** What is not for the bot. */
  async saysToOthers(): Promise<void> {
    const [person, { chat, name }] = [this.dice.pick(this.people), this.dice.pick(this.places)];
    const mark = this.book.write(person.name, "nobody's");
    this.book.retire(mark);
    this.trail.push(`${person.name} to others in ${name}: ${mark}`);
    await this.stage.tg.taken(chat.post(person.user, mark));
  }

  async #post(
    person: TelegramPerson,
    place: Place,
    { topic, replyTo, root }: { topic?: FakeTopic | undefined; replyTo?: WireMessage; root?: string | undefined },
  ): Promise<void> {
    const { tg } = this.stage;
    const strategy = this.#strategyAt(place, topic);
    const opened = topic === undefined ? undefined : this.#rootOfTopic.get(`${place.name} ${topic.id}`);
    // The number that the message will get.
    const next = String(Math.max(1, ...place.chat.messages.keys()) + 1);
    // A thread that was opened for a question is known by the question.
    const thread = topic === undefined ? undefined : (opened ?? String(topic.id));
    const question = strategy === "per-thread" ? (thread ?? root ?? next) : thread;
    const where = question === undefined ? place.name : `${place.name} thread ${question}`;
    const mark = this.book.write(person.name, strategy === "per-user" ? `${where}, ${person.name}` : where);
    const isQuestion = strategy === "per-thread" && topic === undefined;
    this.#open.set(mark, { place, root: isQuestion ? question : undefined });
    this.trail.push(`${person.name} in ${where} (${strategy})${replyTo ? ` to ${replyTo.message_id}` : ""}: ${mark}`);
    const message = place.chat.post(person.user, `@${tg.bot.username} ${mark}`, {
      ...(topic === undefined ? {} : { topic }),
      ...(replyTo === undefined ? {} : { replyTo }),
    });
    expect(String(message.message_id)).toBe(next);
    await tg.taken(message);
  }

  #strategyAt(place: Place, topic: FakeTopic | undefined): StrategyName {
    const own = place.topics.find((each) => each.topic.id === topic?.id)?.chosen;
    return own ?? place.chosen ?? DEFAULT;
  }

  async switches(): Promise<void> {
    const { tg } = this.stage;
    const ann = this.people[0] as TelegramPerson;
    const place = this.dice.pick(this.places);
    const at = place.topics[this.dice.roll(place.topics.length + 1)];
    const chosen = this.dice.roll(5) === 0 ? undefined : this.dice.pick(STRATEGIES);
    (at ?? place).chosen = chosen;
    const line = `/strategy ${chosen ?? "reset"}${at === undefined ? "" : " --here"}`;
    this.trail.push(`${place.name}${at === undefined ? "" : ` topic ${at.topic.id}`}: ${line}`);
    const says = async (command: string, answer: string) => {
      const message = place.chat.post(ann.user, command, at === undefined ? {} : { topic: at.topic });
      await tg.taken(message);
      await tg.waitFor(({ chatId, replyTo, text }) => {
        return chatId === place.chat.id && replyTo === message.message_id && text.includes(answer);
      });
    };
    await says(line, "Nothing is changed yet");
    await says("/confirm", "From the next message on");
  }

  /** Everything that was asked has its answer, where it was asked. */
  async settle(): Promise<void> {
    const { tg } = this.stage;
    for (const [mark, { place, root }] of this.#open) {
      const chatId = "chat" in place ? place.chat.id : place.user.id;
      const sent = await tg.waitFor((each) => each.chatId === chatId && marksIn(each.text).includes(mark));
      if (!("chat" in place)) continue;
      // Where a thread was opened for it, what is written there belongs to it.
      const isOpened = sent.topic !== undefined && !place.topics.some(({ topic }) => topic.id === sent.topic);
      const topicKey = `${place.name} ${sent.topic}`;
      if (isOpened && root !== undefined && !this.#rootOfTopic.has(topicKey)) this.#rootOfTopic.set(topicKey, root);
      this.#answers.push({ place, sent, root });
    }
    this.#open.clear();
  }
}

test.each([1, 2, 3, 4])(
  "a long walk over strategies: each text is shown in its own conversation alone, with all of it (seed %i)",
  async (seed) => {
    const walk = await Walk.begin(seed);
    const { theatre, book, trail } = walk;
    try {
      for (let round = 0; round < 12; round++) {
        const gate = walk.dice.roll(3) === 0 ? undefined : theatre.claude.hold();
        for (let step = 0; step < 5; step++) await walk.step();
        gate?.release();
        await walk.settle();
      }
      book.check(theatre.claude.requests);
    } catch (error) {
      throw new Error(`seed ${seed}\n${trail.join("\n")}`, { cause: error });
    }
    expect(await theatre.store((store) => store.counts())).toMatchObject({ waiting: 0, running: 0 });
  },
);
