import { type APIMessage, type APIUser, ChannelType } from "discord.js";
import { removeChannel } from "./channels.ts";
import { join } from "./members.ts";
import { mentionsIn } from "./mentions.ts";
import { addMessage, changeMessage, removeMessages } from "./messages.ts";
import { postFields } from "./post-fields.ts";
import type { PostOptions, WireUser } from "./posted.ts";
import { archiveThread, inviteToThread, openThread } from "./threads.ts";
import type { ChannelState, World } from "./world.ts";

/** A channel, thread, forum, DM or group DM, as its people see it. */
export class FakeChannel {
  readonly state: ChannelState;
  readonly #world: World;

  constructor(world: World, state: ChannelState) {
    this.#world = world;
    this.state = state;
  }

  get id(): string {
    return this.state.id;
  }

  get name(): string {
    return this.state.name;
  }

  get guildId(): string | undefined {
    return this.state.guild?.id;
  }

  get archived(): boolean {
    return this.state.thread?.archived === true;
  }

  get locked(): boolean {
    return this.state.thread?.locked === true;
  }

  /** What everybody sees, oldest first. */
  get messages(): APIMessage[] {
    return [...this.state.messages.values()];
  }

  /** Its threads or posts that were not removed, archived ones too. */
  get threads(): FakeChannel[] {
    return [...this.#world.channels.values()]
      .filter(({ parent, gone }) => parent === this.state && !gone)
      .map((thread) => new FakeChannel(this.#world, thread));
  }

  /** Somebody writes. Whom the message notifies follows from its content, like on Discord. */
  post(user: WireUser, content: string, options: PostOptions = {}): APIMessage {
    const { guild, thread } = this.state;
    if (this.state.type === ChannelType.GuildForum) throw new Error("a forum takes posts: use openPost");
    if (guild !== undefined && options.webhook !== true) join(guild, user);
    if (thread?.archived) archiveThread(this.#world, this.state, { archived: false });
    const fields = { ...postFields(this.#world, this.state, content, options), ...options.fields };
    // Mentioning somebody in a thread brings them into it.
    for (const mentioned of thread === undefined ? [] : (fields.mentions ?? [])) {
      inviteToThread(this.#world, this.state, mentioned);
    }
    return addMessage(this.#world, this.state, authorOf(user, fields.webhook_id), fields);
  }

  /** Somebody changes the text of their message. */
  edit(message: APIMessage, content: string): APIMessage {
    const current = this.#current(message);
    const repliedTo = current.mentions.find(({ id }) => id === current.referenced_message?.author.id);
    return changeMessage(this.#world, this.state, current, {
      content,
      edited_timestamp: new Date(this.#world.now()).toISOString(),
      ...mentionsIn(this.#world, this.state, content, { repliedTo }),
    });
  }

  /** Discord resolves a link in the message: an update without an edit. */
  touch(message: APIMessage): APIMessage {
    const embeds = [{ type: "link", url: "https://example.org/", title: "Example" }] as APIMessage["embeds"];
    return changeMessage(this.#world, this.state, this.#current(message), { embeds });
  }

  delete(message: APIMessage): void {
    removeMessages(this.#world, this.state, [this.#current(message).id]);
  }

  /** A moderator deletes several at once. */
  deleteMany(messages: readonly APIMessage[]): void {
    removeMessages(
      this.#world,
      this.state,
      messages.map((message) => this.#current(message).id),
    );
  }

  /** Somebody opens a thread, from a message or for itself. */
  openThread(user: WireUser, name: string, options: { from?: APIMessage; private?: boolean } = {}): FakeChannel {
    const { from } = options;
    if (this.state.guild !== undefined) join(this.state.guild, user);
    const wish = { ...options, name, owner: user, from: from && this.#current(from) };
    return new FakeChannel(this.#world, openThread(this.#world, this.state, wish));
  }

  /** Somebody opens a post in this forum; its first message has the id of the post. */
  openPost(
    user: WireUser,
    title: string,
    content: string,
    options: Pick<PostOptions, "attachments"> = {},
  ): FakeChannel {
    if (this.state.type !== ChannelType.GuildForum) throw new Error("only a forum takes posts");
    const post = this.openThread(user, title);
    post.post(user, content, { ...options, fields: { id: post.id } });
    return post;
  }

  archive({ locked = this.locked }: { locked?: boolean } = {}): void {
    archiveThread(this.#world, this.state, { archived: true, locked });
  }

  unarchive(): void {
    archiveThread(this.#world, this.state, { archived: false, locked: false });
  }

  /** Lock a thread that stays in sight. */
  lock(): void {
    archiveThread(this.#world, this.state, { archived: false, locked: true });
  }

  /** Bring somebody into a (private) thread. */
  invite(user: WireUser): void {
    inviteToThread(this.#world, this.state, user);
  }

  remove(): void {
    removeChannel(this.#world, this.state);
  }

  #current(message: APIMessage): APIMessage {
    const current = this.state.messages.get(message.id);
    if (current === undefined) throw new Error(`no message ${message.id} stands in ${this.name}`);
    return current;
  }
}

/** A webhook speaks under any name; its own id stands in place of a user's. */
function authorOf(user: APIUser, webhookId: string | undefined): APIUser {
  return webhookId === undefined
    ? user
    : { id: webhookId, username: user.username, discriminator: "0000", global_name: null, avatar: null, bot: true };
}
