import { ApplicationCommandType, ChannelType, InteractionContextType, InteractionType } from "discord.js";
import type { CommandOffer } from "../adapter.ts";
import { cutText } from "../cut-text.ts";
import type { InboundMessage } from "../record.ts";
import { attachmentOf } from "./attachments.ts";
import { pickedIn } from "./choices.ts";
import { ASK, ASK_FILE, ASK_PRIVATE, ASK_QUESTION } from "./commands.ts";
import { resolved } from "./content.ts";
import { isSnowflake } from "./ids.ts";
import {
  attachmentIn,
  type DiscordAttachment,
  DiscordPayloadError,
  type DiscordUser,
  listOf,
  recordOf,
  userIn,
} from "./payload.ts";
import { personOf } from "./people.ts";
import { encodeReplyToken, REPLY_LIFETIME_MS } from "./reply-token.ts";
import { isThread, type Names, placeOf, type Scene, type SceneChannel } from "./scene.ts";

/**
 * A slash command that somebody used, or a choice that somebody picked, which is the same as its command.
 *
 * @see https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
 */
export interface DiscordInteraction {
  id: string;
  application_id: string;
  token: string;
  user: DiscordUser;
  /** The user's permissions in the channel, as a decimal bit set; guilds alone. */
  permissions?: string;
  guild_id?: string;
  channel: {
    id: string;
    type?: ChannelType;
    name?: string;
    /** Of a thread, the channel that holds it; of a channel, its category. */
    parent_id?: string;
    /** Whose group DM it is. */
    owner_id?: string;
  };
  context?: InteractionContextType;
  /** Lower case. */
  command: string;
  options: ReadonlyArray<{ name: string; value: string | number | boolean }>;
  /** Those that options name by id. */
  attachments: readonly DiscordAttachment[];
}

type Used = Pick<DiscordInteraction, "command" | "options" | "attachments">;

/** No honest one comes near these. */
const MAX_TOKEN = 2_048;
const MAX_COMMAND = 64;
const MAX_NAME = 256;
const MAX_VALUE = 8_192;

/** Who reads an interaction, and where. */
export interface InteractionScene extends Names {
  bot: Scene["bot"];
  /** Missing where the bot is not: a group DM, a DM of two others, a guild that it has not joined. */
  channel?: SceneChannel;
  /** What was registered: option values stand in `CommandCall.args` in this order. */
  offers?: readonly CommandOffer[];
  /** Epoch milliseconds: an interaction was sent when it was received. */
  now(): number;
}

/**
 * @returns null for interactions other than slash commands and choices
 * @throws DiscordPayloadError if it lacks what an answer needs
 */
export function readInteraction(payload: unknown): DiscordInteraction | null {
  const { id, application_id, token, type, data, guild_id, channel, channel_id, member, user, context } =
    recordOf(payload);
  const used = usedIn(type, data);
  if (used === null) return null;

  const asker = userIn(user) ?? userIn(recordOf(member).user, member);
  const place = channelIn(channel, channel_id);
  if (!isSnowflake(id) || !isSnowflake(application_id) || !isShort(token, MAX_TOKEN)) {
    throw new DiscordPayloadError("an interaction that lacks its id, application or token");
  }
  if (asker === undefined || place === undefined) {
    throw new DiscordPayloadError("an interaction that lacks its user or channel");
  }
  const interaction: DiscordInteraction = {
    id,
    application_id,
    token,
    user: asker,
    channel: place,
    ...used,
  };
  const { permissions } = recordOf(member);
  if (typeof permissions === "string" && /^\d{1,40}$/.test(permissions)) interaction.permissions = permissions;
  if (isSnowflake(guild_id)) interaction.guild_id = guild_id;
  if (typeof context === "number") interaction.context = context;
  return interaction;
}

/**
 * A slash command as a message, or a choice as the command that it is: `/ask` is a turn, every other one a command. All are addressed to the bot, and all carry
 * a reply token; its answer is for the asker alone, but for an `/ask` that does not want that.
 *
 * @param maxAttachmentBytes larger files are marked as unavailable; default 25 MB
 * @returns null if it is an `/ask` that asks nothing
 */
