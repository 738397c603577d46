import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { Connection } from "./connection.ts";
import type { FrontDesk } from "./front-desk.ts";

const PATH = "/ws/chat";

/** The port that clients connect to. */
export class ChatServer {
  url = "";
  /** Cut new connections before they begin. */
  refusing = false;
  readonly #desk: FrontDesk;
  readonly #server: Server = createServer();
  readonly #webSockets = new WebSocketServer({ noServer: true });

  constructor(desk: FrontDesk) {
    this.#desk = desk;
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}${PATH}`;
  }

  async close(): Promise<void> {
    this.refusing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { pathname } = new URL(request.url ?? "/", "ws://127.0.0.1");
    if (this.refusing || pathname !== PATH) {
      request.socket.resetAndDestroy();
      return;
    }
    this.#webSockets.handleUpgrade(request, duplex, head, (ws) => {
      this.#desk.add(new Connection(ws, request.socket, this.#desk));
    });
  }
}
