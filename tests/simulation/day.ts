import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { Dice } from "../gateway/dice.ts";
import type { Life } from "./life.ts";
import type { SimulatedPlatform } from "./platform.ts";
import type { World } from "./world.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const OWNER = "olga";
/** People who ask for more than there is for a day. */
export const HEAVY = ["h0", "h1", "h2", "h3", "h4"];
export const HEAVY_MESSAGES = 12;

interface Event {
  /** Since midnight, in ms. */
  at: number;
  happens(): void | Promise<void>;
}

export interface DayOptions {
  world: World;
  life: Life;
  clock: VirtualClock;
  dice: Dice;
  platforms: Record<"discord" | "telegram" | "whatsapp" | "web", SimulatedPlatform>;
  /** Number of the day, from 0. */
  day: number;
}

/** Everything that happens between two and ten at night. The load is the same every day. */
export function dayOf(options: DayOptions): Event[] {
  const { dice } = options;
  const events: Event[] = [];
  const at = (hour: number, happens: Event["happens"]) => void events.push({ at: Math.round(hour * HOUR_MS), happens });
  /** Some time while people are awake. */
  const sometime = () => 2 + dice.roll(19_500) / 1_000;

  talk(options, at, sometime);
  bursts(options, at);
  limits(options, at);
  troubles(options, at);
  strangers(options, at);
  return events.sort((one, other) => one.at - other.at);
}

type At = (hour: number, happens: Event["happens"]) => void;

/** Conversations of a few minutes; every fifth group says one thing a day and is silent for the rest of it. */
function talk({ world, dice, platforms }: DayOptions, at: At, sometime: () => number): void {
  for (const [index, group] of world.groups.entries()) {
    if (index % 5 === 0) {
      at(2 + (index % 19), () => world.speak(group));
      continue;
    }
    for (let conversations = 2; conversations > 0; conversations--) {
      const begins = sometime();
      for (let n = 0; n < 3; n++) at(begins + dice.roll(200) / 1_000, () => world.speak(group));
    }
    if (index % 7 === 0) at(sometime(), () => world.showPictures(group, dice.pick(group.members)));
    at(sometime(), () => world.chatter(group));
  }
  for (const on of [platforms.telegram, platforms.whatsapp, platforms.web]) {
    for (let n = 0; n < 60; n++) at(sometime(), () => void world.whisper(on, `u${n}`));
    for (let n = 0; n < 60; n += 6) at(sometime(), () => void world.command(on, `u${n}`, "new"));
  }
}

/** Ten people at once, one of whom does not stop. */
function bursts({ world, dice }: DayOptions, at: At): void {
  for (const hour of [4, 9.5, 12, 19.5]) {
    const group = dice.pick(world.groups);
    for (let n = 0; n < 30; n++) {
      const user = n % 3 === 0 ? "u-flood" : dice.pick(group.members);
      at(hour + (n * 100) / HOUR_MS, () => world.speak(group, user));
    }
  }
}

function limits({ world, platforms }: DayOptions, at: At): void {
  for (const [index, user] of HEAVY.entries()) {
    for (let n = 0; n < HEAVY_MESSAGES; n++) at(7 + index + n / 30, () => void world.whisper(platforms.web, user));
  }
}

/** What goes wrong: platforms, the machine's clock, the program's own restarts. */
function troubles({ world, life, clock, platforms, day }: DayOptions, at: At): void {
  const restart = async () => {
    await life.stop();
    await life.start();
  };
  // In the middle of bursts, and once in the quiet; every other day, so that one process is seen to live for a whole one.
  const restarts = day % 2 === 0;
  for (const hour of [6, 12 + 2_000 / HOUR_MS, 19.5 + 4_000 / HOUR_MS]) {
    if (restarts) at(hour, restart);
  }

  at(10, () => platforms.discord.limit("*", 4 * MINUTE_MS));
  for (const [index, group] of world.groups.entries()) {
    if (index % 40 === 3) at(11, () => group.on.limit(group.id, 15 * MINUTE_MS));
  }

  // For fourteen hours nothing can be sent to it; after half an hour nothing comes from it either, until both are back.
  const away = platforms.telegram;
  at(3, () => away.beUnreachable(14 * HOUR_MS));
  at(3.5, () => away.beSilent(13.5 * HOUR_MS));
  at(17 + 1 / 60, () => away.flush());

  at(8, () => clock.put(HOUR_MS));
  at(15, () => clock.put(-HOUR_MS));
  at(19, () => clock.put(-HOUR_MS));
  at(21, () => clock.put(HOUR_MS));
}

/** Two who ask to be let in: one is, within the hour; for the other it is too late. */
function strangers({ world, platforms, day }: DayOptions, at: At): void {
  const on = platforms.discord;
  const [early, late] = [`early${day}`, `late${day}`];
  const codeFor = (user: string) => {
    const told = [...on.said.values()].filter(({ chat }) => chat === `dm-${user}`);
    return told.map(({ text }) => /pair approve ([\w-]+)/.exec(text)?.[1]).find((code) => code !== undefined) ?? "none";
  };
  for (const user of [early, late]) at(13, () => void world.whisper(on, user, { text: "let me in" }));
  at(13.5, () => void world.command(on, OWNER, "pair", `approve ${codeFor(early)}`));
  at(16.5, () => void world.command(on, OWNER, "pair", `approve ${codeFor(late)}`));
  at(18, () => void world.whisper(on, early));
}
