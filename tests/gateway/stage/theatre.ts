import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Tool } from "../../../agents/agent.ts";
import { composeGateway } from "../../../gateway/compose.ts";
import { DEFAULT_DATA_DIR } from "../../../gateway/config/defaults.ts";
import { loadConfig } from "../../../gateway/config/load.ts";
import type { Settings } from "../../../gateway/config/schema.ts";
import { createLog } from "../../../gateway/log.ts";
import { visitSqliteStore } from "../../../sessions/sqlite/store.ts";
import type { Store } from "../../../sessions/store.ts";
import { FakeAnthropic } from "../../fakes/anthropic/fake.ts";
import type { FakeRequest } from "../../fakes/anthropic/request.ts";
import { Program } from "./program.ts";
import type { Heard, Person, SayOptions, Stage } from "./stage.ts";

export interface TheatreOptions {
  strategy?: string;
  settings?: Settings;
  env?: Record<string, string>;
  /** What agents may use beside the built-in tools; not with `asProcess`. */
  tools?: readonly Tool[];
  /** Run the program as a process of its own. Default: inside this one, which is quicker. */
  asProcess?: boolean;
  /** Where the program kills itself, with `asProcess`; once it has risen it does not. */
  failpoint?: string;
}

interface Running {
  /** Empty if it has killed itself while it started. */
  url: string;
  /** With it the first owner is claimed, as long as there is none. */
  claimCode: string | undefined;
  stop(): Promise<unknown>;
  kill(): Promise<unknown>;
  /** Of a process: resolves with how it has ended. */
  ended?: Promise<number | NodeJS.Signals>;
}

interface Parts {
  claude: FakeAnthropic;
  stage: Stage;
  gateway: Running;
  folder: string;
  logged: readonly string[];
}

/**
 * A gateway between a platform and a model that are both fakes behind real client libraries; put together from a
 * configuration as the program does it, in this process or as one of its own. It is taken down when the test is over.
 */
export class Theatre {
  readonly claude: FakeAnthropic;
  readonly stage: Stage;
  /** What the gateway has logged, a JSON line each. */
  readonly logged: readonly string[];
  gateway: Running;
  readonly #folder: string;
  readonly #restart: () => Promise<Running>;

  private constructor(parts: Parts, restart: () => Promise<Running>) {
    this.claude = parts.claude;
    this.stage = parts.stage;
    this.gateway = parts.gateway;
    this.logged = parts.logged;
    this.#folder = parts.folder;
    this.#restart = restart;
  }

  static async open(stage: Stage, options: TheatreOptions = {}): Promise<Theatre> {
    const { strategy = "per-user", settings = {}, env = {}, asProcess = false, failpoint, tools = [] } = options;
    const claude = await FakeAnthropic.start();
    const folder = await mkdtemp(join(tmpdir(), "parley-theatre-"));
    const logged: string[] = [];
    const environment = {
      PARLEY_PORT: "0",
      PARLEY_ACCESS: "open",
      PARLEY_STRATEGY: strategy,
      PARLEY_LOG_LEVEL: "debug",
      ANTHROPIC_API_KEY: "sk-secret-key",
      ANTHROPIC_BASE_URL: claude.baseURL,
      ...stage.env,
      ...env,
    };
    const complete: Settings = {
      shutdown: { graceMs: 2_000 },
      queue: { settleMs: 150 },
      ...stage.settings,
      ...settings,
    };
    await writeFile(join(folder, "parley.yaml"), JSON.stringify(complete));
    await stage.prepare?.(join(folder, DEFAULT_DATA_DIR));
    const start = () =>
      asProcess ? spawned(folder, environment, logged) : composed(folder, environment, logged, tools);
    const doomed = () => spawned(folder, { ...environment, PARLEY_FAILPOINT: failpoint ?? "" }, logged);
    const gateway = await (failpoint === undefined ? start() : doomed());
    // One that kills itself may do so before it is connected.
    const connected = gateway.url === "" ? undefined : stage.connect(gateway.url);
    await (failpoint === undefined ? connected : Promise.race([connected, gateway.ended]));
    const theatre = new Theatre({ claude, stage, gateway, folder, logged }, start);
    onTestFinished(() => theatre.#close());
    return theatre;
  }

  /** With it the first owner is claimed; undefined if there was an owner when the gateway last started. */
  get claimCode(): string | undefined {
    return this.gateway.claimCode;
  }

  /** Make somebody the first owner, as the program says it is done. */
  async owner(person: Person): Promise<void> {
    const said = await person.says(`/claim ${this.claimCode}`, { inPrivate: true });
    await person.hears("You are an owner", { inPrivate: true, answering: said });
  }

  /** Let somebody administer the group: by the platform's own role where there is one, and as the bot's owner elsewhere. */
  async admin(person: Person): Promise<void> {
    if (this.stage.setAdmin === undefined) await this.owner(person);
    else this.stage.setAdmin(person, true);
  }

  /** Say something and hear the answer to it. */
  async ask(person: Person, text: string, wanted: string | RegExp, options: SayOptions = {}): Promise<Heard> {
    const said = await person.says(text, options);
    return person.hears(wanted, { inPrivate: options.inPrivate ?? false, answering: said });
  }

  /** Say a command that asks first, agree to it, and hear what is done. */
  async agree(person: Person, command: string, wanted: string | RegExp, options: SayOptions = {}): Promise<Heard> {
    await this.ask(person, command, /confirm it with .?\/confirm/i, options);
    return this.ask(person, "/confirm", wanted, options);
  }

  /** Look at what is written, beside the gateway. */
  async store<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const store = visitSqliteStore(this.dataDir);
    try {
      return await look(store);
    } finally {
      await store.close();
    }
  }

