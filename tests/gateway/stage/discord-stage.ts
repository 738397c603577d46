import type { APIMessage, APIRole } from "discord.js";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { FakeInteraction } from "../../fakes/discord/fake-interaction.ts";
import type { SentMessage, WireUser } from "../../fakes/discord/posted.ts";
import { slashCommand } from "./slash-command.ts";
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

/** One text channel of a server with the bot in it, and everybody's private chat. */
export class DiscordStage implements Stage {
  readonly platform = "discord";
  readonly groupKind = "channel";
  readonly showsText = false;
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  readonly channel: FakeChannel;
  readonly #admins: APIRole;
  #tellRoles: (() => void) | undefined;

  private constructor(discord: FakeDiscord) {
    this.discord = discord;
    this.guild = discord.guild("Team");
    this.channel = this.guild.text("general");
    this.#admins = this.guild.role("admins", "ManageChannels");
  }

  static async open(): Promise<DiscordStage> {
    return new DiscordStage(await FakeDiscord.start());
  }

  get env(): Record<string, string> {
    return { DISCORD_TOKEN: this.discord.token, DISCORD_API_ROOT: this.discord.apiRoot };
  }

  async connect(): Promise<void> {
    await this.discord.gateway.connected;
  }

  async person(name: string): Promise<DiscordPerson> {
    return new DiscordPerson(this, this.discord.user(name));
  }

  botSaid(): Heard[] {
    return this.discord.sent.filter((sent) => this.standsInChannel(sent)).map(heard);
  }

  /** In the channel itself or in one of its threads. */
  standsInChannel({ channelId }: SentMessage): boolean {
    return channelId === this.channel.id || this.channel.threads.some(({ id }) => id === channelId);
  }

  setAdmin({ user }: DiscordPerson, yes: boolean): void {
    const others = this.guild.member(user).roles.filter((id) => id !== this.#admins.id);
    this.guild.member(user, { roles: yes ? [...others, this.#admins.id] : others });
  }

  /** What is written out is looked up; with a slash command and a button Discord tells the role itself. */
  failAdminLookups(fail: boolean): void {
    this.#tellRoles?.();
    this.#tellRoles = fail
      ? this.discord.fail("GET /guilds/:guild/members/:member", { status: 500, times: Number.POSITIVE_INFINITY })
      : undefined;
  }

  close(): Promise<void> {
    return this.discord.close();
  }
}

export class DiscordPerson implements Person {
  readonly user: WireUser;
  readonly #stage: DiscordStage;
  readonly #heard = new Set<string>();
  readonly #received = new Set<string>();
  /** Commands that were called and choices that were picked. */
  readonly #calls: FakeInteraction[] = [];

  constructor(stage: DiscordStage, user: WireUser) {
    this.#stage = stage;
    this.user = user;
  }

  get name(): string {
    return this.user.global_name ?? this.user.username;
  }

  get id(): string {
    return this.user.id;
  }

  async says(text: string, options: SayOptions = {}): Promise<Said> {
    const { inPrivate = false, replyTo, unaddressed = false, writtenOut = replyTo !== undefined } = options;
    const { discord } = this.#stage;
    const original = replyTo?.ref as APIMessage | undefined;
    const here = inPrivate ? discord.dm(this.user) : this.#stage.channel;
    const place = original === undefined ? here : discord.channel(original.channel_id);
    const slash = writtenOut ? undefined : slashCommand(discord.commands, text);
    if (slash !== undefined) return this.#called(discord.command(this.user, place, slash.name, slash.options));
    const plain = inPrivate || unaddressed;
    const message = place.post(this.user, plain ? text : `<@${discord.bot.id}> ${text}`, { replyTo: original });
    return { id: message.id, ref: message };
  }

  async picks({ ref }: Heard, label: string): Promise<Said> {
    const { discord } = this.#stage;
    const sent = discord.sent.find(({ message }) => message.id === (ref as APIMessage).id);
    if (sent === undefined) throw new Error("this does not stand on Discord any more");
    return this.#called(discord.picks(this.user, sent, label));
  }

  async edits(said: Said, text: string): Promise<void> {
    const { discord } = this.#stage;
    const message = said.ref as APIMessage;
    discord.channel(message.channel_id).edit(message, `<@${discord.bot.id}> ${text}`);
  }

  async hears(wanted: string | RegExp, { inPrivate = false, answering }: HearOptions = {}): Promise<Heard> {
    const sent = await this.#stage.discord.waitFor(
      (message) =>
        this.#sees(message, inPrivate) &&
        (answering === undefined || this.#answers(message, answering)) &&
        !this.#heard.has(message.message.id) &&
        fits(message.text, wanted),
    );
    this.#heard.add(sent.message.id);
    return heard(sent);
  }

  async receives({ inPrivate = false } = {}): Promise<ReceivedFile> {
    const sent = await this.#stage.discord.waitFor(
      (message) =>
        this.#sees(message, inPrivate) && message.files.length > 0 && !this.#received.has(message.message.id),
    );
    this.#received.add(sent.message.id);
    return { name: sent.files[0]?.name ?? "", text: sent.files[0]?.text ?? "" };
  }

  async renames(name: string): Promise<void> {
    this.user.global_name = name;
  }

  async #called(call: FakeInteraction): Promise<Said> {
    this.#calls.push(call);
    await call.acknowledged;
    return { id: call.id, ref: undefined };
  }

  /** What answers a command may be for its user alone. */
  #sees(sent: SentMessage, inPrivate: boolean): boolean {
    const stands = inPrivate
      ? sent.channelId === this.#stage.discord.dm(this.user).id
      : this.#stage.standsInChannel(sent);
    return stands && (!sent.ephemeral || this.#calls.some((call) => isResponse(call, sent)));
  }

  #answers(sent: SentMessage, { id }: Said): boolean {
    const call = this.#calls.find((each) => each.id === id);
    return call === undefined ? sent.replyTo === id : isResponse(call, sent);
  }
}

function isResponse({ response, followUps }: FakeInteraction, { message }: SentMessage): boolean {
  return [response, ...followUps].some((each) => each?.message.id === message.id);
}

function heard({ text, message, replyTo, channelId, choices }: SentMessage): Heard {
  return { text, ref: message, quotes: replyTo, thread: channelId, choices: choices.map(({ label }) => label) };
}
