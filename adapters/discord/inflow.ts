import { ChannelType, MessageFlags } from "discord.js";
import type { AdapterHandlers } from "../adapter.ts";
import type { Sleep } from "../backoff.ts";
import { Backoff } from "../backoff.ts";
import type { InboundMessage } from "../record.ts";
import { guildPlace, privatePlace } from "./bookmark-places.ts";
import type { Marks } from "./bookmarks.ts";
import { CatchUp, type Missed } from "./catch-up.ts";
import { ChannelQueue, type Happening } from "./channel-queue.ts";
import type { DiscordApi } from "./client.ts";
import { compareSnowflakes, isSnowflake, snowflakeBefore } from "./ids.ts";
import { Lookup, type Told, toldBy } from "./lookup.ts";
import { normalize } from "./normalize.ts";
import type { OwnMessages } from "./own-messages.ts";
import { DiscordPayloadError, isEdit, readDeletion, readMessage, recordOf } from "./payload.ts";
import { destinationIn, type Places } from "./places.ts";
import type { Scene } from "./scene.ts";

export interface InflowOptions {
  api: DiscordApi;
  handlers: AdapterHandlers;
  marks: Marks;
  places: Places;
  own: OwnMessages;
  maxAttachmentBytes: number;
  sleep: Sleep;
  random: () => number;
}

/**
 * Hands messages, edits and deletions over to the gateway, in the order of each channel.
 *
 * The handler is called before the first `await` wherever nothing has to come first, so that messages received one
 * after the other are committed together.
 */
export class Inflow {
  readonly #options: InflowOptions;
  readonly #queues = new Map<string, ChannelQueue>();
  readonly #catchUp: CatchUp;
  readonly #lookup: Lookup;
  readonly #stopping = new AbortController();

