import type { Adapter } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import { placesOf } from "../sessions/places.ts";
import type { Router } from "../sessions/router.ts";
import { type Claim, type Ending, LeaseLostError, type Run } from "../sessions/runs.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { TranscriptMessage } from "../sessions/transcript.ts";
import { ActiveRun } from "./active-run.ts";
import { type Allowance, allowances, isUsedUp, refusal } from "./allowance.ts";
import { apologyFor, gaveUp, tookTooLong } from "./apologies.ts";
import { compacted } from "./compact-run.ts";
import { Conversation, type ConversationOptions } from "./conversation.ts";
import { Draft } from "./draft.ts";
import { EndRemarks, type EndRemarksOptions } from "./end-remarks.ts";
import { Answer, answered, apologise, ifStopped, stopped } from "./endings.ts";
import type { Log } from "./log.ts";
import { patiently } from "./patience.ts";
import type { Platforms } from "./platforms.ts";
import { Presence } from "./presence.ts";
import type { Person, Roles } from "./roles.ts";
import { SummaryFailures } from "./summary-failures.ts";
import { ThreadOpener } from "./thread-opener.ts";

export interface RunnerOptions extends ConversationOptions, EndRemarksOptions {
  platforms: Platforms;
  router: Pick<Router, "settings">;
  roles: Pick<Roles, "isAdmin">;
  /** A run that takes longer is stopped. */
  timeoutMs: number;
  /** A turn that was begun this often and never ended is given up. */
  maxAttempts: number;
  clock: Clock;
  log: Log;
  /** A delivery was put into the chat's outbox. */
  delivered(chatRef: number): void;
  /** A lane has work under a name that is not the one it was claimed by. */
  moved(lane: string, chatRef: number): void;
}

/** A run that is over its time because it waits for the store is looked at again so soon. */
const SAVING_MS = 10_000;

/** How long a shutdown waits for what is being shown: whoever goes on with it has to know which message it is. */
const PARKING_MS = 1_000;

