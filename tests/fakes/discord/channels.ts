import { ChannelType } from "discord.js";
import { channelPayload, isThread } from "./payloads.ts";
import { publishInGuild } from "./publishing.ts";
import type { ChannelState, World } from "./world.ts";

type ChannelFields = Pick<ChannelState, "name" | "type"> & {
  [field in "id" | "guild" | "parent" | "ownerId" | "recipients" | "thread"]?: ChannelState[field] | undefined;
};

export function makeChannel(world: World, fields: ChannelFields): ChannelState {
  const { id = world.ids.next(), name, type, guild, parent, ownerId, recipients = [], thread } = fields;
  const channel: ChannelState = {
    id,
    name,
    type,
    recipients,
    overwrites: [],
    messages: new Map(),
    nonces: new Map(),
    lastMessageId: null,
    gone: false,
    ...(guild !== undefined && { guild }),
    ...(parent !== undefined && { parent }),
    ...(ownerId !== undefined && { ownerId }),
    ...(thread !== undefined && { thread }),
  };
  world.channels.set(id, channel);
  guild?.channels.push(channel);
  // A forum's newest post is its newest message.
  if (parent?.type === ChannelType.GuildForum) parent.lastMessageId = id;
  return channel;
}

/** The DM of the bot with a user, always the same. */
export function dmWith(world: World, userId: string): ChannelState | undefined {
  const user = world.users.get(userId);
  if (user === undefined) return undefined;
  const known = [...world.channels.values()].find(
    ({ type, recipients }) => type === ChannelType.DM && recipients[0]?.id === userId,
  );
  return known ?? makeChannel(world, { name: user.username, type: ChannelType.DM, recipients: [user] });
}

export function publishChannel(world: World, channel: ChannelState, name: string): void {
  if (channel.guild !== undefined) publishInGuild(world, channel.guild, name, channelPayload(channel, world.bot.id));
}

/** Delete a channel or thread with everything in it. */
export function removeChannel(world: World, channel: ChannelState): void {
  if (channel.gone) return;
  if (isThread(channel) && channel.guild !== undefined) {
    const { id, type, guild, parent } = channel;
    publishInGuild(world, guild, "THREAD_DELETE", { id, type, guild_id: guild.id, parent_id: parent?.id });
  } else publishChannel(world, channel, "CHANNEL_DELETE");
  channel.gone = true;
  for (const id of channel.messages.keys()) world.sent.gone(id);
}
