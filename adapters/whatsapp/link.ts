import type { Vault } from "../adapter.ts";
import { Backoff, type Sleep, sleep as sleepOnTheClock } from "../backoff.ts";
import { afterEnding } from "./connection-policy.ts";
import { erase, linkedAs } from "./credentials.ts";
import { Hold } from "./hold.ts";
import { DEFAULT_DEVICE_NAME, DEFAULT_MAX_ATTACHMENT_BYTES, DEFAULT_WS_URL } from "./options.ts";
import { type Ending, LinkError, type LinkedAccount, type LinkStep, type MainCalls } from "./protocol.ts";
import type { Serves } from "./thread-calls.ts";
import { vaultCalls } from "./vault-calls.ts";
import { WorkerLink } from "./worker-link.ts";

export { linkedAs } from "./credentials.ts";
export { LinkError, type LinkErrorCode, type LinkedAccount, type LinkStep } from "./protocol.ts";

interface Access {
  vault: Vault;
  /** Default `wss://web.whatsapp.com/ws/chat`. */
  wsUrl?: string;
  signal: AbortSignal;
  sleep?: Sleep;
  random?: () => number;
}

export interface LinkOptions extends Access {
  /** With country code: links by a code that is typed on the phone, instead of a QR code. Anything but digits is ignored. */
  phone?: string;
  /** What the phone calls this device in its list of linked devices. Default `Parley`. */
  deviceName?: string;
  /** A QR code to show; each replaces the one before. */
  onQr(text: string): void;
  /** Eight characters to be typed on the phone. */
  onPairingCode(code: string): void;
  onProgress?(step: LinkStep): void;
}

/** How long the first connections after the pairing may take altogether. */
const CONNECT_MS = 60_000;
/** How long WhatsApp is asked to forget this device before only we do. */
const FAREWELL_MS = 15_000;

/**
 * Link the account to a phone number, as one of its devices.
 *
 * Nothing is written before the phone agreed; then credentials and keys are, in one transaction. Resolves when the first
 * connection stands: the phone's owner sees the device as active. A gateway that runs on the same vault waits meanwhile,
 * and connects by itself afterwards; what people wrote in between it finds in the vault.
 *
 * @throws LinkError
 */
export async function linkAccount(options: LinkOptions): Promise<LinkedAccount> {
  const { vault, signal, onProgress, phone, sleep = sleepOnTheClock, random = Math.random } = options;
  if (signal.aborted) throw aborted();
  if ((await linkedAs(vault)) !== null) {
    throw new LinkError("already-linked", "this account is linked: unlink it first");
  }
  const opened = Promise.withResolvers<void>();
  const worker = begin(options, () => opened.resolve());
  const hold = new Hold(vault);
  const off = () => void worker.close();
  signal.addEventListener("abort", off, { once: true });
  try {
    onProgress?.("waiting");
    const digits = phone?.replace(/\D/g, "");
    const account = await worker.call("pair", digits ? { phone: digits } : {}).catch((error: unknown) => {
      throw signal.aborted ? aborted() : asLinkError(error);
    });
    hold.keep();
    onProgress?.("connecting");
    await firstConnection(worker, opened.promise, { signal, sleep, random });
    onProgress?.("connected");
    return account;
  } finally {
    signal.removeEventListener("abort", off);
    await worker.close();
    await hold.release();
  }
}

/** WhatsApp ends the connection that paired, and wants another one. */
async function firstConnection(
  worker: WorkerLink,
  opened: Promise<void>,
  { signal, sleep, random }: { signal: AbortSignal; sleep: Sleep; random: () => number },
): Promise<void> {
  const backoff = new Backoff(random);
  const over = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const late = Promise.withResolvers<Ending>();
  const giveUp = () => late.resolve({ by: "us" });
  over.addEventListener("abort", giveUp, { once: true });
  while (!over.aborted) {
    const ended = worker.call("connect", null).catch((): Ending => ({ by: "crash" }));
    const ending = await Promise.race([opened, ended, late.promise]);
    if (ending === undefined) return;
    const { next, reason } = afterEnding(ending);
    if (next === "erase") throw new LinkError("refused", reason);
    if (ending.by === "crash" || ending.by === "us") break;
    if (next !== "at-once") await sleep(backoff.next(), over);
  }
  throw new LinkError(
    signal.aborted ? "aborted" : "unreachable",
    "the account is linked, but has not connected yet: the gateway goes on trying",
  );
}

/**
 * Undo a link: tell WhatsApp to remove this device, and erase credentials and keys in any case.
 *
 * @returns whether WhatsApp knows; otherwise the device is still in the phone's list, and can be removed there
 */
export async function unlinkAccount(options: Access): Promise<{ told: boolean }> {
  const { vault, signal } = options;
  if ((await linkedAs(vault)) === null) {
    await erase(vault);
    return { told: false };
  }
  const hold = new Hold(vault);
  await hold.keep();
  const opened = Promise.withResolvers<void>();
  const worker = begin(options, () => opened.resolve());
  const late = Promise.withResolvers<boolean>();
  const giveUp = () => late.resolve(false);
  const timer = setTimeout(giveUp, FAREWELL_MS);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    const told = await Promise.race([tell(worker, opened.promise), late.promise]);
    await worker.close();
    await erase(vault);
    return { told };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    await worker.close();
    await hold.release();
  }
}

async function tell(worker: WorkerLink, opened: Promise<void>): Promise<boolean> {
  const ended = worker.call("connect", null).catch((): Ending => ({ by: "crash" }));
  const ending = await Promise.race([opened, ended]);
  // Whoever was removed on the phone need not be removed again.
  if (ending !== undefined) return afterEnding(ending).next === "erase";
  return await worker.call("logout", null).catch(() => false);
}

function begin(options: Access & Partial<LinkOptions>, onOpened: () => void): WorkerLink {
  const { vault, wsUrl = DEFAULT_WS_URL, deviceName = DEFAULT_DEVICE_NAME, onQr, onPairingCode, onProgress } = options;
  const nothing = async () => null;
  const serves: Serves<MainCalls> = {
    ...vaultCalls(vault),
    opened: async () => {
      onOpened();
      return null;
    },
    qr: async ({ text }) => {
      onQr?.(text);
      return null;
    },
    pairingCode: async ({ code }) => {
      onPairingCode?.(code);
      return null;
    },
    progress: async ({ step }) => {
      onProgress?.(step);
      return null;
    },
    // It holds what comes: nobody is here to take it.
    handOver: async () => false,
    samePerson: nothing,
    malformed: nothing,
  };
  return new WorkerLink(
    {
      account: "",
      wsUrl,
      deviceName,
      readReceipts: false,
      maxAttachmentBytes: DEFAULT_MAX_ATTACHMENT_BYTES,
      holds: true,
    },
    serves,
  );
}

function aborted(): LinkError {
  return new LinkError("aborted", "linking was called off");
}

function asLinkError(error: unknown): LinkError {
  return error instanceof LinkError ? error : new LinkError("unreachable", "linking failed: the connection broke");
}
