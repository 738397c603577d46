import { type Adapter, SendError } from "../../adapters/adapter.ts";
import type { Clock } from "../../sessions/clock.ts";
import { type AcceptedCommand, CommandGoneError } from "../../sessions/inbox.ts";
import type { LaneEngine } from "../../sessions/lanes.ts";
import type { NewDelivery, Offer } from "../../sessions/outbox.ts";
import type { Router } from "../../sessions/router.ts";
import { type Store, StoreError } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { withChoices, withLast } from "../choices.ts";
import { suggest } from "../config/suggest.ts";
import type { Delivery } from "../delivery.ts";
import type { Log } from "../log.ts";
import { pause } from "../pause.ts";
import type { Platforms } from "../platforms.ts";
import type { Roles } from "../roles.ts";
import { TookTooLongError, within } from "../within.ts";
import type { Answer, CommandContext } from "./command.ts";
import { CONSENT, cancel, confirm, OFFER_LIFETIME_MS } from "./confirm.ts";
import { commandNames, commands, findCommand } from "./index.ts";

export interface CommandExecutorOptions {
  store: Store;
  registry: StrategyRegistry;
  platforms: Platforms;
  delivery: Delivery;
  roles: Roles;
  router: Router;
  /** What the configuration sets in a chat of this kind. */
  configured(chat: AcceptedCommand["chat"]): ReturnType<CommandContext["configured"]>;
  agentDescription: string;
  lanes: LaneEngine;
  clock: Clock;
  abort(runIds: readonly number[]): void;
  answered(runId: number, toolUseId: string): void;
  log: Log;
}

const RETRY_MS = 1_000;
const MOST_FAULTS = 3;
/** So long a platform may take to open somebody's private chat. */
const OPENING_MS = 20_000;
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
        // Its author was blocked meanwhile: it is nobody's command any more.
        if (error instanceof CommandGoneError) return;
        // The store's own failures are logged by its health, once.
        if (error instanceof StoreError) log.debug({ err: error, command: seq }, "a command waits for the store");
        else {
          faults += 1;
          log.error({ err: error, command: seq }, "a command failed; it is tried again");
        }
        await pause(clock, RETRY_MS, this.#stopping.signal);
      }
    }
  }

  async #execute(seq: number, givingUp: boolean): Promise<void> {
    const { store, platforms, delivery, lanes, clock, log } = this.#options;
    const call = await store.command(seq);
    const adapter = call === null ? undefined : platforms.at(call.to);
    if (call === null || adapter === undefined) return;
    const name = call.message.command?.name ?? "";
    const command = findCommand(name);
    const agreed = await this.#agreed(call);
    const context = { ...this.#context(call, adapter), agreed };
    const said = call.effect ?? (givingUp ? FAILED : ((await command?.run?.(call, context)) ?? unknown(name)));
    const answer = typeof said === "string" ? { text: said } : said;
    const { deliveries, offer } = composed(call, adapter, answer, context.lookUpFailed(), clock.now());
    // Looking at something in between takes nothing back.
    const settled = agreed || name === confirm.name || name === cancel.name;
    for (const chatRef of await store.answerCommand(seq, deliveries, offer ?? (settled ? null : undefined)))
      delivery.wake(chatRef);
    log.debug({ platform: call.to.platform, command: command?.name ?? "unknown" }, "command");
    // What its author sent after it has waited for it.
    lanes.wake(call.plan.lane, call.chat.ref);
  }

  /**
   * Consent is what somebody was asked for, here and not long ago, and gives: a word or an old button is none, nor is one
   * that somebody else was shown. Without it a command asks.
   */
  async #agreed({ message: { command }, chat, user, to }: AcceptedCommand): Promise<boolean> {
    if (command?.args.endsWith(CONSENT) !== true) return false;
    const offer = await this.#options.store.offer(chat.ref, user.id, to.threadId);
    return offer?.commands.includes(`${command.name} ${command.args}`) === true;
  }

  #context(call: AcceptedCommand, adapter: Adapter): Omit<CommandContext, "agreed"> & { lookUpFailed(): boolean } {
    const { store, registry, agentDescription, clock, abort, delivery, roles, router, configured, log, answered } =
      this.#options;
    const { to, user, chat } = call;
    let failed = false;
    return {
      /** Whether somebody may have been refused for want of an answer of the platform's. */
      lookUpFailed: () => failed,
      store,
      registry,
      router,
      commands,
      agentDescription,
      configured: () => configured(chat),
      now: () => clock.now(),
      abort,
      answered,
      delivered: (chatRef) => delivery.wake(chatRef),
      noteChange(change: { what: string; to: string }): void {
        const { platform, chatId } = to;
        log.info({ platform, chat: chatId, by: user.id, ...change }, "a setting was changed");
      },
      notice: (markdown: string) => ({ chunks: adapter.render(markdown) }),
      async isAdmin(): Promise<boolean> {
        const found = await roles.isAdmin({ at: to, user, command: call.message.messageId });
        failed ||= found === "unknown";
        return found === true;
      },
      isOwner: () => roles.isOwner({ at: to, user }),
      isConfigured: ([id = "", ...aliases]) => roles.isConfigured({ at: to, user: { id, aliases } }),
      eraseHere: async () => void (await adapter.erase?.of({ ...to, threadId: undefined }, user.id)),
      async openPrivate() {
        try {
          const opening = adapter.openPrivate?.(user.id);
          const place = opening === undefined ? null : await within(clock, OPENING_MS, opening);
          // Somebody who writes as the chat itself has no place of their own.
          return place?.chatId === to.chatId ? null : place;
        } catch (error) {
          if (!(error instanceof SendError || error instanceof TookTooLongError)) throw error;
          return null;
        }
      },
    };
  }
}

/** An answer as it is sent, and what it offers: shown by the platform where it can, numbered where it cannot. */
function composed(call: AcceptedCommand, adapter: Adapter, answer: Answer, lookUpFailed: boolean, now: number) {
  const { text, choices = [], files, inPrivate } = answer;
  const shown = adapter.choices === true;
  const parts = [text, ...(lookUpFailed ? [NOT_FOUND_OUT] : [])];
  const chunks = withChoices(adapter, parts.join("\n\n"), choices, files);
  const { to, message, user } = call;
  const deliveries: NewDelivery[] = [{ to, chunks, ...answerTo(message), forUserId: user.id }];
  if (inPrivate !== undefined) {
    const own = withLast(adapter.render(inPrivate.text), { files: inPrivate.files });
    deliveries.push({ to: inPrivate.to, chunks: own, forUserId: user.id });
  }
  const offer: Offer | undefined =
    choices.length === 0
      ? undefined
      : { commands: choices.map(({ command }) => command), numbered: !shown, expiresAt: now + OFFER_LIFETIME_MS };
  return { deliveries, offer };
}

function answerTo({ messageId, replyToken }: AcceptedCommand["message"]) {
  return replyToken === undefined ? { replyTo: messageId } : { replyToken };
}

function unknown(name: string): string {
  const close = suggest(name, commandNames);
  const hint = close === undefined ? "" : `Did you mean \`/${close}\`? `;
  return `I do not know that command. ${hint}\`/help\` lists what I can do.`;
}
