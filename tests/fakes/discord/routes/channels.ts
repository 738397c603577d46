import { ChannelType } from "discord.js";
import { channelFor, demand } from "../access.ts";
import { done, ok, type Routes } from "../api-request.ts";
import { dmWith, removeChannel } from "../channels.ts";
import { channelPayload, isThread, threadMember } from "../payloads.ts";
import { threadArchived, unknownUser, wrongChannelType } from "../refusal.ts";
import { archiveThread, inviteToThread } from "../threads.ts";
import type { World } from "../world.ts";

export const channelRoutes: Routes = {
  "GET /channels/:channel": (world, { params }) => ok(channelPayload(channelFor(world, params.channel), world.bot.id)),

  "PATCH /channels/:channel": (world, { params, body }) => {
    const channel = channelFor(world, params.channel);
    if (channel.thread === undefined) throw wrongChannelType();
    const { archived = channel.thread.archived, locked = channel.thread.locked } = body;
    if (locked !== channel.thread.locked || channel.ownerId !== world.bot.id) demand(world, channel, "ManageThreads");
    archiveThread(world, channel, { archived: archived === true, locked: locked === true });
    return ok(channelPayload(channel, world.bot.id));
  },

  "DELETE /channels/:channel": (world, { params }) => {
    const channel = channelFor(world, params.channel);
    if (channel.type !== ChannelType.DM) demand(world, channel, isThread(channel) ? "ManageThreads" : "ManageChannels");
    removeChannel(world, channel);
    return ok(channelPayload(channel, world.bot.id));
  },

  "PUT /channels/:channel/thread-members/@me": (world, { params }) => {
    const channel = threadFor(world, params.channel);
    if (channel.thread?.archived) throw threadArchived();
    inviteToThread(world, channel, world.bot);
    return done();
  },

  "DELETE /channels/:channel/thread-members/@me": (world, { params }) => {
    threadFor(world, params.channel).thread?.members.delete(world.bot.id);
    return done();
  },

  "GET /channels/:channel/thread-members": (world, { params }) => {
    const channel = threadFor(world, params.channel);
    return ok([...(channel.thread?.members ?? [])].map((userId) => threadMember(channel, userId)));
  },

  "GET /users/@me": (world) => ok(world.bot),

  "POST /users/@me/channels": (world, { body }) => {
    const dm = dmWith(world, String(body.recipient_id));
    if (dm === undefined) throw unknownUser();
    return ok(channelPayload(dm, world.bot.id));
  },
};

function threadFor(world: World, id: string | undefined) {
  const channel = channelFor(world, id);
  if (!isThread(channel)) throw wrongChannelType();
  return channel;
}
