import type { Adapter } from "../../adapters/adapter.ts";
import type { Consent, Tool } from "../../agents/agent.ts";
import { Approvals } from "../../gateway/approvals.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import type { Approval } from "../../sessions/approvals.ts";
import type { Clock } from "../../sessions/clock.ts";
import type { Db } from "../../sessions/sqlite/database.ts";
import type { Store } from "../../sessions/store.ts";
import type { ToolUseBlock } from "../../sessions/transcript.ts";
import { Bell } from "../fakes/bell.ts";
import { message, routing } from "../sessions/messages.ts";
import { agentThat, noUsage, platform, stage } from "./runner-stage.ts";

export const SEND: Tool = {
  name: "send_mail",
  description: "Send a mail",
  inputSchema: { type: "object" },
  idempotent: false,
  asks: true,
  server: "mail",
  run: async () => "sent",
};

export function call(id: string, input: unknown = { to: "bob@example.org" }): ToolUseBlock {
  return { type: "tool-use", id, name: SEND.name, input };
}

export interface ApprovalsStageOptions {
  adapter?: Partial<Adapter>;
  tool?: Tool;
  /** What one run wants to do at once. */
  calls?: readonly ToolUseBlock[];
  db?: Db;
  timeoutMs?: number;
  busy?: "collect" | "interrupt";
  /** What stands between the gateway and its store. */
  around?(store: Store): Partial<Store>;
}

/** A chat in which every turn wants to use a tool that asks. */
export function playAsking(options: ApprovalsStageOptions = {}) {
  const { tool = SEND, calls = [call("call-1")], timeoutMs = 50_000, busy = "collect", around } = options;
  const bell = new Bell();
  /** What each run was told, in order. */
  const told: Consent[][] = [];
  const failures: unknown[] = [];
  const agent = agentThat(async function* ({ consent, messages }) {
    // Whoever goes on after an interruption has another reply to give.
    if (messages.at(-1)?.content.some((block) => block.type === "text" && block.text.includes("never mind"))) {
      yield { type: "reply", content: [{ type: "text", text: "Fine." }], usage: noUsage, model: "m" };
      return yield { type: "done", reason: "end" };
    }
    const asking = Promise.all(calls.map((each) => consent?.(each, tool)));
    const given = (await asking.catch((error) => {
      failures.push(error);
      bell.ring();
      throw error;
    })) as Consent[];
    told.push(given);
    const text = given.map((each) => (each.given ? "done" : `not done: ${each.reason}`)).join("; ");
    yield { type: "reply", content: [{ type: "text", text }], usage: noUsage, model: "m" };
    yield { type: "done", reason: "end" };
  });
  let questions = 0;
  const adapter = platform(options.adapter);
  const parts = stage(agent, {
    adapter,
    settings: { busy },
    approvals: { consent: (asking) => approvals.consent(asking) },
    ...(options.db && { db: options.db }),
  });
  const store = around === undefined ? parts.store : Object.assign(Object.create(parts.store), around(parts.store));
  const metrics = createMetrics(() => store.counts());
  const logged: string[] = [];
  /** The timers that the asking has set, by their length. */
  const timers: number[] = [];
  const clock: Clock = {
    now: () => parts.clock.now(),
    elapsed: () => parts.clock.elapsed(),
    after(ms, task) {
      const cancel = parts.clock.after(ms, task);
      timers.push(ms);
      bell.ring();
      return cancel;
    },
  };
  const approvals = new Approvals({
    store,
    clock,
    log: createLog("debug", { write: (line) => void logged.push(line) }),
    metrics,
    timeoutMs,
    park: (runId) => parts.runner.park(runId),
    delivered() {
      questions += 1;
      bell.ring();
    },
  });

  /** Resolves when so many questions were asked in all. */
  const asked = (count: number) => bell.when(() => (questions >= count ? true : undefined));
  /** Resolves when so many timers have been set in all. */
  const waiting = (count = 1) => bell.when(() => (timers.length >= count ? true : undefined));
  const broken = () => bell.when(() => (failures.length > 0 ? true : undefined));

  /** Every question of runs that go on. */
  async function rows(): Promise<Approval[]> {
    const runs = parts.db.prepare<[], { id: number }>("SELECT id FROM runs ORDER BY id").all();
    return (await Promise.all(runs.map(({ id }) => store.approvals(id)))).flat();
  }

  /** Say that one may or may not, as the command does. */
  async function answer(
    user: string,
    yes: boolean,
    code?: string,
    /** Happens between the word and whoever waits for it. */
    meanwhile: () => unknown = () => {},
  ) {
    const name = yes ? "approve" : "deny";
    const inbound = message(user, `/${name}`, {
      command: { name, args: code ?? "" },
      source: { sentAt: parts.clock.now() },
    });
    const accepted = await parts.store.accept(inbound, routing(inbound, { isCommand: true, busy }));
    if (accepted.kind !== "command") throw new Error(accepted.kind);
    const chatRef = (await parts.store.command(accepted.seq))?.chat.ref ?? 0;
    const who = { chatRef, userId: user, ...(code !== undefined && { code }) };
    const came = await parts.store.answerApproval(who, yes, { seq: accepted.seq, said: "" });
    meanwhile();
    if (came.kind === "answered") approvals.answered(came.runId, came.toolUseId);
    return came;
  }

  async function outcomes(): Promise<Record<string, number>> {
    const { values } = await metrics.approvals.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
  }

  return { ...parts, adapter, waiting, approvals, told, failures, asked, broken, rows, answer, outcomes, logged, bell };
}
