import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { DEFAULT_DATA_DIR } from "../../gateway/config/defaults.ts";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { visitSqliteStore } from "../../sessions/sqlite/store.ts";
import { Copies } from "./copies.ts";
import { Happenings } from "./happenings.ts";
import { Life } from "./life.ts";
import { StormModel } from "./model.ts";
import type { ChaosPlatform, FaultName, Place } from "./platform.ts";
import type { Event, Gap, PlatformName, StormRecord, Written } from "./record.ts";
import { type Deed, GROUPS, type Round, rounds, strategyOf } from "./schedule.ts";
import { settled, standing } from "./standing.ts";
import { settingsFor } from "./storm-settings.ts";
import { question } from "./wording.ts";

export interface StormOptions {
  seed: number;
  platforms: readonly ChaosPlatform[];
  people: number;
  /** Whichever of these comes first ends it. */
  messages: number;
  kills: number;
  minutes: number;
  /** Messages between two kills, about. */
  perRound: number;
  /** Between what calls for a kill and the kill, in ms; 0: every kill comes at the very moment of what it was set for. */
  longestDelayMs: number;
  /** How long nothing may come nearer to its answer before nobody waits any more. */
  patienceMs: number;
  /** Told of what happens. */
  onEvent?(event: Event): void;
}

const MINUTE_MS = 60_000;
const TURNS = 20;
/** In the middle of the storm nobody waits that long: the next kill comes sooner. */
const ROUND_MS = 6_000;

/**
 * The program as a process between fakes of its platforms and of its model, while people write, things go wrong, and the
 * process is killed and started again. What comes of it is judged by the checker.
 */
