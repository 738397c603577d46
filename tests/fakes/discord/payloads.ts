import { type APIGuildMember, ChannelType, GatewayIntentBits } from "discord.js";
import { isoTimeOf } from "./snowflakes.ts";
import type { ChannelState, GuildState, World } from "./world.ts";

const THREAD_TYPES = new Set([ChannelType.PublicThread, ChannelType.PrivateThread, ChannelType.AnnouncementThread]);

export function isThread({ type }: ChannelState): boolean {
  return THREAD_TYPES.has(type);
}

/** A channel of any kind, as Discord shows it to the bot. */
export function channelPayload(channel: ChannelState, botId: string): object {
  const base = { id: channel.id, type: channel.type, last_message_id: channel.lastMessageId, flags: 0 };
  if (channel.thread !== undefined) return { ...base, ...threadFields(channel, botId) };
  if (channel.type === ChannelType.DM) return { ...base, recipients: channel.recipients };
  if (channel.type === ChannelType.GroupDM) {
    return { ...base, name: channel.name, icon: null, owner_id: channel.ownerId, recipients: channel.recipients };
  }
  return {
    ...base,
    guild_id: channel.guild?.id,
    name: channel.name,
    position: channel.guild?.channels.indexOf(channel) ?? 0,
    permission_overwrites: channel.overwrites,
    parent_id: null,
    nsfw: false,
    topic: null,
    rate_limit_per_user: 0,
    ...(channel.type === ChannelType.GuildVoice && { bitrate: 64000, user_limit: 0, rtc_region: null }),
    ...(channel.type === ChannelType.GuildForum && {
      available_tags: [],
      default_reaction_emoji: null,
      default_sort_order: null,
      default_forum_layout: 0,
    }),
  };
}

function threadFields(channel: ChannelState, botId: string): object {
  const { thread, guild, parent } = channel;
  return {
    guild_id: guild?.id,
    parent_id: parent?.id,
    owner_id: channel.ownerId,
    name: channel.name,
    rate_limit_per_user: 0,
    message_count: thread?.messageCount,
    total_message_sent: thread?.messageCount,
    member_count: thread?.members.size,
    thread_metadata: {
      archived: thread?.archived,
      locked: thread?.locked,
      auto_archive_duration: thread?.autoArchiveMinutes,
      archive_timestamp: thread?.archiveTimestamp,
      create_timestamp: isoTimeOf(channel.id),
      ...(channel.type === ChannelType.PrivateThread && { invitable: true }),
    },
    ...(thread?.members.has(botId) && { member: threadMember(channel, botId) }),
  };
}

export function threadMember(channel: ChannelState, userId: string): object {
  return { id: channel.id, user_id: userId, join_timestamp: isoTimeOf(channel.id), flags: 0 };
}

/** A member as messages carry it: who it is stands beside it. */
export function memberPayload(member: APIGuildMember): Omit<APIGuildMember, "user"> {
  const { user: _, ...rest } = member;
  return rest;
}

/** The settings of a guild, as REST tells them. */
export function guildPayload(guild: GuildState): object {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: guild.roles,
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    preferred_locale: "en-US",
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    safety_alerts_channel_id: null,
  };
}

/** GUILD_CREATE: with its channels, the threads that are open, and the bot as the one member that is told unasked. */
export function guildCreate(guild: GuildState, bot: World["bot"], sees: (channel: ChannelState) => boolean): object {
  const open = guild.channels.filter((channel) => !channel.gone && !channel.parent?.gone);
  const shown = (channels: ChannelState[]) => channels.map((channel) => channelPayload(channel, bot.id));
  return {
    ...guildPayload(guild),
    joined_at: isoTimeOf(guild.id),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: [...guild.members.values()].filter(({ user }) => user.id === bot.id),
    channels: shown(open.filter((channel) => !isThread(channel))),
    threads: shown(open.filter((channel) => isThread(channel) && !channel.thread?.archived && sees(channel))),
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** What a bot has to ask for to hear of messages in a channel. */
export function messageIntent({ guild }: ChannelState): number {
  return guild === undefined ? GatewayIntentBits.DirectMessages : GatewayIntentBits.GuildMessages;
}
