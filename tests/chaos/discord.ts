import type { APIMessage } from "discord.js";
import type { FakeChannel } from "../fakes/discord/fake-channel.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { Fault } from "../fakes/discord/faults.ts";
import type { SentMessage, WireUser } from "../fakes/discord/posted.ts";
import { HeldBack } from "./held-back.ts";
import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";

/** How the bot says something, or opens the thread in which it will. */
const SEND = /^(POST \/channels\/\d+\/messages(\/\d+\/threads)?|PATCH \/channels\/\d+\/messages\/\d+)$/;

const SLOW_MS = 2_000;

const FAILURES = [500, 502, 503];

/** One server with two channels, and everybody's private chat. */
export class DiscordChaos implements ChaosPlatform {
  readonly name = "discord";
  readonly hasKeys = true;
  readonly discord: FakeDiscord;
  readonly faults: Record<FaultName, () => void>;
  readonly #groups: readonly FakeChannel[];
  readonly #people: WireUser[] = [];
  /** Private chats by their id: with whom. */
  readonly #privately = new Map<string, number>();
  readonly #held = new HeldBack();
  readonly #looks = new Set<() => void>();
  /** What ends the faults that were called up. */
  readonly #endings = new Set<() => void>();
  #last: APIMessage | undefined;
  #session: string | undefined;
  #changes = 0;
  #failures = 0;
  #cuts = 0;
  #closed = false;

  private constructor(discord: FakeDiscord) {
    this.discord = discord;
    const guild = discord.guild("Team");
    this.#groups = [guild.text("general"), guild.text("random")];
    this.faults = {
      "429": () => this.#fail({ status: 429, retryAfterMs: 1_000 }),
      "5xx": () => this.#fail({ status: inTurn(FAILURES, this.#failures++) }),
      reset: () => this.#fail({}),
      "ack-lost": () => this.#fail({ after: "lost" }),
      slow: () => this.#slow(),
      redelivered: () => this.#last && discord.redeliver(this.#last),
      reordered: () => this.#held.begin(),
      disconnected: () => this.#cut(),
    };
    void discord.until(() => {
      this.#notice();
      return this.#closed;
    });
  }

  static async open(): Promise<DiscordChaos> {
    return new DiscordChaos(await FakeDiscord.start());
  }

  get env(): Record<string, string> {
    return { DISCORD_TOKEN: this.discord.token, DISCORD_API_ROOT: this.discord.apiRoot };
  }

  async connect(): Promise<void> {
    await this.discord.gateway.connected;
  }

  async write(person: number, place: Place, text: string): Promise<void> {
    const { discord } = this;
    const user = this.#user(person);
    const channel = place === "dm" ? discord.dm(user) : this.#group(place);
    if (place === "dm") this.#privately.set(channel.id, person);
    const words = place === "dm" ? text : `<@${discord.bot.id}> ${text}`;
    const message = this.#withoutTelling(() => channel.post(user, words));
    const tell = () => {
      this.#last = message;
      discord.redeliver(message);
    };
    // Discord keeps the order of a channel whatever happens.
    this.#held.pass(person, tell, channel.id);
  }

  said(): Said[] {
    return this.discord.sent
      .filter(({ ephemeral }) => !ephemeral)
      .map((sent) => {
        const quotes = this.#quotedBy(sent);
        return {
          ...this.#whereabouts(sent.channelId),
          text: asRead(sent.text),
          ...(quotes !== undefined && { quotes }),
        };
      });
  }

  onSaid(look: () => void): void {
    this.#looks.add(look);
  }

  calm(): void {
    for (const end of this.#endings) end();
    this.#endings.clear();
    this.#held.end();
  }

  async close(): Promise<void> {
    this.calm();
    this.#looks.clear();
    this.#closed = true;
    await this.discord.close();
  }

  #user(person: number): WireUser {
    this.#people[person] ??= this.discord.user(`Person ${person}`);
    return this.#people[person];
  }

  #group(place: number): FakeChannel {
    const channel = this.#groups[place];
    if (channel === undefined) throw new Error(`there is no group ${place} on Discord`);
    return channel;
  }

  #whereabouts(channelId: string): Pick<Said, "place" | "person"> {
    const person = this.#privately.get(channelId);
    if (person !== undefined) return { place: "dm", person };
    const { parent } = this.discord.channel(channelId).state;
    const place = this.#groups.findIndex(({ id }) => id === (parent?.id ?? channelId));
    if (place < 0) throw new Error("the bot spoke where nobody has written");
    return { place };
  }

  /** In a thread, the message that it grew out of stands above everything. */
  #quotedBy({ channelId, message }: SentMessage): string | undefined {
    const { parent } = this.discord.channel(channelId).state;
    const quoted = message.referenced_message ?? parent?.messages.get(channelId);
    return quoted?.content;
  }

  #fail(fault: Fault): void {
    this.#endings.add(this.discord.fail(SEND, fault));
  }

  #slow(): void {
    const hold = this.discord.hold(SEND, { after: "taken" });
    const end = () => {
      clearTimeout(timer);
      this.#endings.delete(end);
      hold.release();
    };
    const timer = setTimeout(end, SLOW_MS);
    this.#endings.add(end);
  }

  /** In every way in which Discord does it; after the last one, what was missed has to be read back. */
  #cut(): void {
    const { gateway } = this.discord;
    const ways = [
      () => gateway.reset(),
      () => gateway.drop(),
      () => gateway.requestReconnect(),
      () => gateway.invalidate(),
    ];
    inTurn(ways, this.#cuts++)();
  }

  #withoutTelling<T>(work: () => T): T {
    const { gateway } = this.discord;
    const { alter } = gateway;
    gateway.alter = () => null;
    try {
      return work();
    } finally {
      gateway.alter = alter;
    }
  }

  #notice(): void {
    const { gateway, changes } = this.discord;
    const session = gateway.sessions.at(-1)?.id;
    if (session !== undefined && session !== this.#session) {
      this.#session = session;
      this.#introduce();
    }
    if (changes === this.#changes) return;
    this.#changes = changes;
    for (const look of [...this.#looks]) look();
  }

  /**
   * A bot cannot know of a private chat in which everything was written while it was away: Discord lists none. There people
   * have to write once more, which is the same message here, so that nothing may come of it if the bot knows it after all.
   */
  #introduce(): void {
    const { sent } = this.discord;
    for (const channelId of this.#privately.keys()) {
      if (sent.some((message) => message.channelId === channelId)) continue;
      for (const message of this.discord.channel(channelId).messages) this.discord.redeliver(message);
    }
  }
}

function inTurn<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

/** Without what marks text up, and what keeps signs from doing so. */
function asRead(text: string): string {
  return text.replace(/\\([^0-9A-Za-z\s])|[*~`\u200b]/g, "$1");
}
