import type { Adapter, AdapterHandlers } from "../adapters/adapter.ts";
import type { Agent } from "../agents/agent.ts";
import type { Store } from "../sessions/store.ts";
import { ConfigError } from "./config/problems.ts";

/**
 * Steps at whose borders the program can be killed, to show that nothing is lost or done twice there. Each has a point
 * before it and one behind it, as in `store.end.before`.
 *
 * `store.*`: one transaction. `commit`: all that is written at once, just before and just behind its commit. `handOver`: a
 * message that a platform hands over, to the moment at which it may be acknowledged. `agent.*`: the model is asked, says
 * its first word, gives a reply, has the results of its tools; behind them, what follows from it has been done.
 * `adapter.*`: a call to the platform.
 */
const STEPS = [
  "handOver",
  "commit",
  "store.accept",
  "store.claim",
  "store.journal",
  "store.takeIn",
  "store.threadOpened",
  "store.draftBegun",
  "store.draftShown",
  "store.end",
  "store.park",
  "store.answerCommand",
  "store.nextChunk",
  "store.chunkSent",
  "store.chunkUnsent",
  "store.deliveryFailed",
  "store.setBookmarks",
  "store.setVault",
  "agent.run",
  "agent.text",
  "agent.reply",
  "agent.tool-results",
  "adapter.send",
  "adapter.openThread",
] as const;

export const FAILPOINTS: readonly string[] = STEPS.flatMap((step) => [`${step}.before`, `${step}.after`]);

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
    if (!FAILPOINTS.includes(name)) {
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
        if (property !== "start") return Reflect.get(target, property);
        return (handlers: AdapterHandlers) =>
          target.start(this.#around(handlers, (method) => (method === "onMessage" ? "handOver" : undefined)));
      },
    });
  }

  agent(agent: Agent): Agent {
    const reached = (name: string) => this.reached(name);
    async function* run(request: Parameters<Agent["run"]>[0]) {
      reached("agent.run.before");
      const types = new Set<string>();
      for await (const event of agent.run(request)) {
        const isFirst = event.type !== "text" || !types.has("text");
        types.add(event.type);
        if (isFirst) reached(`agent.${event.type}.before`);
        yield event;
        if (isFirst) reached(`agent.${event.type}.after`);
      }
      reached("agent.run.after");
    }
    return { description: agent.description, run };
  }

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
