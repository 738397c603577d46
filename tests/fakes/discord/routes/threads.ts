import { type APIMessage, ChannelType } from "discord.js";
import { channelFor, demand, messageIn } from "../access.ts";
import { type ApiRequest, created, type Routes } from "../api-request.ts";
import { shownIn } from "../message-body.ts";
import { addMessage, isSpoken } from "../messages.ts";
import { channelPayload } from "../payloads.ts";
import { badChoice, badLength, systemMessage, threadExists, wrongChannelType } from "../refusal.ts";
import { openThread } from "../threads.ts";
import type { ChannelState } from "../world.ts";

const ARCHIVE_MINUTES = [60, 1440, 4320, 10080];
const MAX_NAME = 100;

export const threadRoutes: Routes = {
  "POST /channels/:channel/messages/:message/threads": (world, request) => {
    const channel = channelFor(world, request.params.channel);
    if (!isParent(channel)) throw wrongChannelType();
    const from = messageIn(channel, request.params.message);
    demand(world, channel, "CreatePublicThreads");
    const wish = wishIn(request);
    if (hasThread(from)) throw threadExists();
    if (!isSpoken(from)) throw systemMessage();
    const thread = openThread(world, channel, { ...wish, owner: world.bot, from });
    return created(channelPayload(thread, world.bot.id));
  },

  "POST /channels/:channel/threads": (world, request) => {
    const channel = channelFor(world, request.params.channel);
    const wish = wishIn(request);
    if (channel.type === ChannelType.GuildForum) {
      demand(world, channel, "SendMessages");
      const message = request.body.message as Record<string, unknown>;
      const shown = shownIn(world, channel, { ...request, body: message });
      const post = openThread(world, channel, { ...wish, owner: world.bot });
      const first = addMessage(world, post, world.bot, { ...shown, id: post.id });
      return created({ ...channelPayload(post, world.bot.id), message: first });
    }
    if (!isParent(channel)) throw wrongChannelType();
    const isPrivate = request.body.type !== ChannelType.PublicThread;
    demand(world, channel, isPrivate ? "CreatePrivateThreads" : "CreatePublicThreads");
    const thread = openThread(world, channel, { ...wish, owner: world.bot, private: isPrivate });
    return created(channelPayload(thread, world.bot.id));
  },
};

function isParent({ type }: ChannelState): boolean {
  return type === ChannelType.GuildText || type === ChannelType.GuildAnnouncement;
}

/** A message keeps the mark of a thread that was removed. */
function hasThread({ thread }: APIMessage): boolean {
  return thread !== undefined;
}

/** @throws Refusal */
function wishIn({ body }: ApiRequest): { name: string; autoArchiveMinutes: number } {
  const { name, auto_archive_duration: minutes = 1440 } = body;
  if (typeof name !== "string" || name.trim() === "" || name.length > MAX_NAME) throw badLength("name", 1, MAX_NAME);
  if (typeof minutes !== "number" || !ARCHIVE_MINUTES.includes(minutes)) {
    throw badChoice("auto_archive_duration", ARCHIVE_MINUTES);
  }
  return { name, autoArchiveMinutes: minutes };
}
