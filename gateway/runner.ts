import type { Adapter } from "../adapters/adapter.ts";
import type { Agent, Tool } from "../agents/agent.ts";
import { systemPrompt } from "../agents/prompt.ts";
import type { Clock } from "../sessions/clock.ts";
import { type Claim, type Ending, LeaseLostError, type Run } from "../sessions/runs.ts";
import type { Store } from "../sessions/store.ts";
import type { Author, TranscriptMessage } from "../sessions/transcript.ts";
import { apologyFor, gaveUp, tookTooLong } from "./apologies.ts";
import { Draft } from "./draft.ts";
import { Answer, answered, apologise, ifStopped, stopped } from "./endings.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Platforms } from "./platforms.ts";
import { Presence } from "./presence.ts";
import { ThreadOpener } from "./thread-opener.ts";
import { type AttachmentLimits, turnMessage } from "./turn.ts";

export interface RunnerOptions {
  store: Store;
  platforms: Platforms;
  agent: Agent;
  tools: readonly Tool[];
  persona: string;
  /** A run that takes longer is stopped. */
  timeoutMs: number;
  /** A turn that was begun this often and never ended is given up. */
  maxAttempts: number;
  attachments: AttachmentLimits;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** A delivery was put into the chat's outbox. */
  delivered(chatRef: number): void;
  /** A lane has work under a name that is not the one it was claimed by. */
  moved(lane: string, chatRef: number): void;
}

/** How long a shutdown waits for what is being shown: whoever goes on with it has to know which message it is. */
const PARKING_MS = 1_000;

type StopReason = "stopped" | "timeout" | "shutdown";

