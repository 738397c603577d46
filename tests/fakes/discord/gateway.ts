import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type APIUser,
  GatewayCloseCodes,
  type GatewayIdentifyData,
  GatewayIntentBits,
  GatewayOpcodes,
  type GatewayResumeData,
} from "discord.js";
import { WebSocketServer } from "ws";
import type { Bell } from "../bell.ts";
import { Log } from "../log.ts";
import { Connection, type Desk } from "./gateway-connection.ts";
import { Session } from "./gateway-session.ts";
import type { GatewayEvent } from "./world.ts";

const PRIVILEGED = GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences | GatewayIntentBits.MessageContent;

export interface GatewayOptions {
  token: string;
  bot: APIUser;
  heartbeatMs: number;
  bell: Bell;
  url(): string;
  /** What a new session is told after READY names the guilds of its shard. */
  welcome(shard: number, shards: number): { guilds: object[]; events: Array<{ name: string; data: object }> };
}

/** The gateway: sessions, their connections, and what may come between. */
export class FakeGateway {
  /** Refuse every IDENTIFY that asks for privileged intents (4014), as where they are not switched on. */
  refuseIntents = false;
  /** Refuse every IDENTIFY (4004), whatever its token. */
  refuseToken = false;
  /** Tell every event otherwise than Discord would; `null` keeps it back for good. */
  alter: (event: { name: string; data: object }) => object | null = ({ data }) => data;
  readonly #options: GatewayOptions;
  readonly #desk: Desk;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<Connection>();
  readonly #sessions = new Map<string, Session>();
  readonly #sessionOf = new WeakMap<Connection, Session>();
  readonly #identifies: Log<GatewayIdentifyData>;
  readonly #resumes: Log<GatewayResumeData>;
  #away = false;
  #lastSession = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#identifies = new Log(options.bell);
    this.#resumes = new Log(options.bell);
    this.#desk = {
      heartbeatMs: options.heartbeatMs,
      identify: (connection, data) => this.#identify(connection, data),
      resume: (connection, data) => this.#resume(connection, data),
      closed: (connection, code) => this.#closed(connection, code),
    };
  }

  /** Every IDENTIFY with a fitting token, in order. */
  get identifies(): readonly GatewayIdentifyData[] {
    return this.#identifies.all;
  }

  /** Every RESUME, in order. */
  get resumes(): readonly GatewayResumeData[] {
    return this.#resumes.all;
  }

  waitForIdentifies(count: number): Promise<GatewayIdentifyData[]> {
    return this.#identifies.waitForMany(count);
  }

  waitForResumes(count: number): Promise<GatewayResumeData[]> {
    return this.#resumes.waitForMany(count);
  }

  /** The sessions that can be resumed or are connected. */
  get sessions(): ReadonlyArray<Pick<Session, "id" | "shard" | "connected" | "sequence">> {
    return [...this.#sessions.values()];
  }

  /** Resolves as soon as some shard is connected and told of events. */
  get connected(): Promise<void> {
    return this.whenShards(1);
  }

  /** Resolves as soon as so many shards are connected. */
  async whenShards(count: number): Promise<void> {
    const connected = () => new Set(this.sessions.filter((each) => each.connected).map(({ shard }) => shard)).size;
    await this.#options.bell.when(() => connected() >= count || undefined);
  }

  /** Close every connection; what happens until the client is back is kept for it. */
  drop(code: number = GatewayCloseCodes.UnknownError): void {
    for (const connection of this.#connections) connection.close(code);
  }

  /** Break every connection at the level of TCP. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** The connections turn to zombies: they stay open, but no heartbeat is acknowledged and no event comes. */
  mute(): void {
    for (const connection of this.#connections) {
      connection.live = false;
      connection.muted = true;
    }
  }

  /** Ask every client to connect anew (op 7). */
  requestReconnect(): void {
    for (const connection of this.#connections) {
      connection.live = false;
      connection.send({ op: GatewayOpcodes.Reconnect, d: null });
    }
  }

  /** Tell every client that its session is invalid (op 9); unless it is resumable, what it missed is never told again. */
  invalidate(resumable = false): void {
    if (!resumable) this.#sessions.clear();
    for (const connection of this.#connections) {
      connection.live = false;
      connection.send({ op: GatewayOpcodes.InvalidSession, d: resumable });
    }
  }

  /** Go out of reach: connections are cut and new ones refused. */
  leave(): void {
    this.#away = true;
    this.reset();
  }

  back(): void {
    this.#away = false;
  }

  publish(event: GatewayEvent): void {
    for (const session of this.#sessions.values()) {
      if (session.hears(event)) this.#tell(session, event);
    }
  }

  upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    if (this.#away) {
      request.socket.resetAndDestroy();
      return;
    }
    this.#server.handleUpgrade(request, duplex, head, (ws) => {
      const connection = new Connection(ws, request.socket, this.#desk);
      this.#connections.add(connection);
    });
  }

  close(): void {
    this.#away = true;
    for (const connection of this.#connections) connection.terminate();
    this.#server.close();
  }

  #identify(connection: Connection, data: GatewayIdentifyData): void {
    if (data.token === this.#options.token) this.#identifies.add(data);
    const refused = this.#refusalOf(data);
    if (refused !== undefined) connection.close(refused);
    else this.#begin(connection, data);
  }

  #refusalOf({ token, intents, shard: [shard, shards] = [0, 1] }: GatewayIdentifyData): GatewayCloseCodes | undefined {
    if (this.refuseToken || token !== this.#options.token) return GatewayCloseCodes.AuthenticationFailed;
    if (shard < 0 || shard >= shards) return GatewayCloseCodes.InvalidShard;
    return this.refuseIntents && (intents & PRIVILEGED) !== 0 ? GatewayCloseCodes.DisallowedIntents : undefined;
  }

  #begin(connection: Connection, { intents, shard: [shard, shards] = [0, 1] }: GatewayIdentifyData): void {
    this.#forget(shard);
    this.#lastSession += 1;
    const id = `session-${this.#lastSession}`;
    const session = new Session({ id, shard, shards, intents, botId: this.#options.bot.id });
    this.#sessions.set(id, session);
    this.#enliven(connection, session);
    this.#welcome(session, shards);
    this.#options.bell.ring();
  }

  /** Nobody resumes a session of a shard that has begun another. */
  #forget(shard: number): void {
    for (const session of this.sessions) {
      if (session.shard === shard && !session.connected) this.#sessions.delete(session.id);
    }
  }

  #welcome(session: Session, shards: number): void {
    const { bot, url, welcome } = this.#options;
    const { guilds, events } = welcome(session.shard, shards);
    const data = {
      v: 10,
      user: bot,
      guilds,
      session_id: session.id,
      resume_gateway_url: url(),
      shard: [session.shard, shards],
      application: { id: bot.id, flags: 0 },
    };
    for (const event of [{ name: "READY", data }, ...events]) this.#tell(session, event);
  }

  #tell(session: Session, event: { name: string; data: object }): void {
    const told = this.alter(event);
    if (told !== null) session.tell(event.name, told);
  }

  #resume(connection: Connection, data: GatewayResumeData): void {
    this.#resumes.add(data);
    const session = this.#sessions.get(data.session_id);
    if (data.token !== this.#options.token) connection.close(GatewayCloseCodes.AuthenticationFailed);
    else if (session === undefined) connection.send({ op: GatewayOpcodes.InvalidSession, d: false });
    else if (data.seq > session.sequence) connection.close(GatewayCloseCodes.InvalidSeq);
    else {
      this.#enliven(connection, session);
      session.replay(data.seq);
      session.tell("RESUMED", {});
      this.#options.bell.ring();
    }
  }

  #enliven(connection: Connection, session: Session): void {
    connection.live = true;
    this.#sessionOf.set(connection, session);
    session.attach(connection);
  }

  #closed(connection: Connection, code: number): void {
    connection.live = false;
    this.#connections.delete(connection);
    const session = this.#sessionOf.get(connection);
    session?.detach(connection);
    // A client that says goodbye gives its session up.
    if (session !== undefined && (code === 1000 || code === 1001)) this.#sessions.delete(session.id);
    this.#options.bell.ring();
  }
}
