import type { Adapter, AdapterHandlers } from "../adapters/adapter.ts";
import type { Agent, AgentEvent, Tool } from "../agents/agent.ts";
import type { Store } from "../sessions/store.ts";
import { ConfigError } from "./config/problems.ts";

type Possible =
  | "handOver"
  | "commit"
  | `store.${keyof Store}`
  | `agent.${"run" | "tool" | "summarise" | AgentEvent["type"]}`
  | `adapter.${keyof Adapter | "remove"}`;

/**
 * Steps at whose borders the program can be killed, to show that nothing is lost or done twice there. Each has a point
 * before it and one behind it, as in `store.end.before`. A step that failed has been reached and is behind it as well.
 *
 * - `handOver`: a platform hands a message over, until it may acknowledge it.
 * - `commit`: all that is written at once, just before and just behind its commit.
 * - `store.*`: one operation of the store. Before it nothing of it is written, behind it all of it is on disk, and nobody
 *   has done anything because of that yet.
 * - `agent.run`: one run, from the first model call to the last word. Of what happens in it, `before` means that nobody
 *   has heard of it and `after` that what follows from it has been done: `agent.text` is the first word of a run,
 *   `agent.reply` one reply of the model, behind which the reply is in the journal, `agent.tool-results` the same for
 *   what tools have found out. `agent.tool` is one tool at work, and
 *   `agent.summarise` a conversation that is being summed up.
 * - `adapter.*`: one call to the platform. Behind it the platform has taken it or refused it, and nobody knows. `remove`
 *   takes back a draft.
 */
export const STEPS = [
  "handOver",
  "commit",
  "store.accept",
  "store.claim",
  "store.journal",
  "store.takeIn",
  "store.compact",
  "store.threadOpened",
  "store.draftBegun",
  "store.draftShown",
  "store.end",
  "store.park",
  "store.stop",
  "store.askApproval",
  "store.answerApproval",
  "store.moveApproval",
  "store.answerCommand",
  "store.nextChunk",
  "store.chunkSent",
  "store.chunkUnsent",
  "store.chunkFailed",
  "store.deliverOutside",
  "store.dropDraft",
  "store.deliveryFailed",
  "store.setBookmarks",
  "store.setVault",
  "agent.run",
  "agent.text",
  "agent.reply",
  "agent.tool",
  "agent.tool-results",
  "agent.summarise",
  "adapter.send",
  "adapter.remove",
  "adapter.openThread",
] as const satisfies readonly Possible[];

export type Step = (typeof STEPS)[number];

export const MOMENTS = ["before", "after"] as const;

export type Moment = (typeof MOMENTS)[number];

export const FAILPOINTS: ReadonlyArray<`${Step}.${Moment}`> = STEPS.flatMap((step) =>
  MOMENTS.map((moment) => `${step}.${moment}` as const),
);

/** The variable that names one. Without it nothing of this is even loaded. */
export const FAILPOINT_VARIABLE = "PARLEY_FAILPOINT";

/**
 * Ends the process when one point is reached for the nth time, as a power failure would: with SIGKILL.
 *
 * The ports are wrapped, so that neither the points nor a look whether there is one stand in the code that is tested.
 */
export class Failpoint {
  readonly #name: string;
  readonly #die: () => void;
  #left: number;

  /**
   * @param spec the point's name, with `#n` for the nth time
   * @param die default: SIGKILL for this process
   * @throws ConfigError
   */
  constructor(spec: string, die: () => void = () => process.kill(process.pid, "SIGKILL")) {
    const [, name = "", times = "1"] = /^(.*?)(?:#([1-9]\d{0,5}))?$/.exec(spec) ?? [];
    if (!FAILPOINTS.some((point) => point === name)) {
      const expected = FAILPOINTS.join(", ");
      const message = `there is no point "${name}": expected one of ${expected}, with #n for the nth time`;
      throw new ConfigError([{ path: FAILPOINT_VARIABLE, message, expected }]);
    }
    this.#name = name;
    this.#left = Number(times);
    this.#die = die;
  }

  reached(name: string): void {
    if (name !== this.#name) return;
    this.#left -= 1;
    if (this.#left === 0) this.#die();
  }

  store(store: Store): Store {
    return this.#around(store, (method) => `store.${method}`);
  }

  adapter(adapter: Adapter): Adapter {
    const calls = this.#around(adapter, (method) => (method === "start" ? undefined : `adapter.${method}`));
    return new Proxy(calls, {
      get: (target, property) => {
        if (property === "start") {
          return (handlers: AdapterHandlers) =>
            target.start(this.#around(handlers, (method) => (method === "onMessage" ? "handOver" : undefined)));
        }
        if (property === "drafts" && target.drafts !== undefined) {
          return this.#around(target.drafts, (method) => `adapter.${method}`);
        }
        return Reflect.get(target, property);
      },
    });
  }

  agent(agent: Agent): Agent {
    const reached = (name: string) => this.reached(name);
    const around = (tool: Tool) => this.#around(tool, (method) => (method === "run" ? "agent.tool" : undefined));
    async function* run(request: Parameters<Agent["run"]>[0]) {
      reached("agent.run.before");
      const types = new Set<string>();
      for await (const event of agent.run({ ...request, tools: request.tools.map(around) })) {
        const isFirst = event.type !== "text" || !types.has("text");
        types.add(event.type);
        if (isFirst) reached(`agent.${event.type}.before`);
        yield event;
        if (isFirst) reached(`agent.${event.type}.after`);
      }
      reached("agent.run.after");
    }
    const summing = this.#around(agent, (method) => (method === "summarise" ? "agent.summarise" : undefined));
    return { description: agent.description, run, ...(summing.summarise && { summarise: summing.summarise }) };
  }

  /** Marks the borders of methods that are steps; they resolve or reject as before. */
  #around<T extends object>(target: T, stepOf: (method: string) => string | undefined): T {
    return new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property, target);
        const step = stepOf(String(property));
        if (typeof value !== "function") return value;
        if (step === undefined) return value.bind(target);
        return (...args: unknown[]) => {
          this.reached(`${step}.before`);
          const result: unknown = value.apply(target, args);
          return result instanceof Promise ? result.finally(() => this.reached(`${step}.after`)) : result;
        };
      },
    });
  }
}
