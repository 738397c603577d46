import { Dice } from "./dice.ts";
import type { LogEntry } from "./log.ts";

export interface GenerateOptions {
  people: number;
  hours: number;
  seed: number;
}

/** Of the channel as a whole. */
const MATTERS_PER_HOUR = 14;
const CHATTER_PER_HOUR = 30;
/** Matters that take many tools to look into, and how many. */
const TASK_SHARE = 0.25;
const TASK_TOOLS = 10;
/** Somebody says something more about a matter, mostly whoever brought it up. */
const FOLLOW_UP = 0.55;
const MOST_FOLLOW_UPS = 4;
const BY_SOMEBODY_ELSE = 0.12;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BEGINS = Date.UTC(2026, 0, 12, 9);

const NAMES =
  "Ada Bela Chidi Dana Emre Femi Gita Hana Ivo Jun Kofi Lena Mika Noor Olu Pia Quinn Rosa Sami Tove Uma Vito Wren Xenia";
const THINGS =
  "the build|the release notes|our invoice run|the login page|the search index|the nightly backup|the billing report|the mail queue|the mobile app|the test server|the price list|the staging database|the translation files|the support inbox|the import job";
const VERBS = "fails|hangs|is slow|shows old data|reports an error|was changed|lost two entries|differs from last week";
const TAILS =
  "since this morning|for customers in the south|after the last update|on my machine only|whenever I try it twice|but not for everybody|although nothing was touched|and I need it by noon|as the log says, somewhere near the end";
const ASKS =
  "can you find out why?|what would you try first?|please look into it and tell me step by step what you see|is there a way round that?|how did we solve this the last time?|write me a short summary that I can pass on";
const CHATTER =
  "lunch?|on it|thanks!|who has the room at three?|same here|I will be ten minutes late|nice|see you tomorrow|that worked";

/**
 * A busy channel, the same for the same seed: people bring up matters, some of which take many tools, ask again, take up
 * what others have asked, and talk beside it.
 */
export function generate({ people, hours, seed }: GenerateOptions): LogEntry[] {
  const dice = new Dice(seed, "channel");
  const names = NAMES.split(" ");
  const crowd = Array.from({ length: people }, (_, n) => names[n] ?? `Person ${n + 1}`).map((name) => ({
    id: name,
    name,
  }));
  // Some write much more than others.
  const voices = crowd.flatMap((person) =>
    Array.from({ length: 1 + Math.round(dice.logNormal(2, 0.6)) }, () => person),
  );
  const end = hours * HOUR_MS;
  const drafts: Array<Omit<LogEntry, "id" | "line"> & { of?: object; key: object }> = [];

  const each = (perHour: number, happens: (at: number) => void) => {
    for (let at = dice.gap(perHour) * HOUR_MS; at < end; at += dice.gap(perHour) * HOUR_MS) happens(at);
  };
  const say = (at: number, user: LogEntry["user"], text: string, more: Partial<LogEntry> & { of?: object } = {}) => {
    const key = {};
    drafts.push({
      at: BEGINS + Math.round(at),
      user,
      isBot: false,
      text,
      mentions: [],
      key,
      addressed: false,
      ...more,
    });
    return key;
  };

  each(MATTERS_PER_HOUR, (began) => {
    const owner = dice.pick(voices);
    const thing = dice.pick(THINGS.split("|"));
    const opening = `${thing} ${dice.pick(VERBS.split("|"))} ${dice.pick(TAILS.split("|"))}; ${dice.pick(ASKS.split("|"))}`;
    const tools = dice.chance(TASK_SHARE) ? TASK_TOOLS : 0;
    let of = say(began, owner, opening, { addressed: true, tools });
    let at = began;
    for (let more = 0; more < MOST_FOLLOW_UPS && dice.chance(FOLLOW_UP); more++) {
      at += dice.logNormal(3 * MINUTE_MS, 0.7);
      if (at >= end) return;
      const user = crowd.length > 1 && dice.chance(BY_SOMEBODY_ELSE) ? dice.pick(voices) : owner;
      const words = `about ${thing}: it still ${dice.pick(VERBS.split("|"))} ${dice.pick(TAILS.split("|"))}; ${dice.pick(ASKS.split("|"))}`;
      of = say(at, user, words, { addressed: true, tools: 0, of });
    }
  });
  each(CHATTER_PER_HOUR, (at) => void say(at, dice.pick(voices), dice.pick(CHATTER.split("|"))));

  drafts.sort((one, other) => one.at - other.at);
  const ids = new Map(drafts.map(({ key }, index) => [key, `m${index + 1}`]));
  return drafts.map(({ key, of, ...rest }, index) => ({
    ...rest,
    id: ids.get(key) ?? "",
    line: index + 1,
    ...(of !== undefined && { replyTo: ids.get(of) ?? "" }),
  }));
}

/** A log as JSON lines, as it is read again. */
export function asJsonLines(entries: readonly LogEntry[]): string {
  const lines = entries.map(({ id, at, user, text, replyTo, addressed, tools }) =>
    JSON.stringify({ id, time: new Date(at).toISOString(), user: user.name, text, replyTo, addressed, tools }),
  );
  return `${lines.join("\n")}\n`;
}
