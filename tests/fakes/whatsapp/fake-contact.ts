import { randomBytes } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";
import { contentOf, type References } from "./content.ts";
import { documentContent, type FileWords, imageContent, viewedOnce, voiceContent } from "./files.ts";
import type { Group } from "./group.ts";
import { type Addressing, jidOf, newDevices, type Person } from "./people.ts";
import { type Letter, post, postNotice } from "./posting.ts";
import { sealedEdit } from "./sealed-edit.ts";
import type { FakeMessage, SentMessage } from "./seen.ts";
import type { World } from "./world.ts";

export interface Writing {
  /** A group (`FakeGroup`). Default: the private chat with the bot. */
  in?: { readonly state: Group };
  quote?: FakeMessage | SentMessage;
  /** Mention the bot, or some others; names that the text does not have already are put before it. */
  mention?: boolean | readonly FakeContact[];
  id?: string;
  /** Epoch milliseconds; default now. */
  sentAt?: number;
  forwarded?: boolean;
  /** The bot cannot decrypt it the first time, and has to ask for it again. */
  garbled?: boolean;
  /** Called in place of leaving it for the bot: WhatsApp has it when `leave` is called. */
  heldBack?: (leave: () => void) => void;
}

const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type;
const { MEDIA_ALBUM } = proto.MessageAssociation.AssociationType;

/** Somebody who writes to the bot, with their own phone, keys and sessions. */
export class FakeContact {
  readonly state: Person;
  readonly #world: World;

  constructor(world: World, person: Person) {
    this.#world = world;
    this.state = person;
  }

  get name(): string {
    return this.state.name;
  }

  /** The bare number that says nothing. */
  get lid(): string {
    return this.state.lid;
  }

  /** The bare number that can be called. */
  get phone(): string {
    return this.state.phone;
  }

  /** Default: the form that the private chat has. */
  jid(form: Addressing = this.state.addressing): string {
    return jidOf(this.state, form);
  }

  /** From now on messages show another name. */
  rename(name: string): void {
    this.state.name = name;
  }

  /** The private chat is named otherwise from now on, as when WhatsApp moves chats from numbers to LIDs. */
  addressedBy(form: Addressing): void {
    this.state.addressing = form;
  }

  /** The account moves to another number; its LID stays. */
  changesNumber(phone: string): void {
    this.state.phone = phone;
  }

  /** WhatsApp is installed anew: new keys, and no session with anybody. */
  reinstalls(): void {
    this.state.devices = newDevices(this.state);
  }

  writes(content: string | proto.IMessage, how: Writing = {}): Promise<FakeMessage> {
    const form = how.in?.state.addressing ?? this.state.addressing;
    const mentions = this.#mentions(how.mention ?? false, form);
    const references: References = { mentions, forwarded: how.forwarded ?? false };
    if (how.quote !== undefined) references.quote = this.#quoted(how.quote, form);
    const words = typeof content === "string" ? withNames(content, mentions) : content;
    return this.#post(contentOf(words, references), how);
  }

  /** `sealed` as clients of today write edits; older ones do not. */
  edits(
    message: FakeMessage,
    text: string,
    { sealed = true, ...how }: Pick<Writing, "id" | "sentAt"> & { sealed?: boolean } = {},
  ): Promise<FakeMessage> {
    const editedMessage = message.message.conversation
      ? { conversation: text }
      : { extendedTextMessage: { ...message.message.extendedTextMessage, text } };
    const timestampMs = how.sentAt ?? this.#world.clock();
    const key = this.#keyOf(message);
    const protocolMessage = { key, type: MESSAGE_EDIT, editedMessage, timestampMs };
    const secret = message.message.messageContextInfo?.messageSecret;
    const content =
      sealed && secret
        ? sealedEdit(key, message.fromJid, secret, { protocolMessage })
        : { editedMessage: { message: { protocolMessage } } };
    return this.#postAbout(message, content, { ...how, edit: "1" });
  }

  /** Takes back a message of their own, or, as an admin, somebody else's. */
  deletes(message: FakeMessage | SentMessage, how: Pick<Writing, "id" | "sentAt"> = {}): Promise<FakeMessage> {
    const key = this.#keyOf(message);
    const edit = key.fromMe ? "7" : "8";
    return this.#postAbout(message, { protocolMessage: { key, type: REVOKE } }, { ...how, edit });
  }