/**
 * Executes turns: claim, run the agent, journal each step, end.
 *
 * Whatever happens, the run ends in one of four ways: answered; stopped by its owner or an admin; failed, with an
 * apology in the outbox; or parked, to be taken over after a restart. A lease that was lost writes nothing. A store that
 * fails throws to the lane engine, which tries the lane again; the run is then taken over from its last step.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #active = new Map<number, AbortController>();
  readonly #executing = new Set<number>();
  readonly #threads: ThreadOpener;
  #parking = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#threads = new ThreadOpener(options);
  }

  /** Abort runs that were marked as stopped. */
  stop(runIds: readonly number[]): void {
    for (const id of runIds) this.#active.get(id)?.abort("stopped" satisfies StopReason);
  }

  /** Abort every run and park it, and those that are being claimed as well. */
  parkAll(): void {
    this.#parking = true;
    for (const controller of this.#active.values()) controller.abort("shutdown" satisfies StopReason);
  }

  async handle(lane: string): Promise<"more" | "idle" | { at: number }> {
    const claim: Claim = await this.#options.store.claim(lane, this.#executing);
    if (claim.kind === "later") return { at: claim.at };
    if (claim.kind !== "run") return "idle";
    const { run } = claim;
    this.#executing.add(run.runId);
    try {
      return await this.#execute(run, lane);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      this.#options.log.warn({ run: run.runId, fence: run.fence }, "run was taken over");
      return "idle";
    } finally {
      this.#threads.forget(run);
      this.#executing.delete(run.runId);
    }
  }

  async #execute(run: Run, lane: string): Promise<"more" | "idle"> {
    const { store, log, metrics, clock, delivered, moved } = this.#options;
    const startedAt = clock.now();
    const ending = await this.#attempt(run);
    if (ending === "park") {
      await store.park(run);
      log.info({ run: run.runId }, "run parked");
      return "idle";
    }
    const adapter = this.#options.platforms.at(run.to);
    const ended = await store.end(run, { ...ending, ifStopped: ifStopped(run, adapter) });
    metrics.runs.inc({ strategy: run.plan.strategy, outcome: ending.outcome });
    metrics.runSeconds.observe((clock.now() - startedAt) / 1000);
    const fields = { run: run.runId, outcome: ending.outcome, ms: clock.now() - startedAt, attempt: run.attempt };
    if (ending.outcome === "failed") log.error({ ...fields, failure: ending.failure }, "run failed");
    else log.debug(fields, "run ended");
    if (ending.outcome === "done") await this.#threads.explain(run, adapter);
    // Also where nothing is said: a draft may have to be taken back.
    delivered(run.chat.ref);
    if (!ended.more) return "idle";
    if (ended.lane === lane) return "more";
    moved(ended.lane, run.chat.ref);
    return "idle";
  }

  async #attempt(run: Run): Promise<Ending | "park"> {
    const { clock, timeoutMs, maxAttempts, platforms } = this.#options;
    const adapter = platforms.at(run.to);
    if (run.stopped) return stopped(run, adapter, "");
    // Only the ending is missing: what is finished is never given up.
    if (isComplete(run.steps)) return answered(run, adapter, new Answer(run.steps));
    if (run.attempt > maxAttempts) return apologise(run, adapter, gaveUp);
    if (this.#parking) return "park";

    const controller = new AbortController();
    this.#active.set(run.runId, controller);
    const cancelTimeout = clock.after(timeoutMs, () => controller.abort("timeout" satisfies StopReason));
    const answer = new Answer(run.steps);
    const presence = new Presence(adapter, run, clock);
    const draft = Draft.of(run, adapter, this.#options);
    try {
      await orAborted(controller.signal, async () => {
        await this.#threads.open(run, adapter, controller.signal);
        presence.show(run.to);
        const show = (markdown: string) => {
          presence.preview(markdown);
          draft?.show(markdown);
        };
        await this.#converse(run, adapter, answer, show, controller.signal);
      });
      return answered(run, adapter, answer);
    } catch (error) {
      const reason: StopReason | undefined = controller.signal.aborted ? controller.signal.reason : undefined;
      if (reason === "shutdown") return "park";
      if (reason === "stopped") return stopped(run, adapter, answer.unfinished);
      if (reason === "timeout") return apologise(run, adapter, tookTooLong(timeoutMs));
      if (error instanceof LeaseLostError || isStoreFailure(error)) throw error;
      const apology = apologyFor(error);
      this.#options.log.warn({ run: run.runId, err: error }, "run threw");
      return apologise(run, adapter, apology);
    } finally {
      cancelTimeout();
      presence.end();
      // What is said next must not be overtaken by what is being shown.
      const parking = controller.signal.reason === ("shutdown" satisfies StopReason);
      await draft?.end(parking ? PARKING_MS : undefined);
      this.#active.delete(run.runId);
    }
  }

  async #converse(
    run: Run,
    adapter: Adapter | undefined,
    answer: Answer,
    show: (markdown: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, agent, tools, persona, attachments, metrics } = this.#options;
    const steps = [...run.steps];
    if (steps.length === 0) {
      const turn = await turnMessage(run, adapter, store, attachments, signal);
      await store.journal(run, { message: turn });
      steps.push(turn);
    }
    const history = await store.history(run.sessionId);
    const people = await this.#people(run);
    const { attribution, guidance, strategy, session } = run.plan;
    const events = agent.run({
      system: systemPrompt({
        persona,
        attribution,
        guidance,
        participants: people.map(({ id, name }) => ({ id, name })),
      }),
      messages: [...history, ...steps],
      tools,
      signal,
      textIsShown: adapter?.preview !== undefined,
      author: run.author,
      scene: { sessionKey: session, strategy, people },
      readBlob: async (hash) => (await store.blob(hash)) ?? missingBlob(hash),
    });
    for await (const event of events) {
      signal.throwIfAborted();
      if (event.type === "text") {
        answer.hear(event.text);
        show(answer.text);
      } else if (event.type === "restart") {
        answer.forget();
      } else if (event.type === "reply") {
        answer.keep(event.content);
        await store.journal(run, {
          message: { role: "assistant", content: event.content },
          usage: { model: event.model, ...event.usage },
        });
        metrics.tokens.inc({ kind: "input" }, event.usage.inputTokens);
        metrics.tokens.inc({ kind: "output" }, event.usage.outputTokens);
        metrics.tokens.inc({ kind: "cache-read" }, event.usage.cacheReadTokens);
        metrics.tokens.inc({ kind: "cache-write" }, event.usage.cacheWriteTokens);
      } else if (event.type === "tool-results") {
        await store.journal(run, { message: { role: "user", content: event.content } });
      } else {
        answer.reason = event.reason;
      }
    }
  }

  /** Everybody who has written into the session, the author of this turn included, with the number of turns. */
  async #people(run: Run): Promise<Array<Author & { turns: number }>> {
    const people = await this.#options.store.participants(run.sessionId);
    const author = people.find((person) => person.id === run.author.id);
    if (author === undefined) return [...people, { ...run.author, turns: 1 }];
    author.turns += 1;
    author.name = run.author.name;
    return people;
  }
}

/** A run whose last reply was journalled before the crash has only to be ended. */
function isComplete(steps: readonly TranscriptMessage[]): boolean {
  const last = steps.at(-1);
  return last?.role === "assistant" && !last.content.some((block) => block.type === "tool-use");
}

/**
 * Whatever the work is doing, an abort ends the waiting for it: nothing that ignores its signal can hold a lane. What it
 * still does afterwards finds its lease gone.
 */
async function orAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const working = work();
  working.catch(() => {});
  try {
    await Promise.race([working, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function missingBlob(hash: string): never {
  throw new Error(`no blob ${hash}`);
}

function isStoreFailure(error: unknown): boolean {
  return error instanceof Error && error.name === "StoreError";
}
