import { type APIMessage, type APIUser, ChannelType, MessageFlags, MessageType } from "discord.js";
import { makeChannel } from "./channels.ts";
import { addMessage, changeMessage } from "./messages.ts";
import { channelPayload } from "./payloads.ts";
import { hears, publishInGuild } from "./publishing.ts";
import type { ChannelState, World } from "./world.ts";

export interface ThreadWish {
  name: string;
  owner: APIUser;
  /** The message that opens it: its id becomes the thread's. */
  from?: APIMessage | undefined;
  private?: boolean;
  autoArchiveMinutes?: number;
}

/** Open a thread in a text, announcement or forum channel; the bot is told where it sees it. */
export function openThread(world: World, parent: ChannelState, wish: ThreadWish): ChannelState {
  const { name, owner, from, autoArchiveMinutes = 1440 } = wish;
  const id = from?.id ?? world.ids.next();
  const thread = makeChannel(world, {
    id,
    name,
    type: threadType(parent, wish.private ?? false),
    guild: parent.guild,
    parent,
    ownerId: owner.id,
    thread: {
      archived: false,
      locked: false,
      autoArchiveMinutes,
      archiveTimestamp: new Date(world.now()).toISOString(),
      members: new Set([owner.id]),
      messageCount: 0,
    },
  });
  publishThread(world, thread, "THREAD_CREATE", { newly_created: true });
  if (from !== undefined) linkToOpener(world, parent, thread, from);
  else if (parent.type !== ChannelType.GuildForum && !wish.private) announce(world, parent, thread, owner);
  return thread;
}

function threadType(parent: ChannelState, isPrivate: boolean): ChannelType {
  if (parent.type === ChannelType.GuildAnnouncement) return ChannelType.AnnouncementThread;
  return isPrivate ? ChannelType.PrivateThread : ChannelType.PublicThread;
}

/** The opening message shows its thread, and the thread begins with a link to it. */
function linkToOpener(world: World, parent: ChannelState, thread: ChannelState, from: APIMessage): void {
  changeMessage(world, parent, from, {
    flags: (from.flags ?? 0) | MessageFlags.HasThread,
    thread: channelPayload(thread, world.bot.id) as APIMessage["thread"] & object,
  });
  addMessage(world, thread, from.author, {
    type: MessageType.ThreadStarterMessage,
    message_reference: { type: 0, channel_id: parent.id, message_id: from.id, ...inGuild(parent) },
    referenced_message: from,
  });
}

/** A thread without an opening message is announced in the channel. */
function announce(world: World, parent: ChannelState, thread: ChannelState, owner: APIUser): void {
  addMessage(world, parent, owner, {
    type: MessageType.ThreadCreated,
    content: thread.name,
    message_reference: { type: 0, channel_id: thread.id, ...inGuild(parent) },
  });
}

function inGuild({ guild }: ChannelState): { guild_id?: string } {
  return guild === undefined ? {} : { guild_id: guild.id };
}

export function archiveThread(
  world: World,
  thread: ChannelState,
  change: { archived: boolean; locked?: boolean },
): void {
  if (thread.thread === undefined) throw new Error("not a thread");
  Object.assign(thread.thread, change, { archiveTimestamp: new Date(world.now()).toISOString() });
  publishThread(world, thread, "THREAD_UPDATE");
}

/** Add somebody; a bot that did not see a private thread hears of it now. */
export function inviteToThread(world: World, thread: ChannelState, user: APIUser): void {
  const isNews = user.id === world.bot.id && !hears(world, thread);
  thread.thread?.members.add(user.id);
  if (isNews) publishThread(world, thread, "THREAD_CREATE");
}

export function publishThread(world: World, thread: ChannelState, name: string, fields: object = {}): void {
  if (thread.guild === undefined || !hears(world, thread)) return;
  publishInGuild(world, thread.guild, name, { ...channelPayload(thread, world.bot.id), ...fields });
}
