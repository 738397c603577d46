import type { Adapter } from "../../adapters/adapter.ts";
import type { Clock } from "../../sessions/clock.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import type { LaneEngine } from "../../sessions/lanes.ts";
import { type Store, StoreError } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { type AccessRules, isOwner } from "../access.ts";
import { suggest } from "../config/suggest.ts";
import type { Delivery } from "../delivery.ts";
import type { Log } from "../log.ts";
import { pause } from "../pause.ts";
import type { Platforms } from "../platforms.ts";
import { commandNames, commands, findCommand } from "./index.ts";

export interface CommandExecutorOptions {
  store: Store;
  registry: StrategyRegistry;
  platforms: Platforms;
  delivery: Delivery;
  access(platform: AcceptedCommand["to"]["platform"]): AccessRules;
  agentDescription: string;
  lanes: LaneEngine;
  clock: Clock;
  abort(runIds: readonly number[]): void;
  log: Log;
}

const RETRY_MS = 1_000;
const MOST_FAULTS = 3;
const NOT_FOUND_OUT = "(I could not find out whether you are an admin here. Try again in a little while.)";
const FAILED = "Something went wrong on my side, and I could not do this.";

/**
 * Runs commands that were accepted. The answer and the end of the command are one transaction, so a crash before it
 * runs the command again and a crash after it does not.
 */
export class CommandExecutor {
  readonly #options: CommandExecutorOptions;
  readonly #going = new Map<number, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
  }

  /** Take up what an earlier process left. */
  async recover(): Promise<void> {
    for (const { message } of await this.#options.store.pendingCommands()) this.run(message.seq);
  }

  run(seq: number): void {
    if (this.#going.has(seq) || this.#stopping.signal.aborted) return;
    this.#going.set(
      seq,
      this.#untilDone(seq).finally(() => this.#going.delete(seq)),
    );
  }

  async settled(): Promise<void> {
    await Promise.all(this.#going.values());
  }

  /** Try nothing again: what is not done by now runs after the next start. */
  stop(): void {
    this.#stopping.abort();
  }

  /** A store that fails is waited for; a command that fails by itself ends with an apology, for others wait behind it. */
  async #untilDone(seq: number): Promise<void> {
    const { log, clock } = this.#options;
    let faults = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        return await this.#execute(seq, faults >= MOST_FAULTS);
      } catch (error) {
        if (!(error instanceof StoreError)) faults += 1;
        log.error({ err: error, command: seq }, "a command failed; it is tried again");
        await pause(clock, RETRY_MS, this.#stopping.signal);
      }
    }
  }

  async #execute(seq: number, givingUp: boolean): Promise<void> {
    const { store, platforms, delivery, lanes, log } = this.#options;
    const call = await store.command(seq);
    const adapter = call === null ? undefined : platforms.at(call.to);
    if (call === null || adapter === undefined) return;
    const name = call.message.command?.name ?? "";
    const command = findCommand(name);
    const context = this.#context(call, adapter);
    const said = givingUp ? FAILED : ((await command?.run(call, context)) ?? unknown(name));
    const markdown = context.lookUpFailed() ? `${said}\n\n${NOT_FOUND_OUT}` : said;
    const { to, message, user } = call;
    await store.answerCommand(seq, [
      { to, chunks: adapter.render(markdown), ...answerTo(message), forUserId: user.id },
    ]);
    log.debug({ platform: to.platform, command: command?.name ?? "unknown" }, "command");
    delivery.wake(call.chat.ref);
    // What its author sent after it has waited for it.
    lanes.wake(call.plan.lane, call.chat.ref);
  }

  #context(call: AcceptedCommand, adapter: Adapter) {
    const { store, registry, agentDescription, clock, abort, access, log } = this.#options;
    const { to, user } = call;
    let failed = false;
    return {
      /** Whether somebody may have been refused for want of an answer of the platform's. */
      lookUpFailed: () => failed,
      store,
      registry,
      commands,
      agentDescription,
      now: () => clock.now(),
      abort,
      noteChange(change: { what: string; to: string }): void {
        const { platform, chatId } = to;
        log.info({ platform, chat: chatId, by: user.id, ...change }, "a setting was changed");
      },
      notice: (markdown: string) => ({ chunks: adapter.render(markdown) }),
      async isAdmin(): Promise<boolean> {
        const source = { platform: to.platform, user: { ...user, isBot: false } };
        if (isOwner(source, access(to.platform))) return true;
        try {
          return (await adapter.isAdmin?.(to, user.id)) === true;
        } catch (error) {
          failed = true;
          log.warn({ err: error, platform: to.platform }, "who administers a chat could not be looked up");
          return false;
        }
      },
    };
  }
}

function answerTo({ messageId, replyToken }: AcceptedCommand["message"]) {
  return replyToken === undefined ? { replyTo: messageId } : { replyToken };
}

function unknown(name: string): string {
  const close = suggest(name, commandNames);
  const hint = close === undefined ? "" : `Did you mean \`/${close}\`? `;
  return `I do not know that command. ${hint}\`/help\` lists what I can do.`;
}
