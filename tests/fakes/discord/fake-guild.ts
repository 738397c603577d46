import { type APIGuildMember, type APIRole, ChannelType, GatewayIntentBits, OverwriteType } from "discord.js";
import { makeChannel, publishChannel } from "./channels.ts";
import { FakeChannel } from "./fake-channel.ts";
import { makeRole } from "./guilds.ts";
import { join } from "./members.ts";
import { guildCreate, guildPayload } from "./payloads.ts";
import { bitsOf, sees } from "./permissions.ts";
import type { PermissionName, WireUser } from "./posted.ts";
import { publishInGuild } from "./publishing.ts";
import type { GuildState, World } from "./world.ts";

/** A server, with the bot in it unless it was made otherwise. */
export class FakeGuild {
  readonly state: GuildState;
  readonly #world: World;

  constructor(world: World, state: GuildState) {
    this.#world = world;
    this.state = state;
  }

  get id(): string {
    return this.state.id;
  }

  get name(): string {
    return this.state.name;
  }

  /** The managed role that came with the bot. */
  get botRole(): APIRole {
    const role = this.state.roles.find(({ tags }) => tags?.bot_id === this.#world.bot.id);
    if (role === undefined) throw new Error("the bot was never in this guild");
    return role;
  }

  get ownerId(): string {
    return this.state.ownerId;
  }

  set ownerId(userId: string) {
    this.state.ownerId = userId;
    this.#publish("GUILD_UPDATE", guildPayload(this.state));
  }

  text(name: string): FakeChannel {
    return this.#channel(name, ChannelType.GuildText);
  }

  announcement(name: string): FakeChannel {
    return this.#channel(name, ChannelType.GuildAnnouncement);
  }

  voice(name: string): FakeChannel {
    return this.#channel(name, ChannelType.GuildVoice);
  }

  forum(name: string): FakeChannel {
    return this.#channel(name, ChannelType.GuildForum);
  }

  role(name: string, ...permissions: PermissionName[]): APIRole {
    const role = makeRole(this.#world.oldIds.next(), name, bitsOf(...permissions));
    this.state.roles.push(role);
    publishInGuild(this.#world, this.state, "GUILD_ROLE_CREATE", { guild_id: this.id, role });
    return role;
  }

  /** Make the user a member, or change how they appear here. */
  member(user: WireUser, fields: { nick?: string | null; roles?: string[] } = {}): APIGuildMember {
    return Object.assign(join(this.state, user), fields);
  }

  /** Give a user permissions in the whole guild, by a role of their own. */
  grant(user: WireUser, ...permissions: PermissionName[]): void {
    join(this.state, user).roles.push(this.role(`role of ${user.username}`, ...permissions).id);
  }

  /** Take permissions in a channel from the bot. */
  deny(channel: FakeChannel, ...permissions: PermissionName[]): void {
    this.#overwrite(channel, bitsOf(...permissions), "deny");
  }

  /** Give the bot permissions in a channel. */
  allow(channel: FakeChannel, ...permissions: PermissionName[]): void {
    this.#overwrite(channel, bitsOf(...permissions), "allow");
  }

  /** An outage: nothing is told of the guild and nothing answered for it until it is available again. */
  unavailable(): void {
    this.state.available = false;
    this.#publish("GUILD_DELETE", { id: this.id, unavailable: true });
  }

  available(): void {
    this.state.available = true;
    this.#publish("GUILD_CREATE", this.#whole());
  }

  /** The bot is thrown out. */
  remove(): void {
    this.state.botIsMember = false;
    this.state.members.delete(this.#world.bot.id);
    this.#publish("GUILD_DELETE", { id: this.id });
  }

  #channel(name: string, type: ChannelType): FakeChannel {
    const channel = makeChannel(this.#world, { name, type, guild: this.state });
    publishChannel(this.#world, channel, "CHANNEL_CREATE");
    return new FakeChannel(this.#world, channel);
  }

  #overwrite({ state }: FakeChannel, bits: bigint, kind: "allow" | "deny"): void {
    const { id } = this.#world.bot;
    const overwrites = (state.parent ?? state).overwrites;
    let overwrite = overwrites.find((each) => each.id === id);
    if (overwrite === undefined) {
      overwrite = { id, type: OverwriteType.Member, allow: "0", deny: "0" };
      overwrites.push(overwrite);
    }
    const other = kind === "allow" ? "deny" : "allow";
    overwrite[kind] = String(BigInt(overwrite[kind]) | bits);
    overwrite[other] = String(BigInt(overwrite[other]) & ~bits);
    publishChannel(this.#world, state.parent ?? state, "CHANNEL_UPDATE");
  }

  /** What concerns the guild as a whole reaches the bot in any case. */
  #publish(name: string, data: object): void {
    this.#world.publish({ name, data, guildId: this.id, intents: GatewayIntentBits.Guilds });
  }

  #whole(): object {
    const { bot } = this.#world;
    return guildCreate(this.state, bot, (channel) => sees(channel, bot.id));
  }
}
