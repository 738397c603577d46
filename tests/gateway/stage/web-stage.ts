import { randomUUID } from "node:crypto";
import type { WireMessage } from "../../../adapters/web/wire.ts";
import { WebPerson } from "../../fakes/web/client.ts";
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

/** The lobby of the web chat, and everybody's private chat. */
export class WebStage implements Stage {
  readonly platform = "web";
  readonly groupKind = "group";
  readonly showsText = true;
  readonly env = {};
  readonly #people: WebStagePerson[] = [];
  #url = "";

  async connect(gatewayUrl: string): Promise<void> {
    this.#url = gatewayUrl;
    for (const { web } of this.#people) await web.reconnect(gatewayUrl);
  }

  async person(name: string): Promise<WebStagePerson> {
    const person = new WebStagePerson(await WebPerson.join(this.#url, name));
    this.#people.push(person);
    return person;
  }

  botSaid(): Heard[] {
    // Everybody hears the same in the same order, some a moment later than others.
    const lists = this.#people.map(({ web }) => web.heard().filter(({ user, room }) => user.isBot && room !== "dm"));
    return (lists.toSorted((one, other) => other.length - one.length)[0] ?? []).map(heard);
  }

  async close(): Promise<void> {
    for (const { web } of this.#people) await web.close();
  }
}

export class WebStagePerson implements Person {
  readonly web: WebPerson;
  readonly #received = new Set<string>();

  constructor(web: WebPerson) {
    this.web = web;
  }

  get name(): string {
    return this.web.name;
  }

  get id(): string {
    return this.web.id;
  }

  async says(text: string, options: SayOptions = {}): Promise<Said> {
    const { inPrivate = false, replyTo, unaddressed = false } = options;
    const written = inPrivate || unaddressed || text.startsWith("/") ? text : `@parley ${text}`;
    const original = replyTo?.ref as WireMessage | undefined;
    const message = await this.web.say(inPrivate ? "dm" : "lobby", written, {
      ...(original === undefined ? {} : { replyTo: original.id }),
      ...(original?.thread === undefined ? {} : { thread: original.thread }),
    });
    return { id: message.id, ref: message };
  }

  async picks(heard: Heard, label: string): Promise<Said> {
    const { room, thread, choices = [] } = heard.ref as WireMessage;
    const choice = choices.find((each) => each.label === label);
    if (choice === undefined) throw new Error(`no button "${label}" below: ${heard.text}`);
    const posted = await this.web.say(room, `/${choice.command}`, {
      clientId: randomUUID(),
      ...(thread === undefined ? {} : { thread }),
    });
    return { id: posted.id, ref: posted };
  }

  async edits(said: Said, text: string): Promise<void> {
    await this.web.edit(said.ref as WireMessage, `@parley ${text}`);
  }

  async hears(wanted: string | RegExp, { inPrivate = false, answering }: HearOptions = {}): Promise<Heard> {
    const message = await this.web.hears(
      ({ user, room, text, replyTo }) =>
        user.isBot &&
        (room === "dm") === inPrivate &&
        (answering === undefined || replyTo === answering.id) &&
        fits(text, wanted),
    );
    return heard(message);
  }

  async receives({ inPrivate = false } = {}): Promise<ReceivedFile> {
    const isNew = ({ user, room, files, id }: WireMessage) =>
      user.isBot && (room === "dm") === inPrivate && files !== undefined && !this.#received.has(id);
    // What was heard is not heard again, but what came with it may still be fetched.
    const message = this.web.heard().find(isNew) ?? (await this.web.hears(isNew));
    this.#received.add(message.id);
    const text = await (await this.web.load(message, 0)).text();
    return { name: message.files?.[0]?.name ?? "", text };
  }

  renames(name: string): Promise<void> {
    return this.web.rename(name);
  }
}

function heard(message: WireMessage): Heard {
  return {
    text: message.text,
    ref: message,
    quotes: message.replyTo,
    thread: message.thread,
    choices: message.choices?.map(({ label }) => label) ?? [],
  };
}
