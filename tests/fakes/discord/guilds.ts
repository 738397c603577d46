import type { APIRole } from "discord.js";
import { join } from "./members.ts";
import { ORDINARY } from "./permissions.ts";
import type { GuildState, World } from "./world.ts";

export function makeRole(id: string, name: string, permissions: bigint): APIRole {
  return {
    id,
    name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    position: 0,
    permissions: String(permissions),
    managed: false,
    mentionable: false,
    flags: 0 as number,
  };
}

/** A guild with its two roles: @everyone, and the managed one of the bot. */
export function makeGuild(world: World, id: string, name: string, botIsMember: boolean): GuildState {
  const guild: GuildState = {
    id,
    name,
    ownerId: world.oldIds.next(),
    roles: [makeRole(id, "@everyone", ORDINARY)],
    members: new Map(),
    channels: [],
    available: true,
    botIsMember,
  };
  world.guilds.set(id, guild);
  if (!botIsMember) return guild;
  const role = makeRole(world.oldIds.next(), world.bot.username, 0n);
  guild.roles.push({ ...role, managed: true, tags: { bot_id: world.bot.id } });
  join(guild, world.bot).roles.push(role.id);
  return guild;
}
