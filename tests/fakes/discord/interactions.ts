import {
  type APIMessage,
  type APIUser,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
} from "discord.js";
import { channelPayload, memberPayload } from "./payloads.ts";
import { permissionsIn } from "./permissions.ts";
import type { PostedFile, ShownChoice } from "./posted.ts";
import type { ChannelState, InteractionState, World } from "./world.ts";

const TOKEN_LIFE_MS = 15 * 60_000;
/** Discord's limit for files where nobody pays. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

interface Place {
  user: APIUser;
  channel: ChannelState;
  /** Whether the bot is there as a member of the place, or by the user's own installation. */
  botIsMember: boolean;
}

export interface CommandInput extends Place {
  name: string;
  options: Record<string, string | boolean | PostedFile>;
}

/** Somebody calls a command: the bot is told, and may answer by the token. */
export function callCommand(world: World, input: CommandInput): InteractionState {
  return tell(world, input, InteractionType.ApplicationCommand, { data: commandData(world, input) });
}

export interface PickInput extends Place {
  /** The message with the choices as it stands now. */
  message: APIMessage;
  choice: ShownChoice;
}

/** Somebody presses a button or picks from a menu: the bot is told, and may answer by the token. */
export function pickChoice(world: World, input: PickInput): InteractionState {
  const { id, value } = input.choice;
  const data =
    value === undefined
      ? { component_type: ComponentType.Button, custom_id: id }
      : { component_type: ComponentType.StringSelect, custom_id: id, values: [value] };
  return tell(world, input, InteractionType.MessageComponent, { data, message: input.message });
}

function tell(world: World, place: Place, type: InteractionType, fields: object): InteractionState {
  const { user, channel, botIsMember } = place;
  const now = world.now();
  const interaction: InteractionState = {
    id: world.ids.next(),
    token: `interaction-token-${world.ids.next()}`,
    channel,
    user,
    botIsMember,
    createdAt: now,
    expiresAt: now + TOKEN_LIFE_MS,
    followUps: [],
    acknowledged: Promise.withResolvers(),
  };
  world.interactions.set(interaction.token, interaction);
  const data = { ...interactionPayload(world, interaction), type, ...fields };
  const guildId = botIsMember ? channel.guild?.id : undefined;
  world.publish({ name: "INTERACTION_CREATE", data, intents: 0, ...(guildId !== undefined && { guildId }) });
  return interaction;
}

function interactionPayload(world: World, { id, token, channel, user, botIsMember }: InteractionState): object {
  const { guild } = channel;
  const member = guild?.members.get(user.id);
  const permissions = String(permissionsIn(channel, user.id));
  return {
    id,
    token,
    version: 1,
    application_id: world.bot.id,
    channel_id: channel.id,
    channel: { ...channelPayload(channel, world.bot.id), permissions },
    ...(guild === undefined ? { user } : inGuild(guild.id)),
    ...(member !== undefined && { member: { ...memberPayload(member), user, permissions } }),
    app_permissions: String(permissionsIn(channel, world.bot.id)),
    locale: "en-US",
    entitlements: [],
    authorizing_integration_owners: botIsMember ? { 0: guild?.id ?? "0" } : { 1: user.id },
    context: guild !== undefined ? 0 : botIsMember ? 1 : 2,
    attachment_size_limit: MAX_FILE_BYTES,
  };
}

function inGuild(id: string): object {
  return { guild_id: id, guild_locale: "en-US", guild: { id, locale: "en-US", features: [] } };
}

function commandData(world: World, { name, options, channel }: CommandInput): object {
  const registered = [...world.commands.values()].find((command) => command.name === name);
  const attachments: Record<string, object> = {};
  const values = Object.entries(options).map(([key, value]) => {
    if (typeof value === "string") return { name: key, type: ApplicationCommandOptionType.String, value };
    if (typeof value === "boolean") return { name: key, type: ApplicationCommandOptionType.Boolean, value };
    const attachment = world.files.attach(world.ids.next(), channel.id, value);
    attachments[attachment.id] = attachment;
    return { name: key, type: ApplicationCommandOptionType.Attachment, value: attachment.id };
  });
  return {
    id: registered?.id ?? world.oldIds.next(),
    name,
    type: ApplicationCommandType.ChatInput,
    ...(values.length > 0 && { options: values }),
    ...(Object.keys(attachments).length > 0 && { resolved: { attachments } }),
  };
}
