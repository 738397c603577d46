import { type APIMessage, InteractionResponseType, MessageFlags, MessageType } from "discord.js";
import { type ApiRequest, done, ok, type Routes } from "../api-request.ts";
import { mentionsIn } from "../mentions.ts";
import { allowedMentionsIn, shownIn } from "../message-body.ts";
import {
  addEphemeral,
  addMessage,
  changeMessage,
  hasFlag,
  type MessageFields,
  removeEphemeral,
  removeMessages,
} from "../messages.ts";
import {
  alreadyAcknowledged,
  badChoice,
  expiredToken,
  threadArchived,
  tooManyFollowUps,
  unknownInteraction,
  unknownMessage,
  unknownWebhook,
} from "../refusal.ts";
import type { InteractionState, World } from "../world.ts";
import { edited } from "./messages.ts";

const RESPONSE_WITHIN_MS = 3000;
/** Of a command that comes from the user's own installation. */
const MOST_FOLLOW_UPS = 5;

/** The webhook of an interaction: everything that its token opens. None of it needs the bot's own token. */
export const interactionRoutes: Routes = {
  "POST /interactions/:interaction/:token/callback": (world, request) => {
    const { params, body, query } = request;
    const interaction = world.interactions.get(params.token ?? "");
    if (interaction === undefined || interaction.id !== params.interaction) throw unknownInteraction();
    if (interaction.response !== undefined) throw alreadyAcknowledged();
    if (world.now() - interaction.createdAt > RESPONSE_WITHIN_MS) throw unknownInteraction();
    const { thread } = interaction.channel;
    if (thread?.archived && thread.locked) throw threadArchived();
    const message = respond(world, interaction, request);
    interaction.acknowledged.resolve(Number(body.type));
    if (query.get("with_response") !== "true") return done();
    return ok({
      interaction: { id: interaction.id, type: 2, response_message_id: message.id },
      resource: { type: body.type, message },
    });
  },

  "GET /webhooks/:application/:token/messages/:message": (world, { params }) => {
    return ok(messageOf(world, opened(world, params), params.message));
  },

  "PATCH /webhooks/:application/:token/messages/:message": (world, request) => {
    const interaction = opened(world, request.params);
    const message = messageOf(world, interaction, request.params.message);
    return ok(change(world, interaction, request, message));
  },

  "DELETE /webhooks/:application/:token/messages/:message": (world, { params }) => {
    const interaction = opened(world, params);
    const { id } = messageOf(world, interaction, params.message);
    if (world.ephemeral.has(id)) removeEphemeral(world, id);
    else removeMessages(world, interaction.channel, [id]);
    return done();
  },

  /** A follow-up; the first one after a deferred response fills that in instead, and is as private as that. */
  "POST /webhooks/:application/:token": (world, request) => {
    const interaction = opened(world, request.params);
    const original = standing(world, interaction, interaction.response?.messageId);
    if (original !== undefined && hasFlag(original, MessageFlags.Loading)) {
      return ok(change(world, interaction, request, original));
    }
    if (!interaction.botIsMember && interaction.followUps.length >= MOST_FOLLOW_UPS) throw tooManyFollowUps();
    const fields = composed(world, interaction, request, request.body.flags);
    const message = put(world, interaction, { ...fields, type: MessageType.Default });
    interaction.followUps.push(message.id);
    return ok(message);
  },
};

/** @throws Refusal */
function respond(world: World, interaction: InteractionState, request: ApiRequest): APIMessage {
  const { type } = request.body;
  const data = (request.body.data ?? {}) as Record<string, unknown>;
  if (
    type !== InteractionResponseType.ChannelMessageWithSource &&
    type !== InteractionResponseType.DeferredChannelMessageWithSource
  ) {
    throw badChoice("type", [4, 5]);
  }
  const deferred = type === InteractionResponseType.DeferredChannelMessageWithSource;
  const ephemeral = hasFlag({ flags: Number(data.flags ?? 0) }, MessageFlags.Ephemeral);
  const fields = deferred
    ? { flags: MessageFlags.Loading | (ephemeral ? MessageFlags.Ephemeral : 0), webhook_id: world.bot.id }
    : composed(world, interaction, { ...request, body: data }, data.flags);
  const message = put(world, interaction, { ...fields, type: MessageType.ChatInputCommand });
  interaction.response = { type, ephemeral, messageId: message.id };
  return message;
}

function composed(world: World, { channel }: InteractionState, request: ApiRequest, flags: unknown): MessageFields {
  const shown = shownIn(world, channel, request);
  const allowed = allowedMentionsIn(request);
  return {
    ...shown,
    ...mentionsIn(world, channel, shown.content ?? "", { allowed }),
    flags: Number(flags ?? 0) & (MessageFlags.Ephemeral | MessageFlags.SuppressEmbeds),
    webhook_id: world.bot.id,
  };
}

function put(world: World, { channel }: InteractionState, fields: MessageFields): APIMessage {
  const ephemeral = hasFlag({ flags: Number(fields.flags ?? 0) }, MessageFlags.Ephemeral);
  return ephemeral ? addEphemeral(world, channel, fields) : addMessage(world, channel, world.bot, fields);
}

/** A deferred response that says something now was not edited: it has only just appeared. */
function change(world: World, { channel }: InteractionState, request: ApiRequest, message: APIMessage): APIMessage {
  const fields = edited(world, channel, request, message);
  if (!hasFlag(message, MessageFlags.Loading)) return changeMessage(world, channel, message, fields);
  const flags = (message.flags ?? 0) & ~MessageFlags.Loading;
  return changeMessage(world, channel, message, { ...fields, flags, edited_timestamp: null });
}

/** The interaction of a token that still opens something. @throws Refusal */
function opened(world: World, { application, token = "" }: Record<string, string>): InteractionState {
  const interaction = world.interactions.get(token);
  if (interaction === undefined || application !== world.bot.id) throw unknownWebhook();
  if (world.now() >= interaction.expiresAt) throw expiredToken();
  if (interaction.response === undefined) throw unknownWebhook();
  return interaction;
}

/** @throws Refusal */
function messageOf(world: World, interaction: InteractionState, id: string | undefined): APIMessage {
  const wanted =
    id === "@original" ? interaction.response?.messageId : interaction.followUps.find((each) => each === id);
  const message = standing(world, interaction, wanted);
  if (message === undefined) throw unknownMessage();
  return message;
}

function standing(world: World, { channel }: InteractionState, id = ""): APIMessage | undefined {
  return world.ephemeral.get(id) ?? channel.messages.get(id);
}