  constructor(options: InflowOptions) {
    this.#options = options;
    const { handlers, api, marks, places, sleep, random } = options;
    const common = { sleep, random, signal: this.#stopping.signal };
    const onSkipped = (reason: string) => handlers.onSkipped(reason);
    this.#lookup = new Lookup({ ...common, marks, places, onSkipped });
    this.#catchUp = new CatchUp({
      ...{ ...common, api, marks, onSkipped },
      take: (payload) => this.#takeMessage(payload),
      isAwaited: (channelId) => this.#queues.get(channelId)?.awaited === true,
    });
  }

  /** A `MESSAGE_CREATE`. */
  message(payload: unknown): void {
    const { id } = recordOf(payload);
    this.#push(payload, {
      ...(isSnowflake(id) && { messageId: id }),
      handOver: () => this.#takeMessage(payload),
    });
  }

  /** A `MESSAGE_UPDATE`. */
  update(payload: unknown): void {
    if (!isEdit(payload)) return;
    const edit = (message: InboundMessage) => this.#options.handlers.onEdit({ ...message, edited: true });
    this.#push(payload, { handOver: () => this.#take(payload, edit) });
  }

  /** A `MESSAGE_DELETE` or `MESSAGE_DELETE_BULK`. */
  deletion(payload: unknown): void {
    this.#push(payload, { handOver: () => this.#takeDeletion(payload) });
  }

  /** Read on from the mark; what comes in meanwhile waits. It may be read as well: the gateway knows it then. */
  catchUp(missed: Missed): void {
    this.#queueOf(missed.channelId).doFirst(() => this.#readOn(missed));
  }

  /** Takes nothing more; resolves when what is being handed over has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.drained()));
  }

  #push(payload: unknown, happening: Happening): void {
    const { places, handlers } = this.#options;
    if (this.#stopping.signal.aborted) return;
    const { channel_id, id, author, flags } = recordOf(payload);
    // What one person alone sees comes without its server, as if it stood in a private chat.
    if ((Number(flags) & MessageFlags.Ephemeral) !== 0) return;
    if (!isSnowflake(channel_id)) {
      handlers.onMalformed(new DiscordPayloadError("a payload that names no channel"));
      return;
    }
    const isOwn = places.isBot(recordOf(author).id);
    if (isOwn && isSnowflake(id)) this.#options.own.add(id);
    if (places.channel(channel_id) === undefined) {
      if (isOwn) return;
      if (this.#isPrivate(payload)) places.note({ id: channel_id, kind: "dm" });
      else this.#queueOf(channel_id).doFirst(() => this.#lookUp(channel_id, toldBy(payload)));
    }
    this.#queueOf(channel_id).push(happening);
  }

  /** Bots are in no group DMs: what somebody says outside of servers is said in private. */
  #isPrivate(payload: unknown): boolean {
    const { channel_id, channel_type, guild_id, author } = recordOf(payload);
    if (channel_type !== undefined) return channel_type === ChannelType.DM;
    if (this.#options.marks.get(privatePlace(String(channel_id))) !== undefined) return true;
    return guild_id === undefined && isSnowflake(recordOf(author).id);
  }

  #takeMessage(payload: unknown): Promise<unknown> {
    const { id, channel_id, author } = recordOf(payload);
    const { marks, handlers, own, places } = this.#options;
    if (isSnowflake(id) && places.isBot(recordOf(author).id)) own.add(id);
    return this.#take(payload, (message) => {
      if (isSnowflake(id) && isSnowflake(channel_id)) marks.begin(this.#placeOf(channel_id), snowflakeBefore(id));
      return handlers.onMessage(message);
    });
  }

  #take(payload: unknown, handOver: (message: InboundMessage) => Promise<unknown>): Promise<unknown> {
    return this.#inPlace(payload, (scene) => {
      const message = this.#read(() => normalize(readMessage(payload), scene, this.#options.maxAttachmentBytes));
      return message === null ? NOTHING : handOver(message);
    });
  }

  #takeDeletion(payload: unknown): Promise<unknown> {
    return this.#inPlace(payload, (scene) => {
      const { messageIds } = this.#read(() => readDeletion(payload)) ?? { messageIds: [] };
      const place = destinationIn(scene);
      return Promise.all(messageIds.map((id) => this.#options.handlers.onDelete(place, id)));
    });
  }

  /** Without an `await` where the channel is known. A channel that is not there for the bot has nothing to take. */
  async #inPlace(payload: unknown, take: (scene: Scene) => Promise<unknown>): Promise<unknown> {
    this.#stopping.signal.throwIfAborted();
    const { channel_id } = recordOf(payload);
    if (!isSnowflake(channel_id)) return undefined;
    const scene = this.#options.places.sceneOf(channel_id);
    if (scene !== undefined) return take(scene);
    return (await this.#lookup.find(channel_id, toldBy(payload))) ? this.#inPlace(payload, take) : undefined;
  }

  /** Whatever is wrong with a payload is found out here, apart from what may go wrong with the hand-over. */
  #read<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      this.#options.handlers.onMalformed(error);
      return null;
    }
  }

  async #readOn(missed: Missed): Promise<void> {
    const { channelId, place, newest, guildId } = missed;
    const { marks, places } = this.#options;
    const isThere = await this.#lookUp(channelId, guildId === undefined ? {} : { guildId });
    const mark = marks.get(place);
    // Meanwhile, what came in before may have gone beyond.
    if (mark === undefined || (newest !== undefined && compareSnowflakes(newest, mark) <= 0)) return;
    if (isThere && !places.hidesPast(channelId)) await this.#catchUp.read(missed);
    else if (newest !== undefined && !this.#stopping.signal.aborted) marks.advance(place, newest);
  }

  /** @returns whether the channel is there for the bot, and the adapter still at work */
  async #lookUp(channelId: string, told: Told): Promise<boolean> {
    // If the adapter stops meanwhile, nothing is taken any more.
    return this.#lookup.find(channelId, told).catch(() => false);
  }

  #placeOf(channelId: string): string {
    return this.#options.places.channel(channelId)?.kind === "dm" ? privatePlace(channelId) : channelId;
  }

  #taken(channelId: string, messageId: string): void {
    const { marks, places } = this.#options;
    marks.advance(this.#placeOf(channelId), messageId);
    const guildId = places.channel(channelId)?.guildId;
    if (guildId !== undefined) marks.advance(guildPlace(guildId), messageId);
  }

  #queueOf(channelId: string): ChannelQueue {
    const known = this.#queues.get(channelId);
    if (known !== undefined) return known;
    const { sleep, random } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(random);
    const queue = new ChannelQueue({
      onTaken: (messageId) => {
        backoff.reset();
        this.#taken(channelId, messageId);
      },
      pause: async () => {
        await sleep(backoff.next(), signal);
        return !signal.aborted;
      },
      readOn: () => this.#readOn({ channelId, place: this.#placeOf(channelId) }),
      onIdle: () => this.#queues.delete(channelId),
    });
    this.#queues.set(channelId, queue);
    return queue;
  }
}

const NOTHING: Promise<void> = Promise.resolve();