export function normalizeInteraction(
  interaction: DiscordInteraction,
  scene: InteractionScene,
  maxAttachmentBytes?: number,
): InboundMessage | null {
  const { id, application_id, token, user, command } = interaction;
  const receivedAt = scene.now();
  const channel = channelOf(interaction, scene.channel);
  const ephemeral = command !== ASK || chosen(interaction, ASK_PRIVATE) === true;
  const said = command === ASK ? question(interaction, scene, maxAttachmentBytes) : call(interaction, scene);
  if (said.text === "" && said.attachments.length === 0) return null;
  return {
    source: {
      platform: "discord",
      account: scene.bot.account,
      ...placeOf(channel),
      user: personOf(user),
      messageId: id,
      sentAt: receivedAt,
    },
    ...said,
    addressed: true,
    ...(command === ASK && ephemeral && { private: true }),
    replyToken: encodeReplyToken({
      applicationId: application_id,
      interactionId: id,
      token,
      userId: user.id,
      ephemeral,
      expiresAt: receivedAt + REPLY_LIFETIME_MS,
      present: channel.kind === "dm" || (channel.kind === "channel" && scene.channel !== undefined),
    }),
  };
}

/** @throws DiscordPayloadError if it is a command without a name */
function usedIn(type: unknown, data: unknown): Used | null {
  if (type === InteractionType.MessageComponent) {
    const picked = pickedIn(data);
    return picked && { ...picked, attachments: [] };
  }
  if (type !== InteractionType.ApplicationCommand) return null;
  const command = recordOf(data);
  if (command.type !== undefined && command.type !== ApplicationCommandType.ChatInput) return null;
  if (!isShort(command.name, MAX_COMMAND)) throw new DiscordPayloadError("an interaction that lacks its command");
  return {
    command: command.name.toLowerCase(),
    options: listOf(command.options, optionIn),
    attachments: listOf(Object.values(recordOf(recordOf(command.resolved).attachments)), attachmentIn),
  };
}

type Said = Pick<InboundMessage, "text" | "attachments" | "command">;

function question(interaction: DiscordInteraction, names: Names, maxAttachmentBytes?: number): Said {
  const text = chosen(interaction, ASK_QUESTION);
  const fileId = chosen(interaction, ASK_FILE);
  const file = interaction.attachments.find(({ id }) => id === fileId);
  return {
    text: typeof text === "string" ? resolved(text, [], names).trim() : "",
    attachments:
      file === undefined ? [] : [attachmentOf(file, { channelId: interaction.channel.id }, maxAttachmentBytes)],
  };
}

function call({ command, options }: DiscordInteraction, { offers, ...names }: InteractionScene): Said {
  const order = offers?.find(({ name }) => name === command)?.options?.map(({ name }) => name) ?? [];
  const inOrder = options.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  const args = resolved(inOrder.map(({ value }) => String(value)).join(" "), [], names).trim();
  return { text: `/${command} ${args}`.trimEnd(), attachments: [], command: { name: command, args } };
}

function chosen({ options }: DiscordInteraction, option: string): string | number | boolean | undefined {
  return options.find(({ name }) => name === option)?.value;
}

/** What the interaction tells of a place counts where the bot is not there to know it. */
function channelOf({ channel, context, guild_id }: DiscordInteraction, known?: SceneChannel): SceneChannel {
  // A DM between two others looks like the bot's own in every way but this one.
  if (context === InteractionContextType.PrivateChannel || channel.type === ChannelType.GroupDM) {
    return { id: channel.id, kind: "group-dm", ...(channel.name !== undefined && { name: channel.name }) };
  }
  if (known !== undefined) return known;
  if (guild_id === undefined) return { id: channel.id, kind: "dm" };
  const place: SceneChannel = { id: channel.id, kind: "channel", guildId: guild_id };
  if (channel.name !== undefined) place.name = channel.name;
  if (channel.parent_id !== undefined && isThread(channel.type)) place.parent = { id: channel.parent_id };
  // Without its type: where the bot is not, it opens no threads.
  return place;
}

function channelIn(channel: unknown, channelId: unknown): DiscordInteraction["channel"] | undefined {
  const { id = channelId, type, name, parent_id, owner_id } = recordOf(channel);
  if (!isSnowflake(id)) return undefined;
  return {
    id,
    ...(typeof type === "number" && { type }),
    ...(typeof name === "string" && { name: cutText(name, MAX_NAME) }),
    ...(isSnowflake(parent_id) && { parent_id }),
    ...(isSnowflake(owner_id) && { owner_id }),
  };
}

function optionIn(value: unknown): DiscordInteraction["options"][number] | undefined {
  const { name, value: picked } = recordOf(value);
  if (typeof name !== "string") return undefined;
  if (typeof picked !== "string" && typeof picked !== "number" && typeof picked !== "boolean") return undefined;
  return { name, value: typeof picked === "string" ? cutText(picked, MAX_VALUE) : picked };
}

function isShort(value: unknown, max: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= max;
}
