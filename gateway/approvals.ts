import { createHash } from "node:crypto";
import type { Adapter, Choice } from "../adapters/adapter.ts";
import type { Consent, Tool } from "../agents/agent.ts";
import type { Approval, ApprovalStore } from "../sessions/approvals.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";
import type { ToolUseBlock } from "../sessions/transcript.ts";
import { approvalQuestion } from "./approval-question.ts";
import { withChoices } from "./choices.ts";
import { newCode } from "./codes.ts";
import { replyPlace } from "./endings.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { patiently } from "./patience.ts";

export interface ApprovalsOptions {
  store: ApprovalStore;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, "approvals">;
  /** How long an author may think. */
  timeoutMs: number;
  /** Something was put into a chat's outbox. */
  delivered(chatRef: number): void;
  /** No answer can come any more before the next start: the run is to be taken up again then. */
  park(runId: number): void;
  /** What names a question. Default: an unguessable code. */
  newCode?: () => string;
}

/** A tool that the model wants to use in a run. */
export interface Asking {
  run: Run;
  adapter: Adapter | undefined;
  /** Aborted when the run is broken off, with an `AbortReason`. */
  signal: AbortSignal;
  call: ToolUseBlock;
  tool: Tool;
}

type Outcome = "approved" | "denied" | "expired" | "stopped";

/**
 * Asks authors of turns whether a tool may run, and waits for their word.
 *
 * The question stands where the answer will, and a private one stays private. It is open in the store, not here: an answer
 * that comes while the program is down, or before anybody waits for it again, counts. Whoever waits is told of answers by
 * `answered` and then looks at the row; nothing is polled. A run's questions are asked one after another, so that nobody
 * has to tell apart what is asked at once.
 *
 * A run that is parked leaves its question open; one that takes in what its author has added meanwhile does not, because
 * the model may want something else then. Time that passes while the program is down passes for the question as well.
 */
