import { type Client, type GatewayDispatchPayload, Routes } from "discord.js";
import {
  type Adapter,
  AdapterConfigError,
  type AdapterHandlers,
  type CommandOffer,
  type FetchedAttachment,
  type OutboundChunk,
} from "../adapter.ts";
import type { Sleep } from "../backoff.ts";
import { Backoff, sleep as sleepOnTheClock } from "../backoff.ts";
import type { Attachment, Destination } from "../record.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { holderPlace } from "./bookmark-places.ts";
import { Marks } from "./bookmarks.ts";
import { DiscordApi } from "./client.ts";
import { Connection } from "./connection.ts";
import { fetchFile } from "./download.ts";
import { DiscordError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { Inflow } from "./inflow.ts";
import { Interactions } from "./interaction-inflow.ts";
import { InteractionReplies } from "./interaction-replies.ts";
import { Messages } from "./messages.ts";
import { DEFAULT_API_ROOT, DEFAULT_MAX_ATTACHMENT_BYTES, type DiscordOptions } from "./options.ts";
import { Outbound } from "./outbound.ts";
import { OwnMessages } from "./own-messages.ts";
import { recordOf, userIn } from "./payload.ts";
import { nameOf } from "./people.ts";
import { Permissions } from "./permissions.ts";
import { Places } from "./places.ts";
import { register } from "./register.ts";
import { renderDiscord } from "./render.ts";
import { Survey } from "./survey.ts";
import { Threads } from "./threads.ts";

/** Discord lets a channel's messages be edited about once a second; several may be written at a time. */
const DRAFT_EVERY_MS = 1_500;

/**
 * Discord behind one bot token. Creating it does no I/O.
 *
 * Discord delivers nothing again that came while nobody listened, so the adapter keeps a bookmark for each channel and
 * reads on from there. Bots see other bots' messages, edits and deletions, but no group DMs: there, people reach it by
 * slash commands alone.
 *
 * @see https://discord.com/developers/docs/intro
 */
export function createDiscordAdapter(options: DiscordOptions): Adapter {
  return new DiscordAdapter(options);
}

class DiscordAdapter implements Adapter {
  readonly platform = "discord";
  readonly account: string;
  readonly render = renderDiscord;
  readonly choices = true;
  readonly drafts: NonNullable<Adapter["drafts"]>;
  readonly #api: DiscordApi;
  readonly #apiRoot: string;
  readonly #maxAttachmentBytes: number;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #connection: Connection;
  readonly #acknowledgements: Acknowledgements;
  readonly #outbound: Outbound;
  readonly #permissions: Permissions;
  readonly #places: Places;
  readonly #marks: Marks;
  readonly #own = new OwnMessages();
  readonly #closing = new AbortController();
  #bot: { account: string; id: string; name: string };
  #applicationId: string | undefined;
  #offers: readonly CommandOffer[] = [];
  #handlers: AdapterHandlers | undefined;
  #incoming: { inflow: Inflow; interactions: Interactions; survey: Survey } | undefined;

  constructor({
    token,
    account = "default",
    apiRoot = DEFAULT_API_ROOT,
    shards = "auto",
    shardCount,
    threadArchiveMinutes: archiveMinutes = 1_440,
    pingOnReply = false,
    drafts = true,
    maxAttachmentBytes = DEFAULT_MAX_ATTACHMENT_BYTES,
    startTimeoutMs = 5_000,
    sleep = sleepOnTheClock,
    random = Math.random,
    now = Date.now,
  }: DiscordOptions) {
    this.account = account;
    this.#bot = { account, id: "", name: "" };
    this.#apiRoot = apiRoot.replace(/\/+$/, "");
    this.#maxAttachmentBytes = maxAttachmentBytes;
    this.#sleep = sleep;
    this.#random = random;
    this.#now = now;
    const api = new DiscordApi(token, { apiRoot: this.#apiRoot });
    this.#api = api;
    this.#marks = new Marks(sleep);
    this.#permissions = new Permissions(api, now, () => this.#connection.client);
    this.#acknowledgements = new Acknowledgements(api);
    const messages = new Messages({ api, pingOnReply });
    const replies = new InteractionReplies({ api, messages, acknowledgements: this.#acknowledgements, now });
    const threads = new Threads({
      ...{ api, archiveMinutes, botName: () => this.#bot.name },
      onOpened: (thread) => {
        this.#places.noteOpened(thread);
        this.#marks.begin(holderPlace(thread.id), thread.parentId);
      },
    });
    const outbound = new Outbound({ api, messages, replies, threads });
    this.#outbound = outbound;
    this.drafts = {
      ...(drafts && { everyMs: DRAFT_EVERY_MS }),
      remove: (draft, signal) => outbound.remove(draft, signal),
    };
    this.#connection = new Connection({
      ...{ token, apiRoot: this.#apiRoot, shards, shardCount, startTimeoutMs, sleep, now },
      backoff: new Backoff(random),
      onPayload: (payload, shard) => this.#receiveSafely(payload, shard),
      onMalformed: (error) => this.#handlers?.onMalformed(error),
      onState: (state) => this.#handlers?.onState(state),
    });
    this.#places = new Places({
      ...{ api, own: this.#own, client: () => this.#connection.client, bot: () => this.#bot },
    });
  }

  async start(handlers: AdapterHandlers): Promise<void> {
    if (!URL.canParse(this.#apiRoot)) {
      throw new AdapterConfigError(`DISCORD_API_ROOT is no address: it looks like ${DEFAULT_API_ROOT}`);
    }
    this.#handlers = handlers;
    const marks = this.#marks;
    await marks.load(handlers.bookmarks);
    const places = this.#places;
    const inflow = new Inflow({
      ...{ api: this.#api, handlers, marks, places, own: this.#own },
      ...{ maxAttachmentBytes: this.#maxAttachmentBytes, sleep: this.#sleep, random: this.#random },
    });
    this.#incoming = {
      inflow,
      interactions: new Interactions({
        ...{ handlers, places, permissions: this.#permissions, acknowledgements: this.#acknowledgements },
        maxAttachmentBytes: this.#maxAttachmentBytes,
        offers: () => this.#offers,
        now: this.#now,
      }),
      survey: new Survey({ marks, places, catchUp: (missed) => inflow.catchUp(missed) }),
    };
    await this.#connection.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#connection.stop(), this.#incoming?.inflow.stop()]);
    await this.#acknowledgements.settled();
    await this.#marks.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#closing.abort();
    this.#api.close();
  }

  async send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    const id = await this.#outbound.send(chunk, signal);
    this.#own.add(id);
    return id;
  }

  typing(to: Destination): Promise<void> {
    return this.#outbound.typing(to);
  }

  openThread(at: Destination, message: { id: string; title: string; replyToken?: string }): Promise<string> {
    return this.#outbound.openThread(at, message);
  }

  async openPrivate(userId: string): Promise<Destination> {
    return { platform: "discord", account: this.account, chatId: await this.#outbound.openPrivate(userId) };
  }

  isAdmin({ chatId }: Destination, userId: string, command?: string): Promise<boolean> {
    return this.#permissions.isAdmin(chatId, userId, command);
  }

  fetchAttachment(attachment: Attachment, maxBytes: number, signal: AbortSignal): Promise<FetchedAttachment> {
    const bound = AbortSignal.any([signal, this.#closing.signal]);
    return fetchFile(attachment, maxBytes, bound, { api: this.#api, apiRoot: this.#apiRoot });
  }

  async registerCommands(commands: readonly CommandOffer[]): Promise<void> {
    this.#offers = commands;
    this.#applicationId ??= await this.#askForApplication();
    await register(commands, { api: this.#api, applicationId: this.#applicationId });
  }

  async #askForApplication(): Promise<string> {
    const route = Routes.currentApplication();
    const { id } = recordOf(await this.#api.call("looking the application up", { method: "GET", route }));
    if (!isSnowflake(id)) throw new DiscordError("looking the application up", "no proper answer");
    return id;
  }

  /** One payload that is not as promised must not keep discord.js from going on. */
  #receiveSafely(payload: GatewayDispatchPayload, shard: { id: number; client: Client }): void {
    try {
      this.#receive(payload, shard);
    } catch (error) {
      this.#handlers?.onMalformed(error);
    }
  }

  #receive(payload: GatewayDispatchPayload, shard: { id: number; client: Client }): void {
    if (this.#incoming === undefined) return;
    const { inflow, interactions, survey } = this.#incoming;
    if (payload.t === "READY") this.#identify(payload.d);
    survey.receive(payload, shard.id);
    switch (payload.t) {
      case "MESSAGE_CREATE":
        inflow.message(payload.d);
        break;
      case "MESSAGE_UPDATE":
        inflow.update(payload.d);
        break;
      case "MESSAGE_DELETE":
      case "MESSAGE_DELETE_BULK":
        inflow.deletion(payload.d);
        break;
      case "INTERACTION_CREATE":
        interactions.receive(payload.d, shard.client);
        break;
      case "CHANNEL_UPDATE":
      case "CHANNEL_DELETE":
      case "THREAD_UPDATE":
      case "THREAD_DELETE":
        this.#places.forget(payload.d.id);
        break;
    }
  }

  #identify({ user, application }: { user: unknown; application: unknown }): void {
    const bot = userIn(user);
    if (bot !== undefined) this.#bot = { account: this.account, id: bot.id, name: nameOf(bot) };
    const { id } = recordOf(application);
    if (isSnowflake(id)) this.#applicationId = id;
  }
}
