import type { APIGuildMember, APIUser } from "discord.js";
import { isoTimeOf } from "./snowflakes.ts";
import type { GuildState } from "./world.ts";

/** The user's membership; whoever writes in a guild is a member of it. */
export function join(guild: GuildState, user: APIUser): APIGuildMember {
  const known = guild.members.get(user.id);
  if (known !== undefined) return known;
  const member: APIGuildMember = {
    user,
    nick: null,
    avatar: null,
    banner: null,
    roles: [],
    joined_at: isoTimeOf(guild.id),
    premium_since: null,
    pending: false,
    communication_disabled_until: null,
    deaf: false,
    mute: false,
    flags: 0 as number,
  };
  guild.members.set(user.id, member);
  return member;
}