/**
 * Executes turns: claim, run the agent, journal each step, end.
 *
 * Whatever happens, the run ends in one of four ways: answered; stopped by its owner or an admin; failed, with an
 * apology in the outbox; or parked, to be taken over after a restart. A lease that was lost writes nothing. A store that
 * fails throws to the lane engine, which tries the lane again; the run is then taken over from its last step.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #active = new Map<number, ActiveRun>();
  /** Runs that this process executes. */
  readonly #executing = new Map<number, Run>();
  readonly #threads: ThreadOpener;
  readonly #remarks: EndRemarks;
  readonly #failures: SummaryFailures;
  readonly #closing = new AbortController();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#threads = new ThreadOpener(options);
    this.#remarks = new EndRemarks(options);
    this.#failures = new SummaryFailures(options.clock);
  }

  /** Abort runs that were marked as stopped. */
  stop(runIds: readonly number[]): void {
    for (const id of runIds) this.#active.get(id)?.abort("stopped");
  }

  /**
   * Break off what is being written in a lane, if it is this user's and the user's next message may join it.
   *
   * @param at when the message is complete (epoch ms)
   */
  async interrupt(lane: string, userId: string, at: number): Promise<void> {
    const active = [...this.#active.values()].find(({ run }) => run.lane === lane && run.author.id === userId);
    if (active === undefined) return;
    const { clock, log } = this.#options;
    const early = at - clock.now();
    if (early > 0) {
      const again = () => void this.interrupt(lane, userId, at).catch((err) => log.debug({ err }, NOT_BROKEN_OFF));
      active.callOff(clock.after(early, again));
      return;
    }
    const joining = await this.#options.store.following(active.run);
    if (joining.some(({ interrupts }) => interrupts === true)) active.abort("interrupted");
  }

  /** Abort every run and park it, and those that are being claimed as well. */
  parkAll(): void {
    this.#closing.abort();
    for (const active of this.#active.values()) active.abort("shutdown");
  }

  /** Park a run that waits for something that cannot come any more. */
  park(runId: number): void {
    this.#active.get(runId)?.abort("shutdown");
  }

  /**
   * Give up what this process does in a lane: whoever claims it next takes the run over, and what this one still does is
   * void.
   */
  abandon(lane: string): void {
    for (const run of this.#executing.values()) {
      if (run.lane !== lane) continue;
      this.#executing.delete(run.runId);
      this.#active.get(run.runId)?.abort("timeout");
    }
  }

  async handle(lane: string): Promise<"more" | "idle" | { at: number }> {
    const claim: Claim = await this.#options.store.claim(lane, new Set(this.#executing.keys()));
    if (claim.kind === "later") return { at: claim.at };
    if (claim.kind !== "run") return "idle";
    const { run } = claim;
    this.#executing.set(run.runId, run);
    try {
      return await this.#execute(run, lane);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      this.#options.log.warn({ run: run.runId, fence: run.fence }, "run was taken over");
      return "idle";
    } finally {
      // If it was taken over meanwhile, it is somebody else's to say when it is over.
      if (this.#executing.get(run.runId) === run) this.#executing.delete(run.runId);
    }
  }

  async #execute(run: Run, lane: string): Promise<"more" | "idle"> {
    const { store, log, metrics, clock, delivered, moved } = this.#options;
    const startedAt = clock.now();
    const behind: Array<() => Promise<void>> = [];
    const ending = await this.#attempt(run, behind);
    if (ending === "park") {
      await store.park(run);
      log.info({ run: run.runId }, "run parked");
      return "idle";
    }
    const adapter = this.#options.platforms.at(run.to);
    const whole = { ...ending, ifStopped: ifStopped(run, adapter) };
    const ended = await patiently(() => store.end(run, whole), clock, this.#closing.signal);
    metrics.runs.inc({ strategy: run.plan.strategy, outcome: ending.outcome });
    metrics.runSeconds.observe((clock.now() - startedAt) / 1000);
    const fields = { run: run.runId, outcome: ending.outcome, ms: clock.now() - startedAt, attempt: run.attempt };
    if (ending.failure === "over-limit") log.info(fields, "a limit is used up");
    else if (ending.outcome === "failed") log.error({ ...fields, failure: ending.failure }, "run failed");
    else log.debug(fields, "run ended");
    if (ending.outcome === "done") await this.#threads.explain(run, adapter);
    for (const each of behind) await each();
    // Also where nothing is said: a draft may have to be taken back.
    delivered(run.chat.ref);
    if (!ended.more) return "idle";
    if (ended.lane === lane) return "more";
    moved(ended.lane, run.chat.ref);
    return "idle";
  }

  /** @param behind takes what is to be done once the end is written down */
  async #attempt(run: Run, behind: Array<() => Promise<void>>): Promise<Ending | "park"> {
    const { clock, maxAttempts, platforms } = this.#options;
    const adapter = platforms.at(run.to);
    if (run.stopped) return stopped(run, adapter, "");
    // Only the ending is missing: what is finished is never given up.
    if (isComplete(run.steps)) return this.#finished(run, adapter);
    if (run.attempt > maxAttempts) return apologise(run, adapter, gaveUp);
    if (this.#closing.signal.aborted) return "park";

    // Before anything is waited for: whoever stops or parks it has to find it.
    const active = new ActiveRun(run);
    this.#active.set(run.runId, active);
    try {
      const settings = await this.#settings(run);
      // What has begun goes on, however much it has used.
      const over = run.steps.length > 0 ? undefined : await this.#usedUp(run, settings);
      if (over !== undefined) return apologise(run, adapter, { code: "over-limit", text: refusal(over, clock.now()) });
      return await this.#converse(active, settings, behind);
    } finally {
      if (this.#active.get(run.runId) === active) this.#active.delete(run.runId);
    }
  }

  async #converse(
    active: ActiveRun,
    settings: ChatSettings,
    behind: Array<() => Promise<void>>,
  ): Promise<Ending | "park"> {
    const { run } = active;
    const { clock, timeoutMs, platforms, roles } = this.#options;
    const adapter = platforms.at(run.to);
    const answer = new Answer(run.steps);
    const presence = new Presence(adapter, run, clock);
    const draft = Draft.of(run, adapter, this.#options);
    const isAdmin = async () => (await roles.isAdmin(personOf(run))) === true;
    const conversation = new Conversation(
      { ...this.#options, failures: this.#failures },
      {
        run,
        adapter,
        settings,
        answer,
        closing: this.#closing.signal,
        isAdmin,
        show(markdown) {
          presence.preview(markdown);
          draft?.show(markdown);
        },
      },
    );
    // What is finished and waits for the store is not thrown away.
    active.saving = () => conversation.saving;
    const cancelTimeout = this.#bound(() => (conversation.saving ? "later" : active.abort("timeout")));
    let opened = false;
    try {
      for (;;) {
        const reason = await active.round(async (signal) => {
          if (run.plan.task === "compact") {
            presence.show(run.to);
            return await conversation.tell(await compacted(run, conversation, isAdmin, signal), signal);
          }
          if (!opened) {
            await this.#threads.open(run, adapter, signal);
            presence.show(run.to);
            if (!conversation.begun) await conversation.begin(signal);
            opened = true;
          }
          signal.throwIfAborted();
          // What comes meanwhile is taken in as well, before anything is written anew.
          while (active.takeInterruption()) await conversation.interrupted(signal);
          await conversation.go(signal);
        });
        if (reason === undefined) {
          behind.push(() => this.#remarks.say(run, adapter, settings));
          return { ...ended(run, adapter, answer), cleared: conversation.clearedSteps };
        }
        if (reason === "interrupted") continue;
        if (reason === "shutdown") return "park";
        if (reason === "stopped") return stopped(run, adapter, answer.unfinished);
        return apologise(run, adapter, tookTooLong(timeoutMs));
      }
    } catch (error) {
      if (error instanceof LeaseLostError || isStoreFailure(error)) throw error;
      const apology = apologyFor(error);
      this.#options.log.warn({ run: run.runId, err: error }, "run threw");
      return apologise(run, adapter, apology);
    } finally {
      cancelTimeout();
      active.callOff(() => {});
      presence.end();
      try {
        await conversation.book();
      } finally {
        // What is said next must not be overtaken by what is being shown.
        await draft?.end(active.reason === "shutdown" ? PARKING_MS : undefined);
      }
    }
  }

  /** What was finished before a crash; what cannot be rendered must not come up again and again. */
  #finished(run: Run, adapter: Adapter | undefined): Ending {
    try {
      return ended(run, adapter, new Answer(run.steps));
    } catch (error) {
      this.#options.log.warn({ run: run.runId, err: error }, "run threw");
      return apologise(run, adapter, apologyFor(error));
    }
  }

  /** @returns what takes the bound away */
  #bound(expired: () => unknown): () => void {
    const { clock, timeoutMs } = this.#options;
    const expire = () => {
      if (expired() === "later") cancel = clock.after(SAVING_MS, expire);
    };
    let cancel = clock.after(timeoutMs, expire);
    return () => cancel();
  }

  async #settings(run: Run): Promise<ChatSettings> {
    const { store, router } = this.#options;
    const levels = await store.settingsAt(placesOf(run.chat, run.to.threadId));
    return router.settings({ platform: run.chat.platform, chat: run.chat }, levels);
  }

  async #usedUp(run: Run, settings: ChatSettings): Promise<Allowance | undefined> {
    const { store, clock } = this.#options;
    return (await allowances(store, run, settings, clock.now())).find(isUsedUp);
  }
}

const NOT_BROKEN_OFF = "an answer could not be broken off";

/** What was only done for somebody is no part of the conversation. */
function ended(run: Run, adapter: Adapter | undefined, answer: Answer): Ending {
  const ending = answered(run, adapter, answer);
  return run.plan.task === undefined ? ending : { ...ending, forget: "always" };
}

function personOf({ to, author, aliases }: Run): Person {
  return { at: to, user: { id: author.id, aliases: aliases === undefined ? [] : [...aliases] } };
}

/** A run whose last reply was journalled before the crash has only to be ended. */
function isComplete(steps: readonly TranscriptMessage[]): boolean {
  const last = steps.at(-1);
  return last?.role === "assistant" && !last.content.some((block) => block.type === "tool-use");
}

function isStoreFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "StoreError";
}
