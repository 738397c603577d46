import { guildFor } from "../access.ts";
import { ok, type Routes } from "../api-request.ts";
import { channelPayload, guildPayload, isThread, threadMember } from "../payloads.ts";
import { sees } from "../permissions.ts";
import { unknownMember } from "../refusal.ts";

export const guildRoutes: Routes = {
  "GET /guilds/:guild": (world, { params }) => ok(guildPayload(guildFor(world, params.guild))),

  "GET /guilds/:guild/roles": (world, { params }) => ok(guildFor(world, params.guild).roles),

  "GET /guilds/:guild/channels": (world, { params }) => {
    const standing = guildFor(world, params.guild).channels.filter((channel) => !channel.gone && !isThread(channel));
    return ok(standing.map((channel) => channelPayload(channel, world.bot.id)));
  },

  "GET /guilds/:guild/threads/active": (world, { params }) => {
    const active = guildFor(world, params.guild).channels.filter(
      (channel) => isThread(channel) && !channel.gone && !channel.thread?.archived && sees(channel, world.bot.id),
    );
    const joined = active.filter(({ thread }) => thread?.members.has(world.bot.id));
    return ok({
      threads: active.map((channel) => channelPayload(channel, world.bot.id)),
      members: joined.map((channel) => threadMember(channel, world.bot.id)),
    });
  },

  "GET /guilds/:guild/members/:user": (world, { params }) => {
    const member = guildFor(world, params.guild).members.get(params.user ?? "");
    if (member === undefined) throw unknownMember();
    return ok(member);
  },
};
