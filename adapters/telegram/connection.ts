import { AdapterConfigError, type AdapterState } from "../adapter.ts";
import type { Backoff, Sleep } from "../backoff.ts";
import type { BotApi } from "./client.ts";
import { BotApiError, isWrongToken } from "./errors.ts";
import { idOf } from "./ids.ts";

/** A way for updates to come in. */
export interface Inlet {
  /** Do what has to be done before updates can come. @throws BotApiError or AdapterConfigError */
  open(signal: AbortSignal): Promise<void>;
  /** Take updates until the signal is aborted. @throws BotApiError when the line breaks */
  run(signal: AbortSignal, onReady: () => void): Promise<void>;
}

export interface ConnectionOptions {
  api: BotApi;
  inlet: Inlet;
  /** The bot behind the token has been looked up. */
  onIdentity(bot: { id: string; username: string }): void;
  onState(state: AdapterState): void;
  /** How long `start` waits for the first attempt. */
  startTimeoutMs: number;
  backoff: Backoff;
  sleep: Sleep;
}

const WRONG_TOKEN =
  "Telegram does not know the bot's token: set TELEGRAM_BOT_TOKEN to the one that @BotFather shows for your bot.";

type Failure = BotApiError | AdapterConfigError;

/**
 * Keeps one inlet open: looks the bot up, opens the inlet, lets it run; when anything fails, waits and starts over.
 *
 * Only the first attempt, if it ends in good time, can tell the caller that the configuration is wrong; later, the same
 * is a state to report.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #reported: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** @throws AdapterConfigError */
  async start(): Promise<void> {
    const opening = this.#open();
    const first = await this.#inGoodTime(opening);
    if (first instanceof AdapterConfigError) throw first;
    this.#running = this.#keepRunning(opening);
  }

  /** Resolves when the updates being handed over are done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** What the first attempt came to; if it takes too long, that is reported, and it goes on. */
  async #inGoodTime(opening: Promise<Failure | undefined>): Promise<Failure | undefined> {
    const { startTimeoutMs } = this.#options;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.#report({ ready: false, reason: `Telegram has not answered within ${startTimeoutMs} ms, still waiting` });
      late.resolve(undefined);
    }, startTimeoutMs);
    try {
      return await Promise.race([opening, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #keepRunning(opening: Promise<Failure | undefined>): Promise<void> {
    const { backoff, sleep } = this.#options;
    const { signal } = this.#stopping;
    let failed = await opening;
    while (!signal.aborted) {
      if (failed === undefined) failed = await this.#run();
      if (failed === undefined || signal.aborted) continue;
      this.#report({ ready: false, reason: reasonOf(failed) });
      await sleep(backoff.next(failed instanceof BotApiError ? failed.refusal?.retryAfterMs : undefined), signal);
      if (!signal.aborted) failed = await this.#open();
    }
  }

  async #open(): Promise<Failure | undefined> {
    const { api, inlet, onIdentity } = this.#options;
    const { signal } = this.#stopping;
    try {
      const me = await api.call("getMe", {}, { signal });
      onIdentity({ id: idOf(me.id), username: me.username });
    } catch (error) {
      return error instanceof BotApiError && isWrongToken(error) ? new AdapterConfigError(WRONG_TOKEN) : known(error);
    }
    try {
      await inlet.open(signal);
    } catch (error) {
      return known(error);
    }
    return undefined;
  }

  async #run(): Promise<Failure | undefined> {
    try {
      await this.#options.inlet.run(this.#stopping.signal, () => {
        this.#options.backoff.reset();
        this.#report({ ready: true });
      });
      return undefined;
    } catch (error) {
      return known(error);
    }
  }

  /** Operators hear of changes, not of every attempt. */
  #report(state: AdapterState): void {
    const seen = JSON.stringify(state);
    if (seen === this.#reported) return;
    this.#reported = seen;
    this.#options.onState(state);
  }
}

function known(error: unknown): Failure {
  if (error instanceof BotApiError || error instanceof AdapterConfigError) return error;
  throw error;
}

function reasonOf(failure: Failure): string {
  if (failure instanceof AdapterConfigError) return failure.message;
  if (isWrongToken(failure)) return WRONG_TOKEN;
  if (failure.refusal?.status === 409) {
    return "another program receives this bot's messages: stop it, or give one of the two a bot of its own";
  }
  return `Telegram is out of reach, trying again: ${failure.message}`;
}
