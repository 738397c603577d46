import type {
  APIApplicationCommand,
  APIGuildMember,
  APIMessage,
  APIOverwrite,
  APIRole,
  APIUser,
  ChannelType,
} from "discord.js";
import type { FileStore } from "./file-store.ts";
import type { SentMessages } from "./sent-messages.ts";
import type { Snowflakes } from "./snowflakes.ts";

/** A server of Discord. */
export interface GuildState {
  readonly id: string;
  readonly name: string;
  ownerId: string;
  /** The first is @everyone; a managed one belongs to the bot. */
  readonly roles: APIRole[];
  readonly members: Map<string, APIGuildMember>;
  readonly channels: ChannelState[];
  available: boolean;
  botIsMember: boolean;
}

/** A channel, thread, DM or group DM. */
export interface ChannelState {
  readonly id: string;
  readonly type: ChannelType;
  name: string;
  readonly guild?: GuildState;
  /** Of a thread. */
  readonly parent?: ChannelState;
  /** Of a DM or group DM, without the bot. */
  readonly recipients: readonly APIUser[];
  readonly ownerId?: string;
  readonly overwrites: APIOverwrite[];
  /** What everybody sees, oldest first; a message that changes is replaced by another object. */
  readonly messages: Map<string, APIMessage>;
  /** The bot's nonces with the messages that they made. */
  readonly nonces: Map<string, APIMessage>;
  /** Stays where it is when that message is deleted. */
  lastMessageId: string | null;
  readonly thread?: ThreadState;
  gone: boolean;
}

export interface ThreadState {
  archived: boolean;
  locked: boolean;
  autoArchiveMinutes: number;
  archiveTimestamp: string;
  readonly members: Set<string>;
  messageCount: number;
}

/** A command that a user called, or a choice that one picked, and what became of it. */
export interface InteractionState {
  readonly id: string;
  readonly token: string;
  readonly channel: ChannelState;
  readonly user: APIUser;
  /** False where the command comes from the user's own installation. */
  readonly botIsMember: boolean;
  readonly createdAt: number;
  expiresAt: number;
  response?: { type: number; ephemeral: boolean; messageId: string };
  readonly followUps: string[];
  readonly acknowledged: PromiseWithResolvers<number>;
}

/** An event of the gateway. Without a guild it goes to shard 0. */
export interface GatewayEvent {
  name: string;
  data: object;
  guildId?: string;
  /** At least one of these intents is asked for; 0 for what everybody gets. */
  intents: number;
}

/** Everything there is, as Discord holds it. */
export interface World {
  readonly bot: APIUser;
  readonly users: Map<string, APIUser>;
  readonly guilds: Map<string, GuildState>;
  readonly channels: Map<string, ChannelState>;
  /** By their tokens. */
  readonly interactions: Map<string, InteractionState>;
  /** Messages that only one user sees, with the id of their channel. */
  readonly ephemeral: Map<string, APIMessage>;
  /** Users who take no DMs of the bot. */
  readonly refusingDms: Set<string>;
  readonly commands: Map<string, APIApplicationCommand>;
  commandWrites: number;
  /** What MESSAGE_CREATE said of a message, by its id. */
  readonly created: Map<string, GatewayEvent>;
  readonly files: FileStore;
  readonly sent: SentMessages;
  /** For what is made now. */
  readonly ids: Snowflakes;
  /** For what was there long before: users, guilds, roles. */
  readonly oldIds: Snowflakes;
  gatewayUrl: string;
  readonly shards: number;
  /** Sessions that may still be begun, and when there are more again. */
  starts: { remaining: number; resetAfterMs: number };
  /** Epoch milliseconds. */
  now(): number;
  publish(event: GatewayEvent): void;
}
