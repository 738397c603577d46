import type { Adapter, AdapterHandlers } from "../adapters/adapter.ts";
import type { CommandCall, Destination, InboundMessage } from "../adapters/record.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Decision, Notice, RoutedPlan } from "../sessions/inbox.ts";
import type { LaneEngine } from "../sessions/lanes.ts";
import type { Denial, Router } from "../sessions/router.ts";
import type { Standing } from "../sessions/standing.ts";
import { type Store, StoreError } from "../sessions/store.ts";
import { type AccessRules, admit } from "./access.ts";
import { newCode, showCode } from "./codes.ts";
import type { Delivery } from "./delivery.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Platforms } from "./platforms.ts";

export interface IntakeOptions {
  store: Store;
  router: Router;
  lanes: LaneEngine;
  delivery: Delivery;
  platforms: Platforms;
  /** Rules for each platform. */
  access(platform: InboundMessage["source"]["platform"]): AccessRules;
  /** Names of the commands that exist. */
  commands: ReadonlySet<string>;
  /** Those of them that wait in their lane, by name. */
  tasks: ReadonlyMap<string, RoutedPlan["task"]>;
  /** Execute a command that was accepted. */
  runCommand(seq: number): void;
  /** Abort runs that were marked as stopped. */
  abort(runIds: readonly number[]): void;
  /** Somebody who may be being answered has added something that is to break the answer off. */
  interrupt(lane: string, userId: string, at: number): Promise<void>;
  /** A code for whoever asks to be let in. Default: an unguessable one. */
  code?: () => string;
  maxWaiting: number;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/**
 * Takes messages in: what a platform hands over is on disk, planned and queued, or known not to be ours, when the
 * promise resolves. Nothing here waits for a model, so intake never stands behind a run.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #stopping = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** The platforms are about to be let go: that they are gone is no news then. */
  stopping(): void {
    this.#stopping = true;
  }

  /** What an adapter is started with. */
  handlersFor(adapter: Adapter): AdapterHandlers {
    const { store, metrics, platforms, log, maxWaiting } = this.#options;
    const { platform, account } = adapter;
    const notices = { overLimit: notice(adapter, overLimit(maxWaiting)), tooOld: notice(adapter, TOO_OLD) };
    return {
      onMessage: (message) => this.#take(adapter, message, notices),
      bookmarks: {
        read: () => store.bookmarks(adapter),
        write: (marks) => store.setBookmarks(adapter, marks),
      },
      onEdit: async (message) => {
        const replaced = await store.edit(message);
        metrics.messages.inc({ platform, result: replaced ? "edited" : "edited-late" });
      },
      vault: {
        read: (kind, ids) => store.vault(adapter, kind, ids),
        write: (entries) => store.setVault(adapter, entries),
      },
      onDelete: async (place, messageId, by) => {
        const dropped = await store.remove(place, messageId, by);
        metrics.messages.inc({ platform, result: dropped ? "deleted" : "deleted-late" });
      },
      onChatMoved: (from, toChatId) => this.moveChat(from, toChatId),
      onSamePerson: (from, to) => this.#mergePerson(adapter, from, to),
      onMalformed: (error) => {
        metrics.malformed.inc({ platform });
        log.warn({ platform, account, err: error }, "a payload could not be read; it was dropped");
      },
      onSkipped: (reason) => {
        metrics.messages.inc({ platform, result: "skipped" });
        log.warn({ platform, account, reason }, "messages that were missed are not read");
      },
      onState: (state) => {
        platforms.report(adapter, state);
        if (state.ready) log.info({ platform, account }, "connected");
        else if (this.#stopping) log.info({ platform, account }, "disconnected");
        else log.warn({ platform, account, reason: state.reason }, "not connected");
      },
    };
  }

  async moveChat(from: Destination, toChatId: string): Promise<void> {
    const { store, lanes, log } = this.#options;
    const moved = await store.moveChat(from, toChatId);
    for (const { lane, chatRef } of moved) lanes.wake(lane, chatRef);
    log.info({ platform: from.platform, from: from.chatId, to: toChatId }, "a chat has a new id");
  }

  async #mergePerson({ platform, account }: Adapter, from: string, to: string): Promise<void> {
    const { store, lanes, delivery, abort, log } = this.#options;
    const renamed = await store.samePerson({ platform, account }, from, to);
    for (const { lane, chatRef } of renamed.lanes) lanes.wake(lane, chatRef);
    if (renamed.chatRef !== undefined) delivery.wake(renamed.chatRef);
    // Somebody who is blocked under one of the ids is blocked.
    abort(await store.stoppedRuns());
    log.debug({ platform, account }, "two ids are one person's");
  }

