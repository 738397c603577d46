import { type APIMessage, GatewayIntentBits, GatewayOpcodes } from "discord.js";
import type { Connection } from "./gateway-connection.ts";
import { shardOf } from "./snowflakes.ts";
import type { GatewayEvent } from "./world.ts";

interface Dispatch {
  op: GatewayOpcodes.Dispatch;
  t: string;
  s: number;
  d: object;
}

/** What is told one shard of the bot. It outlives its connections: whatever is missed is told again on RESUME. */
export class Session {
  readonly id: string;
  readonly shard: number;
  readonly #shards: number;
  readonly #intents: number;
  readonly #botId: string;
  readonly #told: Dispatch[] = [];
  #connection: Connection | undefined;

  constructor(options: { id: string; shard: number; shards: number; intents: number; botId: string }) {
    this.id = options.id;
    this.shard = options.shard;
    this.#shards = options.shards;
    this.#intents = options.intents;
    this.#botId = options.botId;
  }

  get connected(): boolean {
    return this.#connection?.live === true;
  }

  get sequence(): number {
    return this.#told.length;
  }

  attach(connection: Connection): void {
    this.#connection = connection;
  }

  detach(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
  }

  /** Whether this shard, with these intents, is told of the event. */
  hears({ guildId, intents }: GatewayEvent): boolean {
    const shard = guildId === undefined ? 0 : shardOf(guildId, this.#shards);
    return shard === this.shard && (intents === 0 || (intents & this.#intents) !== 0);
  }

  tell(name: string, data: object): void {
    const dispatch = {
      op: GatewayOpcodes.Dispatch as const,
      t: name,
      s: this.#told.length + 1,
      d: this.#censored(name, data),
    };
    this.#told.push(dispatch);
    if (this.connected) this.#connection?.send(dispatch);
  }

  replay(after: number): void {
    for (const dispatch of this.#told.slice(after)) this.#connection?.send(dispatch);
  }

  /**
   * Without the intent for it, a guild's messages come without their content, unless they are the bot's own or mention it.
   * @see https://discord.com/developers/docs/events/gateway#message-content-intent
   */
  #censored(name: string, data: object): object {
    if (name !== "MESSAGE_CREATE" && name !== "MESSAGE_UPDATE") return data;
    if ((this.#intents & GatewayIntentBits.MessageContent) !== 0 || !("guild_id" in data)) return data;
    const { author, mentions } = data as unknown as Pick<APIMessage, "author" | "mentions">;
    if (author.id === this.#botId || mentions.some(({ id }) => id === this.#botId)) return data;
    return { ...data, content: "", attachments: [], embeds: [], components: [] };
  }
}