export class Approvals {
  readonly #options: ApprovalsOptions;
  /** By run: resolves when its latest question is settled. */
  readonly #latest = new Map<number, Promise<void>>();
  /** By run and tool use: who waits for an answer. */
  readonly #waiting = new Map<string, () => void>();
  /** Runs that wait for nothing but their author's word. */
  readonly #idle = new Set<number>();
  #stopping = false;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /**
   * Whether a tool may run; if so, it counts as begun from now on, and is not begun once more after a crash.
   *
   * @throws the signal's reason when the run is broken off; LeaseLostError, StoreError
   */
  async consent(asking: Asking): Promise<Consent> {
    const { runId } = asking.run;
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    const before = this.#latest.get(runId);
    this.#latest.set(runId, settled);
    try {
      await before;
      return await this.#settle(asking);
    } finally {
      resolve();
      if (this.#latest.get(runId) === settled) this.#latest.delete(runId);
    }
  }

  /** An author has decided. */
  answered(runId: number, toolUseId: string): void {
    this.#waiting.get(keyOf(runId, toolUseId))?.();
  }

  /** Nobody is listened to any more: whoever waits is parked, now and from now on. */
  stopping(): void {
    this.#stopping = true;
    for (const runId of this.#idle) this.#options.park(runId);
  }

  async #settle(asking: Asking): Promise<Consent> {
    const { run, adapter, signal, call, tool } = asking;
    // Where nobody has a name, anybody could answer.
    if (adapter === undefined || run.author.id === "") return refusal(NOBODY);
    const key = keyOf(run.runId, call.id);
    for (;;) {
      signal.throwIfAborted();
      const { promise: heard, resolve } = Promise.withResolvers<"heard">();
      // Before the row is read: nothing is answered in between unheard.
      this.#waiting.set(key, () => resolve("heard"));
      try {
        const known = await this.#known(asking);
        const { state, expiresAt } = known.find(isAbout(call)) ?? (await this.#ask(asking, adapter, known));
        if (state === "begun") return tool.idempotent ? { given: true } : refusal(UNKNOWN);
        if (state === "denied") return this.#refused(asking, this.#isLate(expiresAt) ? "expired" : "denied");
        if (state === "approved") {
          // Only a run that was stopped begins nothing: whoever stopped it will break it off.
          if (!(await this.#move(asking, "begun"))) return refusal(STOPPED);
          this.#note(asking, "approved");
          return { given: true };
        }
        const end = await this.#awaited(asking, heard, expiresAt);
        if (end === "broken-off") await this.#brokenOff(asking);
        else if (end === "late" && (await this.#move(asking, "denied"))) return this.#refused(asking, "expired");
      } finally {
        this.#waiting.delete(key);
      }
    }
  }

  #known({ run, signal }: Asking): Promise<Approval[]> {
    const { store, clock } = this.#options;
    return patiently(() => store.approvals(run.runId), clock, signal);
  }

  /** @param earlier what was asked in the run before: its numbers are not given again, and pick what they picked */
  async #ask(
    { run, call, tool, signal }: Asking,
    adapter: Adapter,
    earlier: readonly Pick<Approval, "code">[],
  ): Promise<Approval> {
    const { store, clock, timeoutMs, delivered, newCode: makeCode = newCode } = this.#options;
    const secret = makeCode();
    const before = earlier.flatMap(({ code }) => choicesOf(code));
    const byNumber = adapter.choices !== true;
    // Where numbers run out, its code is left.
    const choices = byNumber && before.length + 2 > MOST_NUMBERS ? [] : choicesOf(secret);
    const expiresAt = clock.now() + timeoutMs;
    const question = approvalQuestion(run, { call, tool, secret, timeoutMs });
    const chunks = withChoices(adapter, question, choices, undefined, before.length + 1);
    const commands = [...before, ...choices].map(({ command }) => command);
    const asked = {
      toolUseId: call.id,
      call: hashOf(call),
      code: secret,
      tool: tool.name,
      expiresAt,
      delivery: { ...replyPlace(run), precedes: true, chunks },
      ...(byNumber && choices.length > 0 && { offer: { commands, expiresAt } }),
    };
    const approval = await patiently(() => store.askApproval(run, asked), clock, signal);
    delivered(run.chat.ref);
    return approval;
  }

  async #awaited(
    { run, signal }: Asking,
    heard: Promise<"heard">,
    expiresAt: number,
  ): Promise<"heard" | "late" | "broken-off"> {
    const { clock, timeoutMs, park } = this.#options;
    const { promise, resolve } = Promise.withResolvers<"late" | "broken-off">();
    const onAbort = () => resolve("broken-off");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    // A clock that was put back makes nobody wait longer.
    const left = Math.min(Math.max(0, expiresAt - clock.now()), timeoutMs);
    const cancel = clock.after(left, () => resolve("late"));
    this.#idle.add(run.runId);
    if (this.#stopping) park(run.runId);
    try {
      return await Promise.race([heard, promise]);
    } finally {
      cancel();
      this.#idle.delete(run.runId);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The rows of a run that ends go with it. */
  async #brokenOff(asking: Asking): Promise<void> {
    const { signal, run, call } = asking;
    if (signal.reason === "shutdown") return;
    this.#note(asking, "stopped");
    if (signal.reason !== "interrupted") return;
    try {
      await this.#options.store.moveApproval(run, call.id, "denied");
    } catch (error) {
      this.#options.log.debug({ run: run.runId, err: error }, "a question could not be closed");
    }
  }

  #move({ run, call, signal }: Asking, to: "begun" | "denied"): Promise<boolean> {
    const { store, clock } = this.#options;
    return patiently(() => store.moveApproval(run, call.id, to), clock, signal);
  }

  #isLate(expiresAt: number): boolean {
    return this.#options.clock.now() >= expiresAt;
  }

  #refused(asking: Asking, outcome: "denied" | "expired"): Consent {
    this.#note(asking, outcome);
    return refusal(outcome === "denied" ? REFUSED : TOO_LATE);
  }

  #note({ run, tool }: Asking, outcome: Outcome): void {
    const { metrics, log } = this.#options;
    metrics.approvals.inc({ outcome });
    log.info({ run: run.runId, tool: tool.name, outcome }, "an author was asked about a tool");
  }
}

/** For the model. */
const REFUSED = "the user was asked and refused: this did not run. Do not try it again unless they ask for it";
const TOO_LATE = "the user was asked and did not answer in time: this did not run. They may ask for it again";
const UNKNOWN = "result unknown: the program stopped while this ran. It is not run again";
const STOPPED = "the answer was stopped: this did not run";
const NOBODY = "nobody can be asked whether this may run: it did not";

/** A number that picks something has two digits at most. */
const MOST_NUMBERS = 99;

function choicesOf(code: string): Choice[] {
  return [
    { label: "Allow", command: `approve ${code}` },
    { label: "Refuse", command: `deny ${code}` },
  ];
}

/** A provider may call another use of a tool by the same id. */
function isAbout(call: ToolUseBlock): (approval: Approval) => boolean {
  const hash = hashOf(call);
  return (approval) => approval.toolUseId === call.id && approval.call === hash;
}

function hashOf({ name, input }: ToolUseBlock): string {
  return createHash("sha256")
    .update(JSON.stringify([name, input]))
    .digest("hex");
}

function refusal(reason: string): Consent {
  return { given: false, reason };
}

function keyOf(runId: number, toolUseId: string): string {
  return `${runId} ${toolUseId}`;
}