  /** @returns false if nobody will ever answer it */
  async #take(
    adapter: Adapter,
    message: InboundMessage,
    { overLimit, tooOld }: { overLimit: Notice; tooOld: Notice },
  ): Promise<boolean> {
    const { store, router, lanes, delivery, metrics, clock, log, maxWaiting, runCommand, interrupt } = this.#options;
    const { platform, user, sentAt } = message.source;
    if (user.isBot) {
      metrics.messages.inc({ platform, result: "bot" });
      return false;
    }
    const verdict = {
      access: (standing: Standing) => this.#access(adapter, message, standing),
      command: (said: InboundMessage) => this.#command(said),
      task: ({ name }: CommandCall) => this.#options.tasks.get(name),
      ageMs: clock.now() - sentAt,
      tooOld,
    };
    let decision: Decision | undefined;
    const accepting = store.accept(message, {
      decide: (facts) => (decision = router.decide(message, facts, verdict)),
      overLimit,
      maxWaiting,
    });
    const accepted = await accepting.catch((error) => {
      metrics.messages.inc({ platform, result: "failed" });
      // What the store says is logged by its health, once; anything else is a fault to look into.
      if (!(error instanceof StoreError)) log.error({ platform, err: error }, "a message could not be taken");
      throw error;
    });
    metrics.messages.inc({ platform, result: accepted.kind });
    if (accepted.kind === "turn") {
      const { lane, chatRef, readyAt } = accepted;
      if (readyAt > clock.now()) lanes.wakeAt(lane, chatRef, readyAt);
      else lanes.wake(lane, chatRef);
      if (decision?.kind === "turn" && decision.plan.busy === "interrupt") {
        interrupt(lane, user.id, readyAt).catch((error) =>
          log.debug({ err: error }, "an answer could not be broken off"),
        );
      }
    } else if (accepted.kind === "command") {
      runCommand(accepted.seq);
    } else if ("told" in accepted) {
      if (accepted.told) delivery.wake(accepted.chatRef);
      return accepted.told;
    }
    return accepted.kind !== "ignored" && accepted.kind !== "ambient";
  }

  #access(adapter: Adapter, message: InboundMessage, standing: Standing): "allowed" | { denied: Denial } {
    const { access, code = newCode } = this.#options;
    const { source, replyToken, command } = message;
    const rules = access(source.platform);
    const isPrivate = source.chat.kind === "dm";
    switch (admit(source, rules, standing)) {
      case "allowed":
        return "allowed";
      case "silence":
        return { denied: null };
      case "stranger": {
        if (isClaim(command, standing)) return "allowed";
        // In a group silence is better than a refusal for everybody to read.
        const explain = isPrivate && replyToken === undefined;
        return { denied: explain ? notice(adapter, stranger(source.platform, source.user.id)) : null };
      }
      case "asks": {
        if (isClaim(command, standing)) return "allowed";
        // Where nobody has a name, nobody can be let in.
        if (isPrivate && source.user.id === "") return { denied: null };
        const secret = code();
        const explained = { notice: notice(adapter, asks(secret, isPrivate)), full: notice(adapter, FULL) };
        return { denied: { code: secret, ...explained } };
      }
    }
  }

  /**
   * A known command is ours, named or not; an unknown one only where it is addressed to this bot. Anything else that
   * begins with a slash is text.
   */
  #command({ command, addressed }: InboundMessage): CommandCall | undefined {
    return command !== undefined && (addressed || this.#options.commands.has(command.name)) ? command : undefined;
  }
}

/** The first owner cannot be let in by anybody. Where others read the code, the command has to make it void. */
function isClaim(command: CommandCall | undefined, { claimable }: Standing): boolean {
  return claimable && command?.name === "claim";
}

const TOO_OLD =
  "I was away for a good while and have only now seen what you wrote, so I have left it alone. " +
  "Ask again if you still need an answer.";

function notice(adapter: Adapter, markdown: string): Notice {
  return { chunks: adapter.render(markdown) };
}

function overLimit(max: number): string {
  return (
    `You already have ${max} messages waiting here, so I did not take this one, and I will take no more until one is ` +
    "answered. Send it again then, or drop what waits with /stop."
  );
}

function stranger(platform: string, userId: string): string {
  return (
    "I answer only people whom my operator has listed. If that should include you, send them this line: " +
    `\`${platform}:${userId}\``
  );
}

function asks(code: string, isPrivate: boolean): string {
  const shown = showCode(code);
  const whom = isPrivate ? "you" : "this chat";
  return (
    `I do not know ${whom} yet. An owner of mine can let ${whom} in within the hour, with \`/pair approve ${shown}\` ` +
    `in a chat with me, or with \`parley pair approve ${shown}\` where I run. Until then I will not answer.`
  );
}

const FULL = "I do not know you yet, and too many others are asking to be let in. Try again in an hour.";
