import type { Socket } from "node:net";
import {
  type BinaryNode,
  decodeBinaryNode,
  encodeBinaryNode,
  NOISE_WA_HEADER,
  type proto,
} from "@whiskeysockets/baileys";
import type { WebSocket } from "ws";
import { element } from "./nodes.ts";
import { NoiseServer } from "./noise.ts";

/** Who deals with what a client says. */
export interface Desk {
  entered(connection: Connection, payload: proto.ClientPayload): Promise<void> | void;
  heard(connection: Connection, node: BinaryNode): Promise<void>;
  closed(connection: Connection): void;
  /** A client did what the protocol does not allow; its connection is cut. */
  broke(error: unknown): void;
}

/** One web socket of a client: frames, handshake, then nodes, one after the other in both directions. */
export class Connection {
  /** The static key by which the client is known, once the handshake is through. */
  clientKey: Buffer = Buffer.alloc(0);
  /** Logged in and asked for what it missed: what happens reaches it at once. */
  active = false;
  /** Ids of messages that the client asked for again; their refusal, which follows, says nothing new. */
  readonly askedAgain = new Set<string>();
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #desk: Desk;
  readonly #noise = new NoiseServer();
  #stage: "intro" | "hello" | "finish" | "nodes" | "closed" = "intro";
  #incoming = Buffer.alloc(0);
  #work: Promise<void> = Promise.resolve();

  constructor(ws: WebSocket, socket: Socket, desk: Desk) {
    this.#ws = ws;
    this.#socket = socket;
    this.#desk = desk;
    ws.on("message", (data: Buffer) => this.#hear(data));
    ws.on("close", () => this.#closed());
    // A client that went away without a word shows as a close.
    ws.on("error", () => undefined);
  }

  get open(): boolean {
    return this.#stage === "nodes";
  }

  send(node: BinaryNode): void {
    if (this.open) this.#write(this.#noise.seal(encodeBinaryNode(node)));
  }

  /** A last word, then the end. */
  end(node: BinaryNode): void {
    this.send(node);
    this.#leave();
    this.#ws.close();
  }

  /** `<stream:error>` and the end. */
  fail(attributes: Record<string, string>, content?: BinaryNode[]): void {
    this.end(element("stream:error", attributes, content));
  }

  /** Cut the line without a word. */
  reset(): void {
    this.#leave();
    this.#socket.resetAndDestroy();
  }

  terminate(): void {
    this.#leave();
    this.#ws.terminate();
  }

  #hear(data: Buffer): void {
    this.#incoming = Buffer.concat([this.#incoming, data]);
    this.#work = this.#work
      .then(() => this.#readFrames())
      .catch((error: unknown) => {
        this.#desk.broke(error);
        this.reset();
      });
  }

  async #readFrames(): Promise<void> {
    if (this.#stage === "intro" && !this.#readIntro()) return;
    while (this.#stage !== "closed" && this.#incoming.length >= 3) {
      const end = 3 + this.#incoming.readUIntBE(0, 3);
      if (this.#incoming.length < end) return;
      const frame = this.#incoming.subarray(3, end);
      this.#incoming = this.#incoming.subarray(end);
      await this.#frame(frame);
    }
  }

  /** Four fixed bytes, before them the routing that an earlier connection was told. */
  #readIntro(): boolean {
    let at = 0;
    if (this.#incoming.subarray(0, 2).toString() === "ED") {
      if (this.#incoming.length < 7) return false;
      at = 7 + this.#incoming.readUIntBE(4, 3);
    }
    if (this.#incoming.length < at + NOISE_WA_HEADER.length) return false;
    const end = at + NOISE_WA_HEADER.length;
    if (!this.#incoming.subarray(at, end).equals(NOISE_WA_HEADER)) throw new Error("not a client of WhatsApp");
    this.#incoming = this.#incoming.subarray(end);
    this.#stage = "hello";
    return true;
  }

  async #frame(frame: Buffer): Promise<void> {
    if (this.#stage === "hello") {
      this.#write(this.#noise.hello(frame));
      this.#stage = "finish";
    } else if (this.#stage === "finish") {
      const { clientKey, payload } = this.#noise.finish(frame);
      this.clientKey = clientKey;
      this.#stage = "nodes";
      await this.#desk.entered(this, payload);
    } else await this.#desk.heard(this, await decodeBinaryNode(this.#noise.open(frame)));
  }

  #write(frame: Uint8Array): void {
    const length = Buffer.alloc(3);
    length.writeUIntBE(frame.length, 0, 3);
    this.#ws.send(Buffer.concat([length, frame]));
  }

  #leave(): void {
    this.#stage = "closed";
    this.active = false;
  }

  #closed(): void {
    this.#leave();
    this.#desk.closed(this);
  }
}
