import type { AdapterHandlers } from "../adapter.ts";
import type { Sleep } from "../backoff.ts";
import { Backoff } from "../backoff.ts";
import type { InboundMessage } from "../record.ts";
import type { Marks } from "./bookmarks.ts";
import { CatchUp, type Missed } from "./catch-up.ts";
import { ChannelQueue, type Happening } from "./channel-queue.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError } from "./errors.ts";
import { compareSnowflakes, isSnowflake, snowflakeBefore } from "./ids.ts";
import { normalize } from "./normalize.ts";
import { DiscordPayloadError, isEdit, readDeletion, readMessage, recordOf } from "./payload.ts";
import { destinationIn, type Places } from "./places.ts";
import type { Scene } from "./scene.ts";

export interface InflowOptions {
  api: DiscordApi;
  handlers: AdapterHandlers;
  marks: Marks;
  places: Places;
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
  readonly #stopping = new AbortController();

  constructor(options: InflowOptions) {
    this.#options = options;
    const { handlers, api, marks, sleep, random } = options;
    this.#catchUp = new CatchUp({
      ...{ api, marks, sleep, random, signal: this.#stopping.signal },
      take: (payload) => this.#takeMessage(payload),
      onSkipped: (reason) => handlers.onSkipped(reason),
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
    if (this.#stopping.signal.aborted) return;
    const { channel_id, guild_id } = recordOf(payload);
    if (!isSnowflake(channel_id)) {
      this.#options.handlers.onMalformed(new DiscordPayloadError("a payload that names no channel"));
      return;
    }
    const queue = this.#queueOf(channel_id);
    if (this.#options.places.sceneOf(channel_id) === undefined) {
      // Bots are in no group DMs: what belongs to no server is a private chat.
      if (guild_id === undefined) this.#options.places.note({ id: channel_id, kind: "dm" });
      else queue.doFirst(() => this.#lookUp(channel_id));
    }
    queue.push(happening);
  }

  #takeMessage(payload: unknown): Promise<unknown> {
    const { id, channel_id } = recordOf(payload);
    return this.#take(payload, (message) => {
      if (isSnowflake(id) && isSnowflake(channel_id)) {
        this.#options.marks.begin(this.#placeOf(channel_id), snowflakeBefore(id));
      }
      return this.#options.handlers.onMessage(message);
    });
  }

  #take(payload: unknown, handOver: (message: InboundMessage) => Promise<unknown>): Promise<unknown> {
    return this.#inPlace(recordOf(payload).channel_id, (scene) => {
      const message = this.#read(() => normalize(readMessage(payload), scene, this.#options.maxAttachmentBytes));
      return message === null ? NOTHING : handOver(message);
    });
  }

  #takeDeletion(payload: unknown): Promise<unknown> {
    return this.#inPlace(recordOf(payload).channel_id, (scene) => {
      const { messageIds } = this.#read(() => readDeletion(payload)) ?? { messageIds: [] };
      const place = destinationIn(scene);
      return Promise.all(messageIds.map((id) => this.#options.handlers.onDelete(place, id)));
    });
  }

  /** Without an `await` where the channel is known. A channel that is not there for the bot has nothing to take. */
  async #inPlace(channelId: unknown, take: (scene: Scene) => Promise<unknown>): Promise<unknown> {
    this.#stopping.signal.throwIfAborted();
    if (!isSnowflake(channelId)) return undefined;
    const scene = this.#options.places.sceneOf(channelId);
    if (scene !== undefined) return take(scene);
    return (await this.#found(channelId)) ? this.#inPlace(channelId, take) : undefined;
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
    await this.#lookUp(missed.channelId);
    const mark = this.#options.marks.get(missed.place);
    const { newest } = missed;
    // Meanwhile, what came in before may have gone beyond.
    const done = mark === undefined || (newest !== undefined && compareSnowflakes(newest, mark) <= 0);
    if (!done) await this.#catchUp.read(missed);
  }

  async #lookUp(channelId: string): Promise<void> {
    // If the adapter stops meanwhile, nothing is taken any more.
    await this.#found(channelId).catch(() => {});
  }

  /** @returns whether the channel is there for the bot; keeps asking until that is known */
  async #found(channelId: string): Promise<boolean> {
    const { places, sleep, random } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(random);
    while (places.sceneOf(channelId) === undefined) {
      signal.throwIfAborted();
      try {
        if (!(await places.fetch(channelId, signal))) return false;
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        await sleep(backoff.next(error.refusal?.retryAfterMs), signal);
      }
    }
    return true;
  }

  #placeOf(channelId: string): string {
    return this.#options.places.sceneOf(channelId)?.channel.kind === "dm" ? privatePlace(channelId) : channelId;
  }

  #queueOf(channelId: string): ChannelQueue {
    const known = this.#queues.get(channelId);
    if (known !== undefined) return known;
    const { sleep, random, marks } = this.#options;
    const { signal } = this.#stopping;
    const backoff = new Backoff(random);
    const queue = new ChannelQueue({
      onTaken: (messageId) => {
        backoff.reset();
        marks.advance(this.#placeOf(channelId), messageId);
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

/** Where the mark of a private chat is kept: nothing but the bookmark tells of it after a restart. */
export function privatePlace(channelId: string): string {
  return `${PRIVATE}${channelId}`;
}

/** @returns the channel's id; null for places that are no private chats */
export function privateChannel(place: string): string | null {
  return place.startsWith(PRIVATE) ? place.slice(PRIVATE.length) : null;
}

const PRIVATE = "dm:";
