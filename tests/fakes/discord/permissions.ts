import { ChannelType, OverwriteType, PermissionFlagsBits } from "discord.js";
import type { PermissionName } from "./posted.ts";
import type { ChannelState, GuildState } from "./world.ts";

const ALL = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What everybody may in a new guild. */
export const ORDINARY = bitsOf(
  "ViewChannel",
  "SendMessages",
  "SendMessagesInThreads",
  "CreatePublicThreads",
  "CreatePrivateThreads",
  "ReadMessageHistory",
  "AttachFiles",
  "EmbedLinks",
  "AddReactions",
  "UseApplicationCommands",
  "MentionEveryone",
  "Connect",
  "Speak",
);

export function bitsOf(...names: PermissionName[]): bigint {
  return names.reduce((bits, name) => bits | PermissionFlagsBits[name], 0n);
}

/**
 * What a member may in a channel; in a thread, what it may in the parent. In DMs, what DMs have.
 * @see https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function permissionsIn(channel: ChannelState, userId: string): bigint {
  const { guild, overwrites } = channel.parent ?? channel;
  if (guild === undefined) return ORDINARY;
  const base = permissionsInGuild(guild, userId);
  if (base === ALL) return ALL;
  const roles = guild.members.get(userId)?.roles ?? [];
  const ofRoles = overwrites.filter(({ type, id }) => type === OverwriteType.Role && roles.includes(id));
  const steps = [
    overwrites.filter(({ id }) => id === guild.id),
    ofRoles,
    overwrites.filter(({ type, id }) => type === OverwriteType.Member && id === userId),
  ];
  return steps.reduce((bits, step) => {
    const denied = step.reduce((all, { deny }) => all | BigInt(deny), 0n);
    const allowed = step.reduce((all, { allow }) => all | BigInt(allow), 0n);
    return (bits & ~denied) | allowed;
  }, base);
}

function permissionsInGuild(guild: GuildState, userId: string): bigint {
  if (guild.ownerId === userId) return ALL;
  const held = guild.members.get(userId)?.roles ?? [];
  const bits = guild.roles
    .filter(({ id }) => id === guild.id || held.includes(id))
    .reduce((all, { permissions }) => all | BigInt(permissions), 0n);
  return (bits & PermissionFlagsBits.Administrator) !== 0n ? ALL : bits;
}

export function may(channel: ChannelState, userId: string, ...names: PermissionName[]): boolean {
  const wanted = bitsOf(...names);
  return (permissionsIn(channel, userId) & wanted) === wanted;
}

/** Whether the bot (or another member) sees what happens in a channel. */
export function sees(channel: ChannelState, userId: string): boolean {
  if (channel.guild === undefined) return true;
  if (!may(channel, userId, "ViewChannel")) return false;
  return (
    !isPrivateThread(channel) || channel.thread?.members.has(userId) === true || may(channel, userId, "ManageThreads")
  );
}

export function isPrivateThread({ type }: ChannelState): boolean {
  return type === ChannelType.PrivateThread;
}
