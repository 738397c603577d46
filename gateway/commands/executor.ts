import type { Adapter } from "../../adapters/adapter.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import type { Store } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { type AccessRules, isOwner } from "../access.ts";
import { suggest } from "../config/suggest.ts";
import type { Delivery } from "../delivery.ts";
import type { Log } from "../log.ts";
import type { Platforms } from "../platforms.ts";
import { commandNames, commands, findCommand } from "./index.ts";

export interface CommandExecutorOptions {
  store: Store;
  registry: StrategyRegistry;
  platforms: Platforms;
  delivery: Delivery;
  access(platform: AcceptedCommand["to"]["platform"]): AccessRules;
  agentDescription: string;
  now(): number;
  abort(runIds: readonly number[]): void;
  log: Log;
}

/**
 * Runs commands that were accepted. The answer and the end of the command are one transaction, so a crash before it
 * runs the command again and a crash after it does not.
 */
export class CommandExecutor {
  readonly #options: CommandExecutorOptions;
  readonly #going = new Set<Promise<void>>();

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
  }

  /** Take up what an earlier process left. */
  async recover(): Promise<void> {
    for (const { message } of await this.#options.store.pendingCommands()) this.run(message.seq);
  }

  run(seq: number): void {
    const going = this.#execute(seq)
      .catch((error) => this.#options.log.error({ err: error, command: seq }, "a command failed; it runs again later"))
      .finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#going);
  }

  async #execute(seq: number): Promise<void> {
    const { store, platforms, delivery, log } = this.#options;
    const call = await store.command(seq);
    const adapter = call === null ? undefined : platforms.at(call.to);
    if (call === null || adapter === undefined) return;
    const name = call.message.command?.name ?? "";
    const command = findCommand(name);
    const markdown = command === undefined ? unknown(name) : await command.run(call, this.#context(call, adapter));
    const { to, message, user } = call;
    await store.answerCommand(seq, [
      { to, chunks: adapter.render(markdown), replyTo: message.messageId, forUserId: user.id },
    ]);
    log.debug({ platform: to.platform, command: command?.name ?? "unknown" }, "command");
    delivery.wake(call.chat.ref);
  }

  #context(call: AcceptedCommand, adapter: Adapter) {
    const { store, registry, agentDescription, now, abort, access, log } = this.#options;
    const { to, user } = call;
    return {
      store,
      registry,
      adapter,
      commands,
      agentDescription,
      now,
      abort,
      async isAdmin(): Promise<boolean> {
        const source = { platform: to.platform, user: { ...user, isBot: false } };
        if (isOwner(source, access(to.platform))) return true;
        try {
          return (await adapter.isAdmin?.(to, user.id)) === true;
        } catch (error) {
          log.warn({ err: error, platform: to.platform }, "who administers a chat could not be looked up");
          return false;
        }
      },
    };
  }
}

function unknown(name: string): string {
  const close = suggest(name, commandNames);
  const hint = close === undefined ? "" : `Did you mean \`/${close}\`? `;
  return `I do not know that command. ${hint}\`/help\` lists what I can do.`;
}
