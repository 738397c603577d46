import { ChannelType } from "discord.js";
import { may, sees } from "./permissions.ts";
import type { PermissionName } from "./posted.ts";
import {
  missingAccess,
  missingPermissions,
  overloaded,
  unknownChannel,
  unknownGuild,
  unknownMessage,
} from "./refusal.ts";
import type { ChannelState, GuildState, World } from "./world.ts";

/** A channel that the bot sees. @throws Refusal */
export function channelFor(world: World, id = ""): ChannelState {
  const channel = world.channels.get(id);
  if (channel === undefined || channel.gone || channel.parent?.gone) throw unknownChannel();
  if (channel.type === ChannelType.GroupDM) throw missingAccess();
  if (channel.guild !== undefined) guildFor(world, channel.guild.id);
  if (!sees(channel, world.bot.id)) throw missingAccess();
  return channel;
}

/** A guild that the bot is in. @throws Refusal */
export function guildFor(world: World, id = ""): GuildState {
  const guild = world.guilds.get(id);
  if (guild === undefined) throw unknownGuild();
  if (!guild.botIsMember) throw missingAccess();
  if (!guild.available) throw overloaded();
  return guild;
}

/** @throws Refusal if the bot lacks any of the permissions there */
export function demand(world: World, channel: ChannelState, ...permissions: PermissionName[]): void {
  if (!may(channel, world.bot.id, ...permissions)) throw missingPermissions();
}

/** @throws Refusal */
export function messageIn(channel: ChannelState, id = "") {
  const message = channel.messages.get(id);
  if (message === undefined) throw unknownMessage();
  return message;
}
