/** The real client library in a thread of its own: one device, whose keys live as long as the thread. */
import { parentPort } from "node:worker_threads";
import makeWASocket, {
  type AuthenticationCreds,
  BufferJSON,
  Curve,
  downloadMediaMessage,
  initAuthCreds,
  type WASocket,
} from "@whiskeysockets/baileys";
import { KeyStore } from "../../fakes/whatsapp/key-store.ts";
import { quietSignal } from "../../fakes/whatsapp/quiet.ts";
import { signatureHolds } from "../../fakes/whatsapp/signature.ts";

/** The events that tests look at. */
const EVENTS = [
  "connection.update",
  "messages.upsert",
  "messages.update",
  "groups.upsert",
  "groups.update",
  "group-participants.update",
  "lid-mapping.update",
] as const;

const port = parentPort;
if (port === null) throw new Error("not a thread");
quietSignal();

const nothing = () => undefined;
const logger = {
  level: "silent",
  child: () => logger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

// The library's own check answers yes to every signature; here the fake's have to hold.
Curve.verify = signatureHolds;

let creds: AuthenticationCreds = initAuthCreds();
let keys = new KeyStore();
let socket: WASocket | undefined;

const toText = (value: unknown): string => JSON.stringify(value ?? null, BufferJSON.replacer);
const tell = (message: object) => port.postMessage(toText(message));

/** What tests can have the device do, besides the methods of its socket. */
const actions: Record<string, (...args: never[]) => unknown> = {
  connect(url: string) {
    socket = makeWASocket({
      auth: { creds, keys },
      waWebSocketUrl: url,
      logger,
      shouldSyncHistoryMessage: () => false,
      markOnlineOnConnect: false,
      retryRequestDelayMs: 0,
    });
    const { ev } = socket;
    ev.on("creds.update", (update) => Object.assign(creds, update));
    for (const event of EVENTS) {
      ev.on(event, (data) => tell({ event, data: event === "connection.update" ? plainUpdate(data as object) : data }));
    }
  },
  disconnect: () => socket?.end(undefined),
  forgetEverything() {
    creds = initAuthCreds();
    keys = new KeyStore();
  },
  async download(message: Parameters<typeof downloadMediaMessage>[0]) {
    return downloadMediaMessage(message, "buffer", {});
  },
};

function plainUpdate({ lastDisconnect, ...rest }: { lastDisconnect?: { error?: unknown } }): object {
  const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined;
  return { ...rest, ...(error && { code: error.output?.statusCode }) };
}

port.on("message", async (text: string) => {
  const { id, name, args } = JSON.parse(text, BufferJSON.reviver);
  try {
    const method = actions[name] ?? (socket as unknown as typeof actions)?.[name];
    if (method === undefined) throw new Error(`no method ${name}`);
    tell({ id, result: await method(...(args as never[])) });
  } catch (error) {
    tell({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
