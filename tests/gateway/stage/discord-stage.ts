import type { APIMessage } from "discord.js";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { SentMessage, WireUser } from "../../fakes/discord/posted.ts";
import { fits, type Heard, type Person, type Said, type Stage } from "./stage.ts";

/** What commands call the first word behind them. */
const OPTION_NAMES: Readonly<Record<string, string>> = { stop: "what", strategy: "name" };

/** One text channel of a server with the bot in it, and everybody's private chat. */
export class DiscordStage implements Stage {
  readonly platform = "discord";
  readonly groupKind = "channel";
  readonly showsText = false;
  readonly discord: FakeDiscord;
  readonly guild: FakeGuild;
  readonly channel: FakeChannel;

  private constructor(discord: FakeDiscord) {
    this.discord = discord;
    this.guild = discord.guild("Team");
    this.channel = this.guild.text("general");
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

  close(): Promise<void> {
    return this.discord.close();
  }
}

export class DiscordPerson implements Person {
  readonly user: WireUser;
  readonly #stage: DiscordStage;
  readonly #heard = new Set<string>();

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

  async says(text: string, options: Parameters<Person["says"]>[1] = {}): Promise<Said> {
    const { inPrivate = false, replyTo, unaddressed = false } = options;
    const { discord } = this.#stage;
    const original = replyTo?.ref as APIMessage | undefined;
    const here = inPrivate ? discord.dm(this.user) : this.#stage.channel;
    const place = original === undefined ? here : discord.channel(original.channel_id);
    const [, command = "", argument] = /^\/(\S+)(?:\s+(\S+))?/.exec(text) ?? [];
    if (command !== "" && discord.commands.some(({ name }) => name === command)) {
      const values = argument === undefined ? {} : { [OPTION_NAMES[command] ?? "value"]: argument };
      const call = discord.command(this.user, place, command, values);
      await call.acknowledged;
      return { id: call.id, ref: undefined };
    }
    const plain = inPrivate || unaddressed || command !== "";
    const message = place.post(this.user, plain ? text : `<@${discord.bot.id}> ${text}`, { replyTo: original });
    return { id: message.id, ref: message };
  }

  async edits(said: Said, text: string): Promise<void> {
    const { discord } = this.#stage;
    const message = said.ref as APIMessage;
    discord.channel(message.channel_id).edit(message, `<@${discord.bot.id}> ${text}`);
  }

  async hears(wanted: string | RegExp, { inPrivate = false } = {}): Promise<Heard> {
    const { discord } = this.#stage;
    const place = inPrivate ? discord.dm(this.user) : undefined;
    const isHere = (sent: SentMessage) =>
      place === undefined ? this.#stage.standsInChannel(sent) : sent.channelId === place.id;
    const sent = await discord.waitFor(
      (message) => isHere(message) && !this.#heard.has(message.message.id) && fits(message.text, wanted),
    );
    this.#heard.add(sent.message.id);
    return heard(sent);
  }

  async renames(name: string): Promise<void> {
    this.user.global_name = name;
  }
}

function heard({ text, message, replyTo, channelId }: SentMessage): Heard {
  return { text, ref: message, quotes: replyTo, thread: channelId };
}
