import { ChannelType, GatewayIntentBits } from "discord.js";
import { messageIntent } from "./payloads.ts";
import { sees } from "./permissions.ts";
import type { ChannelState, GatewayEvent, GuildState, World } from "./world.ts";

/** Tell the bot of something in a guild, unless it is not there or the guild is out. */
export function publishInGuild(world: World, guild: GuildState, name: string, data: object): void {
  if (!guild.botIsMember || !guild.available) return;
  world.publish({ name, data, guildId: guild.id, intents: GatewayIntentBits.Guilds });
}

/** The bot hears of messages where it can see them: never in group DMs, which bots cannot join. */
export function hears(world: World, channel: ChannelState): boolean {
  if (channel.type === ChannelType.GroupDM) return false;
  if (channel.guild === undefined) return true;
  return channel.guild.botIsMember && channel.guild.available && sees(channel, world.bot.id);
}

/** Of what one person alone sees, no server is told. */
export function publishApart(world: World, name: string, data: object): void {
  world.publish({ name, data, intents: GatewayIntentBits.DirectMessages });
}

/** @returns the event, for telling it again, or undefined where the bot does not hear of it */
export function publishMessage(
  world: World,
  channel: ChannelState,
  name: string,
  data: object,
): GatewayEvent | undefined {
  if (!hears(world, channel)) return undefined;
  const guildId = channel.guild?.id;
  const event: GatewayEvent = {
    name,
    data: { ...data, ...(guildId !== undefined && { guild_id: guildId }) },
    intents: messageIntent(channel),
    ...(guildId !== undefined && { guildId }),
  };
  world.publish(event);
  return event;
}
