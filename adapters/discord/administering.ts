import { type GuildBasedChannel, OverwriteType, PermissionFlagsBits } from "discord.js";
import { recordOf } from "./payload.ts";

const { Administrator, ManageChannels, ManageGuild } = PermissionFlagsBits;

/** What a channel's server says about who may do what there. */
export interface Rules {
  guildId: string;
  ownerId: unknown;
  /** Permissions of every role; that of everybody has the guild's id. */
  roles: ReadonlyMap<unknown, bigint>;
  overwrites: ReadonlyArray<{ id: unknown; type: unknown; allow: bigint; deny: bigint }>;
}

/** As discord.js keeps them up to date; undefined for a thread, which has none of its own. */
export function keptRules(channel: GuildBasedChannel): Rules | undefined {
  if (channel.isThread() || !channel.guild.available) return undefined;
  const { guild, permissionOverwrites } = channel;
  return {
    guildId: guild.id,
    ownerId: guild.ownerId,
    roles: new Map(guild.roles.cache.map(({ id, permissions }) => [id, permissions.bitfield])),
    overwrites: permissionOverwrites.cache.map(({ id, type, allow, deny }) => ({
      ...{ id, type },
      ...{ allow: allow.bitfield, deny: deny.bitfield },
    })),
  };
}

/** As REST tells them. */
export function toldRules(guildId: string, guild: Record<string, unknown>, channel: Record<string, unknown>): Rules {
  return {
    guildId,
    ownerId: guild.owner_id,
    roles: new Map(listed(guild.roles).map(({ id, permissions }) => [id, bits(permissions)])),
    overwrites: listed(channel.permission_overwrites).map(({ id, type, allow, deny }) => ({
      ...{ id, type },
      ...{ allow: bits(allow), deny: bits(deny) },
    })),
  };
}

/** False if a role of the member's is too new for these rules. */
export function knowsRoles({ guildId, roles }: Rules, member: Record<string, unknown>): boolean {
  return rolesOf(member, guildId).every((role) => roles.has(role));
}

/**
 * Whether a member, who is not the owner, manages the channel or the server.
 *
 * @see https://discord.com/developers/docs/topics/permissions#permission-overwrites
 */
export function administersIn(rules: Rules, userId: string, member: Record<string, unknown>): boolean {
  const held = rolesOf(member, rules.guildId);
  const base = held.reduce((all: bigint, role) => all | (rules.roles.get(role) ?? 0n), 0n);
  if ((base & Administrator) !== 0n) return true;
  return administers(inChannel(base, rules, new Set(held), userId));
}

function rolesOf({ roles }: Record<string, unknown>, guildId: string): unknown[] {
  return [guildId, ...(Array.isArray(roles) ? roles : [])];
}

/** Overwrites in their order: those for everybody, then those for roles together, then those for the member. */
function inChannel(base: bigint, { guildId, overwrites }: Rules, held: ReadonlySet<unknown>, userId: string): bigint {
  const everybody = overwrites.filter(({ id }) => id === guildId);
  const roles = overwrites.filter(({ id, type }) => type === OverwriteType.Role && id !== guildId && held.has(id));
  const member = overwrites.filter(({ id, type }) => type === OverwriteType.Member && id === userId);
  return [everybody, roles, member].reduce((permissions, group) => {
    const deny = group.reduce((all, overwrite) => all | overwrite.deny, 0n);
    const allow = group.reduce((all, overwrite) => all | overwrite.allow, 0n);
    return (permissions & ~deny) | allow;
  }, base);
}

export function administers(permissions: bigint): boolean {
  return (permissions & (Administrator | ManageChannels | ManageGuild)) !== 0n;
}

/** Permissions come as decimal numbers that do not fit a double. */
export function bits(value: unknown): bigint {
  return typeof value === "string" && /^\d{1,40}$/.test(value) ? BigInt(value) : 0n;
}

export function listed(value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