  /** An empty reaction takes back the last one. */
  reacts(message: FakeMessage | SentMessage, text: string): Promise<FakeMessage> {
    const senderTimestampMs = this.#world.clock();
    return this.#postAbout(message, { reactionMessage: { key: this.#keyOf(message), text, senderTimestampMs } }, {});
  }

  async sendsImage(bytes: Uint8Array, how: Writing & FileWords & { viewOnce?: boolean } = {}): Promise<FakeMessage> {
    const image = await imageContent(this.#world.media, bytes, how, this.#world.clock());
    return this.writes(how.viewOnce ? viewedOnce(image) : image, how);
  }

  /** A file that their client shows once: the bot's device is told of it, and given nothing. */
  showsOnce(how: Pick<Writing, "in" | "id">): Promise<void> {
    return postNotice(this.#world, this.state, { group: how.in?.state, id: how.id });
  }

  async sendsDocument(name: string, bytes: Uint8Array, how: Writing & FileWords = {}): Promise<FakeMessage> {
    return this.writes(await documentContent(this.#world.media, name, bytes, how, this.#world.clock()), how);
  }

  async sendsVoice(bytes: Uint8Array, how: Writing = {}): Promise<FakeMessage> {
    return this.writes(await voiceContent(this.#world.media, bytes, this.#world.clock()), how);
  }

  /** Several pictures at once; the words stand with the first. */
  async sendsAlbum(
    pictures: readonly Uint8Array[],
    caption = "",
    how: Pick<Writing, "in" | "sentAt"> = {},
  ): Promise<{ parent: FakeMessage; parts: FakeMessage[] }> {
    const parent = await this.writes({ albumMessage: { expectedImageCount: pictures.length } }, how);
    const messageAssociation = { associationType: MEDIA_ALBUM, parentMessageKey: this.#keyOf(parent) };
    const parts: FakeMessage[] = [];
    for (const [index, bytes] of pictures.entries()) {
      const words = index === 0 ? { caption } : {};
      const image = await imageContent(this.#world.media, bytes, words, this.#world.clock());
      const messageContextInfo = { messageAssociation, messageSecret: randomBytes(32) };
      parts.push(await this.#post({ ...image, messageContextInfo }, how));
    }
    return { parent, parts };
  }

  #post(content: proto.IMessage, { in: group, id, sentAt, garbled, heldBack }: Writing, edit?: Letter["edit"]) {
    const letter: Letter = { content, group: group?.state, id, sentAt, garbled, heldBack };
    return post(this.#world, this.state, edit === undefined ? letter : { ...letter, edit });
  }

  /** Something that is said about a message, in the chat of that message. */
  #postAbout(
    about: FakeMessage | SentMessage,
    content: proto.IMessage,
    { id, sentAt, edit }: Pick<Letter, "id" | "sentAt" | "edit">,
  ): Promise<FakeMessage> {
    const group = this.#world.groups.get(chatOf(about));
    const letter: Letter = { content, group, id, sentAt };
    return post(this.#world, this.state, edit === undefined ? letter : { ...letter, edit });
  }

  /** A message's key as this contact's own client has it. */
  #keyOf(message: FakeMessage | SentMessage): proto.IMessageKey {
    const group = this.#world.groups.get(chatOf(message));
    const form = group?.addressing ?? this.state.addressing;
    const author = "fromJid" in message ? message.fromJid : jidOf(this.#world.account, form);
    const fromMe = author === jidOf(this.state, form);
    const remoteJid = group?.id ?? jidOf(this.#world.account, form);
    return { remoteJid, fromMe, id: message.id, ...(group && !fromMe && { participant: author }) };
  }

  #quoted(message: FakeMessage | SentMessage, form: Addressing): NonNullable<References["quote"]> {
    const participant = "fromJid" in message ? message.fromJid : jidOf(this.#world.account, form);
    return { id: message.id, participant, message: message.message };
  }

  #mentions(mention: boolean | readonly FakeContact[], form: Addressing): string[] {
    if (mention === false) return [];
    const people = mention === true ? [this.#world.account] : mention.map(({ state }) => state);
    return people.map((person) => jidOf(person, form));
  }
}

const chatOf = (message: FakeMessage | SentMessage) => ("chatJid" in message ? message.chatJid : message.to);

/** Clients show `@123` as a name; the number has to stand in the text. */
function withNames(text: string, jids: readonly string[]): string {
  const missing = jids.map((jid) => `@${jid.split("@")[0]}`).filter((name) => !text.includes(name));
  return [...missing, text].join(" ").trim();
}
