import type { FakeFiles, PostedFile } from "./attached.ts";
import { entitiesOf } from "./entities.ts";
import type { WireChat, WireEntity, WireMessage, WireUser } from "./wire.ts";

export interface FakeTopic {
  id: number;
  name: string;
  state: "open" | "closed" | "deleted";
  /** The service message that opened it. */
  opening: WireMessage;
}

export interface PostOptions {
  replyTo?: WireMessage;
  /** The part of the message replied to that the user selected. */
  quote?: string;
  topic?: FakeTopic;
  photo?: PostedFile;
  document?: PostedFile;
  voice?: PostedFile;
  /** Messages of one album carry the same. */
  album?: string;
  /** Post as this chat: as the group itself (anonymous admins) or as a channel. */
  as?: FakeChat;
  /** In place of what Telegram would recognise in the text. */
  entities?: WireEntity[];
  /** Any other field of the Bot API. */
  fields?: Record<string, unknown>;
}

export interface ChatWorld {
  files: FakeFiles;
  bot: WireUser;
  now(): number;
  deliver(kind: string, message: WireMessage): void;
}

/** Stand-ins that Telegram names as the user where somebody posts as a chat. */
const GROUP_ANONYMOUS_BOT: WireUser = {
  id: 1087968824,
  is_bot: true,
  first_name: "Group",
  username: "GroupAnonymousBot",
};
const CHANNEL_BOT: WireUser = { id: 136817688, is_bot: true, first_name: "Channel", username: "Channel_Bot" };

/** A private chat, group, supergroup, forum or channel, as its people see it. */
export class FakeChat {
  readonly wire: WireChat;
  readonly messages = new Map<number, WireMessage>();
  readonly topics = new Map<number, FakeTopic>();
  readonly members = new Map<number, string>();
  /** What Telegram says to a bot that was thrown out or blocked. */
  barred: string | undefined;
  /** Where the group went when it became a supergroup. */
  movedTo: FakeChat | undefined;
  botMayOpenTopics = true;
  readonly #world: ChatWorld;
  /** A group's first message is the one that tells of its making. */
  #lastId = 1;

  constructor(wire: WireChat, world: ChatWorld) {
    this.wire = wire;
    this.#world = world;
  }

  get id(): number {
    return this.wire.id;
  }

  get isForum(): boolean {
    return this.wire.is_forum === true;
  }

  /** Somebody writes; with a file, the text is its caption. Returns what Telegram delivers to the bot. */
  post(from: WireUser | null, text: string, options: PostOptions = {}): WireMessage {
    const message = this.add({
      ...this.#author(from, options.as),
      ...this.#place(options),
      ...this.#body(text, options),
      ...options.fields,
    });
    this.#world.deliver(this.wire.type === "channel" ? "channel_post" : "message", message);
    return message;
  }

  /** Somebody changes the text or caption of their message. */
  edit(message: WireMessage, text: string): WireMessage {
    const marked = message.text === undefined ? captioned(text) : texted(text);
    const edited = { ...message, ...marked, edit_date: this.#world.now() };
    this.messages.set(message.message_id, edited);
    this.#world.deliver(this.wire.type === "channel" ? "edited_channel_post" : "edited_message", edited);
    return edited;
  }

  openTopic(name: string, by: WireUser = this.#world.bot): FakeTopic {
    const id = this.#lastId + 1;
    const fields = { message_thread_id: id, is_topic_message: true as const };
    const opening = this.add({ from: by, ...fields, forum_topic_created: { name, icon_color: 7322096 } });
    const topic: FakeTopic = { id, name, state: "open", opening };
    this.topics.set(id, topic);
    return topic;
  }

  promote(user: WireUser): void {
    this.members.set(user.id, "administrator");
  }

  /** Put a message into the chat without telling the bot. */
  add(fields: Omit<WireMessage, "message_id" | "date" | "chat">): WireMessage {
    this.#lastId += 1;
    const message = { ...fields, message_id: this.#lastId, date: this.#world.now(), chat: this.wire } as WireMessage;
    this.messages.set(message.message_id, message);
    return message;
  }

  #author(from: WireUser | null, as: FakeChat | undefined): Partial<WireMessage> {
    if (this.wire.type === "channel") return { sender_chat: this.wire };
    if (as !== undefined) return { from: as === this ? GROUP_ANONYMOUS_BOT : CHANNEL_BOT, sender_chat: as.wire };
    return from === null ? {} : { from };
  }

  #place({ replyTo, quote, topic }: PostOptions): Partial<WireMessage> {
    const quoted = quote === undefined ? {} : { quote: { text: quote, position: 0, is_manual: true } };
    const original = replyTo ?? topic?.opening;
    const reply = original === undefined ? {} : { reply_to_message: withoutReply(original), ...quoted };
    if (topic !== undefined) return { ...reply, message_thread_id: topic.id, is_topic_message: true };
    // In plain supergroups, whatever hangs on one message counts as a thread named by it.
    const threaded = this.wire.type === "supergroup" && !this.isForum && replyTo !== undefined;
    return threaded ? { ...reply, message_thread_id: replyTo.message_thread_id ?? replyTo.message_id } : reply;
  }

  #body(text: string, { photo, document, voice, album, entities }: PostOptions): Partial<WireMessage> {
    const { files } = this.#world;
    if (photo === undefined && document === undefined && voice === undefined) return texted(text, entities);
    return {
      ...(photo !== undefined && files.photo(photo)),
      ...(document !== undefined && files.document(document)),
      ...(voice !== undefined && files.voice(voice)),
      ...captioned(text, entities),
      ...(album !== undefined && { media_group_id: album }),
    };
  }
}

function texted(text: string, entities = entitiesOf(text)): Partial<WireMessage> {
  if (text === "") return {};
  return { text, ...(entities.length > 0 && { entities }) };
}

function captioned(text: string, entities = entitiesOf(text)): Partial<WireMessage> {
  if (text === "") return {};
  return { caption: text, ...(entities.length > 0 && { caption_entities: entities }) };
}

/** Telegram shows one level of replies. */
function withoutReply({ reply_to_message: _, ...message }: WireMessage): WireMessage {
  return message as WireMessage;
}