  /** Resolves once the gateway has dealt with so many messages that are said meanwhile, whatever became of them. */
  async taking(count: number, talk: () => Promise<unknown>): Promise<void> {
    const before = await this.#messagesTaken();
    await talk();
    await expect.poll(() => this.#messagesTaken(), { timeout: 10_000 }).toBeGreaterThanOrEqual(before + count);
  }

  async #messagesTaken(): Promise<number> {
    const metrics = await (await fetch(`${this.gateway.url}/metrics`)).text();
    const counts = metrics.matchAll(/^parley_messages_total\{[^}]*\} (\d+)/gm);
    return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
  }

  get dataDir(): string {
    return join(this.#folder, DEFAULT_DATA_DIR);
  }

  /** Stop the gateway as SIGTERM does, and start it again on the same data. */
  async restart(): Promise<void> {
    await this.gateway.stop();
    await this.rise();
  }

  /** Start it again after it was stopped or killed. */
  async rise(): Promise<void> {
    this.gateway = await this.#restart();
    await this.stage.connect(this.gateway.url);
  }

  async #close(): Promise<void> {
    await this.gateway.stop();
    await this.stage.close();
    await this.claude.close();
    await rm(this.#folder, { recursive: true });
  }
}

async function composed(
  folder: string,
  env: Record<string, string>,
  logged: string[],
  tools: readonly Tool[],
): Promise<Running> {
  const config = loadConfig({ cwd: folder, env });
  const log = createLog(config.log.level, { write: (line) => logged.push(line) });
  const gateway = await composeGateway(config, log, undefined, tools);
  const { url, claimCode } = gateway;
  return { url, claimCode, stop: () => gateway.stop(), kill: () => gateway.stop() };
}

async function spawned(folder: string, env: Record<string, string>, logged: string[]): Promise<Running> {
  const program = new Program({ cwd: folder, env });
  const url = await program.ready().catch(async (error) => {
    if (env.PARLEY_FAILPOINT === undefined || (await program.exited) !== "SIGKILL") throw error;
    return "";
  });
  const ended = (signal: NodeJS.Signals) => async () => {
    const code = await program.end(signal);
    logged.push(...program.errors);
    return code;
  };
  return {
    url,
    // Printed behind the address, if at all.
    get claimCode() {
      return program.output.flatMap((line) => /\/claim (\S+)/.exec(line)?.[1] ?? [])[0];
    },
    stop: ended("SIGTERM"),
    kill: ended("SIGKILL"),
    ended: program.exited,
  };
}

/** Everything a request says to the model, as one text: for looking up what must, or must not, be in it. */
export function promptOf({ body }: FakeRequest): string {
  return JSON.stringify([body.system, body.messages]);
}
