import { type Client, InteractionContextType } from "discord.js";
import type { AdapterHandlers, CommandOffer } from "../adapter.ts";
import type { InboundMessage } from "../record.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import { type DiscordInteraction, normalizeInteraction, readInteraction } from "./interactions.ts";
import type { Permissions } from "./permissions.ts";
import type { Places } from "./places.ts";
import { decodeReplyToken } from "./reply-token.ts";
import { isThread, type SceneChannel } from "./scene.ts";

export interface InteractionsOptions {
  handlers: AdapterHandlers;
  places: Places;
  permissions: Permissions;
  acknowledgements: Acknowledgements;
  maxAttachmentBytes: number;
  /** What was registered. */
  offers(): readonly CommandOffer[];
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

/**
 * Hands slash commands and choices over to the gateway, each at once: Discord waits three seconds and no longer, so that they wait
 * neither for a channel to be looked up nor for one to be caught up.
 */
export class Interactions {
  readonly #options: InteractionsOptions;

  constructor(options: InteractionsOptions) {
    this.#options = options;
  }

  /** An `INTERACTION_CREATE`. */
  receive(payload: unknown, client: Client): void {
    const { handlers, acknowledgements } = this.#options;
    try {
      const interaction = readInteraction(payload);
      if (interaction === null) return;
      const message = this.#read(interaction, client);
      const reply = message?.replyToken === undefined ? null : decodeReplyToken(message.replyToken);
      const commit = message === null ? null : () => handlers.onMessage(message);
      acknowledgements
        .begin(interaction, { ephemeral: reply?.ephemeral ?? true, commit })
        .catch((error: unknown) => handlers.onMalformed(error));
    } catch (error) {
      handlers.onMalformed(error);
    }
  }

  #read(interaction: DiscordInteraction, client: Client): InboundMessage | null {
    const { places, permissions, maxAttachmentBytes, offers, now = Date.now } = this.#options;
    const channel = channelOf(interaction, places, client);
    const { bot, ...names } = places.sceneIn(channel ?? { id: interaction.channel.id, kind: "group-dm" });
    const scene = { bot, ...names, channel, offers: offers(), now };
    const message = normalizeInteraction(interaction, scene, maxAttachmentBytes);
    if (message !== null) permissions.note(interaction, message.source.chat.id);
    return message;
  }
}

/** @returns undefined where the bot is not */
function channelOf(interaction: DiscordInteraction, places: Places, client: Client): SceneChannel | undefined {
  const { channel, guild_id, context } = interaction;
  if (guild_id === undefined) {
    return context === InteractionContextType.PrivateChannel ? undefined : { id: channel.id, kind: "dm" };
  }
  const guild = client.guilds.cache.get(guild_id);
  if (guild === undefined) return undefined;
  const known = places.channel(channel.id);
  if (known !== undefined) return known;
  const { id, type, name, parent_id } = channel;
  const place: SceneChannel = { id, kind: "channel", type, name, guildId: guild.id, guildName: guild.name };
  if (parent_id === undefined || !isThread(type)) return place;
  const holder = places.channel(parent_id);
  return { ...place, parent: { id: parent_id, name: holder?.name, type: holder?.type } };
}
