import type { Socket } from "node:net";
import { GatewayCloseCodes, type GatewayIdentifyData, GatewayOpcodes, type GatewayResumeData } from "discord.js";
import type { WebSocket } from "ws";

/** What the gateway does with what a client says. */
export interface Desk {
  heartbeatMs: number;
  identify(connection: Connection, data: GatewayIdentifyData): void;
  resume(connection: Connection, data: GatewayResumeData): void;
  closed(connection: Connection, code: number): void;
}

/** One web socket of a client. */
export class Connection {
  /** Events reach the client: it has identified or resumed, and nothing has come between since. */
  live = false;
  /** Heartbeats are not acknowledged any more. */
  muted = false;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #desk: Desk;

  constructor(ws: WebSocket, socket: Socket, desk: Desk) {
    this.#ws = ws;
    this.#socket = socket;
    this.#desk = desk;
    ws.on("message", (data) => this.#hear(String(data)));
    ws.on("close", (code) => desk.closed(this, code));
    // A client that went away without a word shows as a close.
    ws.on("error", () => undefined);
    this.send({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: desk.heartbeatMs } });
  }

  send(payload: { op: number; d: unknown; s?: number; t?: string }): void {
    this.#ws.send(JSON.stringify({ s: null, t: null, ...payload }));
  }

  close(code: number): void {
    this.live = false;
    this.#ws.close(code);
  }

  /** Cut the line without a word. */
  reset(): void {
    this.live = false;
    this.#socket.resetAndDestroy();
  }

  terminate(): void {
    this.live = false;
    this.#ws.terminate();
  }

  #hear(text: string): void {
    const { op, d } = parse(text);
    if (op === GatewayOpcodes.Heartbeat) {
      if (!this.muted) this.send({ op: GatewayOpcodes.HeartbeatAck, d: null });
    } else if (op === GatewayOpcodes.Identify) {
      if (this.live) this.close(GatewayCloseCodes.AlreadyAuthenticated);
      else this.#desk.identify(this, d as GatewayIdentifyData);
    } else if (op === GatewayOpcodes.Resume) this.#desk.resume(this, d as GatewayResumeData);
    else if (op === undefined) this.close(GatewayCloseCodes.DecodeError);
    else if (!this.live) this.close(GatewayCloseCodes.NotAuthenticated);
    // Presence, voice and member requests change nothing here.
  }
}

function parse(text: string): { op?: number; d?: unknown } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
