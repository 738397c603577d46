import { seeded } from "../seeded.ts";
import type { FaultName, Place } from "./platform.ts";
import type { ModelFault, PlatformName } from "./record.ts";

export interface ScheduleOptions {
  seed: number;
  people: number;
  /** What can go wrong on each platform. */
  faults: ReadonlyMap<PlatformName, readonly FaultName[]>;
  /** Messages in one round, about. */
  perRound: number;
  /** Between what calls for a kill and the kill. */
  longestDelayMs: number;
}

export type Deed =
  | { kind: "write"; platform: PlatformName; person: number; place: Place }
  | { kind: "fault"; platform: PlatformName; name: FaultName }
  | { kind: "model"; name: ModelFault }
  /** Wait until so much more has happened. */
  | { kind: "wait"; on: "request" | "said"; count: number };

/** Lines of the program's log, requests to the model, its answers in full, things that the bot says or people write. */
export type Happening = "log" | "request" | "reply" | "said" | "write";

/** The program is killed when so many more of these have happened. */
export interface Trigger {
  on: Happening;
  count: number;
  delayMs: number;
}

/** What happens while the gateway is away, what happens while it is there, and the moment of its death. */
export interface Round {
  down: Deed[];
  up: Deed[];
  /** Undefined: when it has done everything. */
  kill: Trigger | undefined;
}

export const GROUPS = 2;
const STRATEGIES = ["shared", "per-user", "per-thread", "tagged-hybrid"] as const;
const MODEL_FAULTS: readonly ModelFault[] = ["429", "529", "broken", "reset", "hang"];
/** After these nobody knows whether a part came to stand: one of them at a time is enough to be sorry for. */
const UNCERTAIN: ReadonlySet<FaultName> = new Set(["reset", "ack-lost", "slow"]);
const MOST_LOG_LINES = 8;
/**
 * Of so many kills one finds the gateway with nothing left to do. A part in whose sending it is killed again and again is
 * put aside, because it may be what kills it; that is not to be seen here.
 */
const IDLE_EVERY = 3;

/** Each platform has two strategies, and each strategy is somewhere if there are two platforms; the seed decides where. */
export function strategyOf(seed: number, platform: number, group: number): string {
  return STRATEGIES[(seed + platform + group * 2) % STRATEGIES.length] as string;
}

/** The storm, round for round, without an end; the same for the same seed. */
export function* rounds({ seed, people, faults, perRound, longestDelayMs }: ScheduleOptions): Generator<Round, never> {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const platforms = [...faults.keys()];

  /** Somebody who writes once or several times, or several people at once. */
  function burst(): Deed[] {
    const platform = pick(platforms);
    const place = (): Place => (chance(0.4) ? "dm" : below(GROUPS));
    if (chance(0.3)) {
      const [person, where] = [below(people), place()];
      return Array.from({ length: 2 + below(3) }, () => ({ kind: "write", platform, person, place: where }));
    }
    const where = place();
    return Array.from({ length: 1 + below(4) }, () => ({
      kind: "write",
      platform: chance(0.8) ? platform : pick(platforms),
      person: below(people),
      place: chance(0.8) ? where : place(),
    }));
  }

  function writing(count: number): Deed[][] {
    const bursts: Deed[][] = [];
    for (let left = count; left > 0; left -= bursts.at(-1)?.length ?? 1) bursts.push(burst().slice(0, left));
    return bursts;
  }

  function troubles(): Deed[] {
    const deeds: Deed[] = [];
    for (const platform of platforms) {
      const names = faults.get(platform) ?? [];
      if (names.length === 0 || !chance(0.3)) continue;
      const first = pick(names);
      deeds.push({ kind: "fault", platform, name: first });
      const second = pick(names);
      const both = UNCERTAIN.has(first) && UNCERTAIN.has(second);
      if (chance(0.3) && !both) deeds.push({ kind: "fault", platform, name: second });
    }
    if (chance(0.4)) deeds.push({ kind: "model", name: pick(MODEL_FAULTS) });
    return deeds;
  }

  function trigger(messages: number): Trigger {
    const on = pick(["log", "request", "request", "reply", "said", "said", "write"] as const);
    const most = on === "log" ? MOST_LOG_LINES : Math.max(1, messages);
    return { on, count: 1 + below(most), delayMs: chance(0.5) ? 0 : below(longestDelayMs) };
  }

  for (let round = 1; ; round++) {
    const messages = Math.max(1, Math.round(perRound * (0.5 + random())));
    const away = below(Math.ceil(messages / 2));
    const up: Deed[] = [];
    const extra = troubles();
    for (const each of writing(messages - away)) {
      if (extra.length > 0 && chance(0.7)) up.push(extra.shift() as Deed);
      up.push(...each);
      if (chance(0.5)) up.push({ kind: "wait", on: pick(["request", "said"] as const), count: 1 + below(2) });
    }
    yield {
      down: writing(away).flat(),
      up: [...up, ...extra],
      kill: round % IDLE_EVERY === 0 ? undefined : trigger(messages),
    };
  }
}