export async function storm(options: StormOptions): Promise<StormRecord> {
  const folder = await mkdtemp(join(tmpdir(), "parley-storm-"));
  const running = new Storm(options, folder);
  try {
    return await running.run();
  } finally {
    await running.close();
    await rm(folder, { recursive: true });
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #folder: string;
  readonly #happenings = new Happenings();
  readonly #copies = new Copies();
  readonly #began = performance.now();
  readonly #written: Written[] = [];
  readonly #writtenBy = new Map<string, Written>();
  readonly #settled = new Map<PlatformName, ReadonlySet<string>>();
  readonly #events: Event[] = [];
  readonly #troubles: string[] = [];
  readonly #faults = new Map<PlatformName, Partial<Record<FaultName, number>>>();
  readonly #gaps = new Map<PlatformName, Gap[]>();
  readonly #strategies = new Map<string, string>();
  #life: Life | undefined;
  #model: StormModel | undefined;
  #starts = 0;
  #kills = 0;

  constructor(options: StormOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  async run(): Promise<StormRecord> {
    const { platforms, seed, people, perRound, longestDelayMs } = this.#options;
    this.#model = await StormModel.start({
      now: () => this.#now(),
      platformOf: (token) => this.#writtenBy.get(token)?.platform,
      onEvent: (kind) => this.#happenings.add(kind),
    });
    for (const platform of platforms) {
      await platform.prepare?.(join(this.#folder, DEFAULT_DATA_DIR));
      platform.onSaid(() => this.#heard(platform));
    }
    await writeFile(join(this.#folder, "parley.yaml"), JSON.stringify(settingsFor(seed, platforms)));
    await this.#rise();
    if (this.#troubles.length > 0) throw new Error(this.#troubles.join("\n"));
    await this.#introduce();
    // In good order, so that what was compiled is kept for all the starts to come.
    await this.#end("SIGTERM");
    const faults = new Map(platforms.map(({ name, faults }) => [name, Object.keys(faults) as FaultName[]]));
    const all = rounds({ seed, people, faults, perRound, longestDelayMs });
    while (!this.#isOver()) await this.#play(all.next().value);
    await this.#settle(all);
    return this.#record();
  }

  async close(): Promise<void> {
    this.#happenings.disarm();
    if (this.#life?.isOver === false) await this.#end("SIGKILL");
    await this.#model?.close();
    for (const platform of this.#options.platforms) await platform.close();
  }

  /** Somebody writes in each group, so that the gateway knows it, and each group gets its strategy. */
  async #introduce(): Promise<void> {
    const { platforms, seed, patienceMs } = this.#options;
    const known = new Set<string>();
    for (let group = 0; group < GROUPS; group++) {
      for (const { name } of platforms) await this.#write({ platform: name, person: 0, place: group });
      await this.#patiently(patienceMs, () => this.#allSettled());
      const store = visitSqliteStore(join(this.#folder, DEFAULT_DATA_DIR));
      try {
        for (const [index, { name }] of platforms.entries()) {
          const chats = (await store.chats()).filter(({ platform, kind }) => platform === name && kind !== "dm");
          const chat = chats.find(({ ref }) => !known.has(`${ref}`));
          if (chat === undefined) throw new Error(`group ${group} of ${name} is not known to the gateway`);
          known.add(`${chat.ref}`);
          const strategy = strategyOf(seed, index, group);
          const place = { level: "chat" as const, platform: name, account: chat.account, chatId: chat.id };
          await store.setSettings(place, { strategy }, "storm");
          this.#strategies.set(`${name} ${group}`, strategy);
        }
      } finally {
        await store.close();
      }
    }
  }

  async #play({ down, up, kill }: Round): Promise<void> {
    for (const deed of down) await this.#do(deed);
    if (kill !== undefined) this.#happenings.arm(kill, () => this.#kill());
    const life = this.#start();
    await this.#greet(life);
    for (const deed of up) await this.#do(deed);
    // Where everything is answered before the moment of its death, that is a moment as well: what came last is being marked.
    await this.#patiently(ROUND_MS, () => this.#allSettled() || life.wasEnded);
    if (kill === undefined) await this.#patiently(ROUND_MS, async () => (await this.#leftBy(life)).length === 0);
    this.#happenings.disarm();
    await this.#end("SIGKILL");
  }

  /** Everything is well again: what is left is answered, and the program ends as it should. */
  async #settle(rest: Iterable<Round>): Promise<void> {
    const { platforms, patienceMs, messages } = this.#options;
    this.#note("calm");
    this.#model?.calm();
    for (const platform of platforms) platform.calm();
    const life = await this.#rise();
    if (messages < Number.POSITIVE_INFINITY) await this.#writeRest(rest);
    await this.#patiently(patienceMs, () => this.#allSettled() || life.isOver);
    await this.#copies.settled();
    // What was sent last may still be being marked.
    await this.#patiently(patienceMs, async () => life.isOver || (await this.#leftBy(life)).length === 0);
    this.#troubles.push(...(await this.#leftBy(life)));
    const code = await this.#end("SIGTERM");
    if (code !== 0) this.#troubles.push(`SIGTERM ended the program with ${code}: ${life.lastWords}`);
    this.#troubles.push(...(await checkDatabase(join(this.#folder, DEFAULT_DATA_DIR))));
  }

  /** What the gateway itself says that it has still to do. */
  async #leftBy(life: Life): Promise<string[]> {
    const left: string[] = [];
    for (const name of ["parley_messages_waiting", "parley_runs_active", "parley_deliveries_pending"]) {
      const count = (await life.metric(name))?.get("");
      if (count !== 0) left.push(`${name} is ${count} when everything is answered`);
    }
    return left;
  }

  /** What the kills have left to be written. */
  async #writeRest(rest: Iterable<Round>): Promise<void> {
    for (const { down, up } of rest) {
      for (const deed of [...down, ...up]) {
        if (this.#written.length >= this.#options.messages) return;
        if (deed.kind === "write" || deed.kind === "wait") await this.#do(deed);
      }
    }
  }

  async #record(): Promise<StormRecord> {
    const { seed, platforms } = this.#options;
    return {
      seed,
      minutes: this.#now() / MINUTE_MS,
      written: this.#written,
      asked: this.#model?.asked ?? [],
      invalid: this.#model?.invalid ?? [],
      platforms: platforms.map((platform) => ({
        name: platform.name,
        hasKeys: platform.hasKeys,
        said: platform.said(),
        gaps: this.#gaps.get(platform.name) ?? [],
        faults: this.#faults.get(platform.name) ?? {},
      })),
      counts: this.#copies.counts,
      kills: this.#kills,
      starts: this.#starts,
      modelFaults: this.#model?.faults ?? {},
      events: this.#events,
      troubles: this.#troubles,
    };
  }

  #isOver(): boolean {
    const { kills, minutes } = this.#options;
    return this.#kills >= kills || this.#now() >= minutes * MINUTE_MS || this.#troubles.length > 0;
  }

  async #do(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case "write":
        if (this.#written.length < this.#options.messages) await this.#write(deed);
        return;
      case "fault": {
        const counts = this.#faults.get(deed.platform) ?? {};
        this.#faults.set(deed.platform, { ...counts, [deed.name]: (counts[deed.name] ?? 0) + 1 });
        this.#note(deed.name, deed.platform);
        this.#platform(deed.platform).faults[deed.name]?.();
        return;
      }
      case "model":
        this.#note(`the model: ${deed.name}`);
        this.#model?.fail(deed.name);
        return;
      case "wait": {
        const enough = this.#happenings.count(deed.on) + deed.count;
        const isEnough = () => this.#happenings.count(deed.on) >= enough;
        await this.#patiently(ROUND_MS, () => isEnough() || this.#allSettled() || this.#life?.wasEnded === true);
      }
    }
  }

  async #write({ platform, person, place }: { platform: PlatformName; person: number; place: Place }): Promise<void> {
    const token = `m${this.#written.length + 1}`;
    const strategy = this.#strategies.get(`${platform} ${place}`) ?? "per-user";
    const written: Written = { token, platform, person, place, strategy, at: this.#now() };
    this.#written.push(written);
    this.#writtenBy.set(token, written);
    await this.#platform(platform).write(person, place, question(token));
    this.#happenings.add("write");
  }

  #start(): Life {
    const { platforms } = this.#options;
    const env = Object.assign({}, ...platforms.map((platform) => platform.env), this.#model?.env) as Record<
      string,
      string
    >;
    for (const platform of platforms) {
      const gap = this.#gaps.get(platform.name)?.at(-1);
      if (gap !== undefined) gap.after = platform.said().length;
    }
    this.#starts += 1;
    this.#note(`start ${this.#starts}`);
    const life = new Life({
      start: this.#starts,
      folder: this.#folder,
      env: {
        PARLEY_PORT: "0",
        PARLEY_ACCESS: "open",
        PARLEY_LOG_LEVEL: "info",
        NODE_COMPILE_CACHE: join(this.#folder, "compiled"),
        ...env,
      },
      onLine: () => this.#happenings.add("log"),
    });
    this.#life = life;
    void life.exited.then((code) => {
      if (!life.wasEnded) this.#troubles.push(`the program ended by itself with ${code}: ${life.lastWords}`);
      this.#happenings.ring();
    });
    return life;
  }

  /** @returns once everybody knows where it is, or it is gone */
  async #greet(life: Life): Promise<void> {
    const url = await life.ready();
    if (url === undefined) return;
    this.#note("ready");
    const known = Promise.all(this.#options.platforms.map((platform) => platform.connect(url)));
    await Promise.race([known, life.exited]);
  }

  async #rise(): Promise<Life> {
    const life = this.#start();
    await this.#greet(life);
    return life;
  }

  #kill(): void {
    const life = this.#life;
    if (life === undefined || life.wasEnded) return;
    this.#kills += 1;
    this.#note("kill");
    for (const platform of this.#options.platforms) {
      const gap = { before: platform.said().length, after: Number.POSITIVE_INFINITY };
      this.#gaps.set(platform.name, [...(this.#gaps.get(platform.name) ?? []), gap]);
    }
    life.signal("SIGKILL");
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<number | NodeJS.Signals | undefined> {
    if (signal === "SIGKILL") this.#kill();
    else this.#life?.signal(signal);
    const code = await this.#life?.exited;
    // What it had sent by then is read before anything else is sent.
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    return code;
  }

  #heard(platform: ChaosPlatform): void {
    const stands = standing(platform.said());
    this.#settled.set(
      platform.name,
      settled(stands, (token) => this.#model?.turnOf(token) ?? [token]),
    );
    this.#happenings.add("said");
    const life = this.#life;
    if (platform.hasKeys || life === undefined) return;
    if (this.#copies.look(platform.name, stands, life)) this.#note("a part stands once more", platform.name);
  }

  #allSettled(): boolean {
    return this.#written.every(({ platform, token }) => this.#settled.get(platform)?.has(token) === true);
  }

  /** Resolves once it is so, or once nothing more has been answered for so long. */
  #patiently(ms: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const answered = () => [...this.#settled.values()].reduce((sum, { size }) => sum + size, 0);
    return this.#happenings.patiently(ms, answered, isSo);
  }

  #platform(name: PlatformName): ChaosPlatform {
    const found = this.#options.platforms.find((platform) => platform.name === name);
    if (found === undefined) throw new Error(`${name} takes no part`);
    return found;
  }

  #note(what: string, platform?: PlatformName): void {
    const event = { at: this.#now(), what, ...(platform !== undefined && { platform }) };
    this.#events.push(event);
    this.#options.onEvent?.(event);
  }

  /** Ms since it began. */
  #now(): number {
    return performance.now() - this.#began;
  }
}
