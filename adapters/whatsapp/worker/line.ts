import type { IncomingMessage } from "node:http";
import {
  type AuthenticationCreds,
  type BinaryNode,
  getBinaryNodeChild,
  type MessageRetryManager,
  makeWASocket,
  type proto,
  type SignalKeyStore,
  type SocketConfig,
  type WAMessageKey,
  type WASocket,
} from "@whiskeysockets/baileys";
import type { Ending, WorkerSettings } from "../protocol.ts";
import { silentLogger } from "./silent-logger.ts";

/** How long the other side may take to close before the line is cut. */
const CLOSE_MS = 1_000;
/** How long a login may take, with all that is uploaded before it is done. */
const OPEN_MS = 120_000;
const QUERY_MS = 20_000;

export interface LineOptions {
  settings: WorkerSettings;
  creds: AuthenticationCreds;
  keys: SignalKeyStore;
  makeSignalRepository?: SocketConfig["makeSignalRepository"];
  getMessage?(key: WAMessageKey): Promise<proto.IMessage | undefined>;
  cachedGroupMetadata?: SocketConfig["cachedGroupMetadata"];
}

/**
 * One connection to WhatsApp, from its first byte to its last.
 *
 * It ends once, for the first reason that anybody gives. From that moment on nothing goes out: what was not acknowledged
 * by then is delivered again.
 */
export class Line {
  readonly sock: WASocket;
  /** Resolves when it is over, with the reason. */
  readonly ended: Promise<Ending>;
  /** Resolves when the login is done; never, if it fails. */
  readonly opened: Promise<void>;
  /** Aborted when it ends: for those who come and go while it stands. */
  readonly over: AbortSignal;
  readonly #over = new AbortController();
  readonly #reason = Promise.withResolvers<Ending>();
  readonly #opening: NodeJS.Timeout;
  #cutting: NodeJS.Timeout | undefined;
  #ending: Ending | undefined;
  isOpen = false;

  constructor({ settings, creds, keys, ...hooks }: LineOptions) {
    const opened = Promise.withResolvers<void>();
    this.ended = this.#reason.promise;
    this.over = this.#over.signal;
    this.opened = opened.promise;
    this.sock = makeWASocket({
      waWebSocketUrl: settings.wsUrl,
      auth: { creds, keys },
      logger: silentLogger,
      browser: [settings.deviceName, "Chrome", "1.0"],
      // A conflict between two writes is not what a failure here means: trying again would not help.
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
      defaultQueryTimeoutMs: QUERY_MS,
      // The phone would stop to notify its owner.
      markOnlineOnConnect: false,
      syncFullHistory: false,
      // Otherwise the first connection holds everything back for 20 s.
      shouldSyncHistoryMessage: () => false,
      generateHighQualityLinkPreview: false,
      emitOwnEvents: false,
      ...hooks,
    });
    distrust(this.sock.messageRetryManager);
    // Because Baileys listens to this as well, nobody would end the attempt.
    this.sock.ws.on("unexpected-response", (_request: unknown, { statusCode = 0 }: IncomingMessage) =>
      this.end({ by: "http", code: statusCode }),
    );
    // Baileys takes all reasons of a conflict for one.
    let lastNode: BinaryNode | undefined;
    this.sock.ws.prependListener("CB:stream:error", (node: BinaryNode) => {
      lastNode = node;
    });
    this.#opening = setTimeout(() => this.end({ by: "whatsapp", code: 408 }), OPEN_MS);
    this.sock.ev.on("connection.update", ({ connection, lastDisconnect }) => {
      if (connection === "open" && this.#ending === undefined) {
        clearTimeout(this.#opening);
        this.isOpen = true;
        opened.resolve();
      }
      if (connection === "close") this.#closed({ by: "whatsapp", code: codeOf(lastDisconnect?.error, lastNode) });
    });
  }

  get isOver(): boolean {
    return this.#ending !== undefined;
  }

  /** End it now. Nothing is sent any more when this returns. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.isOpen = false;
    this.#over.abort();
    void this.sock.end(undefined);
    this.#cutting = setTimeout(() => this.#cut(), CLOSE_MS);
  }

  #closed(ending: Ending): void {
    this.#ending ??= ending;
    this.isOpen = false;
    this.#over.abort();
    clearTimeout(this.#opening);
    clearTimeout(this.#cutting);
    this.#reason.resolve(this.#ending);
  }

  #cut(): void {
    const { socket } = this.sock.ws as unknown as { socket: { terminate(): void } | null };
    socket?.terminate();
  }
}

/**
 * Baileys keeps what others wrote together with what was sent, and whoever asks for a message again is given either: the
 * bot would say in its own name what somebody else wrote. What was sent is asked of `getMessage` alone.
 */
function distrust(recent: MessageRetryManager | null): void {
  if (recent === null) return;
  recent.addRecentMessage = () => {};
  recent.getRecentMessage = () => undefined;
}

function codeOf(error: Error | undefined, node: BinaryNode | undefined): number {
  const conflict = node === undefined ? undefined : getBinaryNodeChild(node, "conflict")?.attrs.type;
  if (conflict === "device_removed") return 401;
  if (conflict === "replaced") return 440;
  const { output } = (error ?? {}) as { output?: { statusCode?: number } };
  return output?.statusCode ?? 428;
}
