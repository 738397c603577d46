import type { Said } from "./platform.ts";
import type { Asked, Count, PlatformName, PlatformRecord, StormRecord, Written } from "./record.ts";
import { isComplete, type Standing, type StandingAnswer, settled, standing } from "./standing.ts";
import { tokensIn } from "./wording.ts";

export type Kind =
  /** No answer, or not all of it. */
  | "lost"
  /** Two answers, or a part of one twice without an excuse. */
  | "twice"
  /** Parts of an answer, or answers to one person in a lane, in another order than they belong in. */
  | "order"
  /** Something that one session must not see of another, or an answer where its question was not asked. */
  | "leak"
  /** A finished step was done again. */
  | "repeated"
  /** A part that may stand twice was not counted. */
  | "uncounted"
  /** The bot said something that nobody asked for. */
  | "unexpected"
  /** Anything else that is not as it has to be. */
  | "trouble";

export interface Violation {
  kind: Kind;
  platform?: PlatformName;
  /** The messages it is about. */
  tokens: readonly string[];
  what: string;
}

export interface PlatformResult {
  name: PlatformName;
  messages: number;
  /** Messages that have their answer; those that were excused are among them. */
  answered: number;
  excused: number;
  /** Parts of answers that stand there. */
  parts: number;
  /** Parts that stand once more than they should, where no key prevents it. */
  again: number;
  /** How often the part stands that stands most often. */
  most: number;
}

export interface Verdict {
  violations: Violation[];
  platforms: PlatformResult[];
}

/** The conversation that a message belongs to: nothing of another one may come up in it. */
export function sessionOf({ token, platform, person, place, strategy }: Written): string {
  if (place === "dm") return `${platform} dm ${person}`;
  if (strategy === "per-thread") return `${platform} ${place} ${token}`;
  return `${platform} ${place}${strategy === "per-user" ? ` ${person}` : ""}`;
}

/** Whether a storm did any harm. Pure: what was written, asked and said is all there is to go by. */
export function check(record: StormRecord): Verdict {
  const written = new Map(record.written.map((each) => [each.token, each]));
  const violations: Violation[] = [
    ...record.troubles.map((what) => ({ kind: "trouble" as const, tokens: [], what })),
    ...record.invalid.map((what) => ({ kind: "trouble" as const, tokens: [], what: `an invalid request: ${what}` })),
    ...leaksIn(record.asked, written),
    ...repeatsIn(record.asked),
    ...record.platforms.flatMap((platform) => uncounted(platform, record.counts)),
  ];
  const turns = lastTurns(record.asked);
  const platforms = record.platforms.map((platform) => {
    const stands = standing(platform.said);
    const mine = record.written.filter((each) => each.platform === platform.name);
    violations.push(
      ...answersOf(platform, mine, stands, turns),
      ...misplaced(platform, stands, written),
      ...outOfOrder(platform, mine, stands),
    );
    const done = settled(stands, turns);
    const excused = settled({ ...stands, answers: [] }, turns);
    const copies = stands.answers.flatMap(({ parts }) => parts.map(({ at }) => at.length));
    return {
      name: platform.name,
      messages: mine.length,
      answered: mine.filter(({ token }) => done.has(token)).length,
      excused: mine.filter(({ token }) => excused.has(token)).length,
      parts: copies.length,
      again: copies.reduce((sum, count) => sum + count - 1, 0),
      most: Math.max(0, ...copies),
    };
  });
  return { violations, platforms };
}

/** The last turn in which the model was asked about a message. */
export function lastTurns(asked: readonly Asked[]): (token: string) => readonly string[] {
  const turns = new Map(asked.flatMap(({ turn }) => turn.map((token) => [token, turn])));
  return (token) => turns.get(token) ?? [token];
}

function leaksIn(asked: readonly Asked[], written: ReadonlyMap<string, Written>): Violation[] {
  const violations: Violation[] = [];
  const people = new Map<string, number>();
  for (const { turn, seen, speakers } of asked) {
    const leak = (tokens: readonly string[], what: string) =>
      violations.push({ kind: "leak", platform: written.get(turn[0] ?? "")?.platform, tokens, what });
    const first = written.get(turn[0] ?? "");
    if (first === undefined) {
      leak(turn, "the model was asked something that nobody wrote");
      continue;
    }
    const others = turn.filter((token) => written.get(token)?.person !== first.person);
    if (others.length > 0) leak(turn, "a turn holds what different people wrote");
    const session = sessionOf(first);
    const foreign = seen.filter((token) => {
      const each = written.get(token);
      return each === undefined || sessionOf(each) !== session;
    });
    if (foreign.length > 0)
      leak([...turn, ...foreign], `the model saw ${foreign.join(", ")} in the session "${session}"`);
    for (const { id, token } of speakers) {
      const person = written.get(token)?.person ?? -1;
      const name = `${first.platform} ${id}`;
      if ((people.get(name) ?? person) !== person) leak([token], `${token} came to the model under somebody else's id`);
      people.set(name, person);
    }
  }
  return violations;
}

/**
 * Each process counts what it sends again. It has counted as well what it was refused then; the next one does not know that
 * there may be a copy, so that as many as were refused need not be counted once more.
 */
function uncounted({ name, faults }: PlatformRecord, counts: readonly Count[]): Violation[] {
  const missing = new Map<number, number>();
  for (const { platform, start, stood, counted } of counts) {
    if (platform === name) missing.set(start, Math.max(missing.get(start) ?? 0, stood - counted));
  }
  const all = [...missing.values()].reduce((sum, each) => sum + each, 0);
  if (all <= (faults["429"] ?? 0) + (faults["5xx"] ?? 0)) return [];
  const what = `${all} parts came to stand once more and were not counted`;
  return [{ kind: "uncounted", platform: name, tokens: [], what }];
}

/** Once the results of a turn's tools have been shown to the model, it is not asked for their use again. */
function repeatsIn(asked: readonly Asked[]): Violation[] {
  const violations: Violation[] = [];
  const further = new Set<string>();
  for (const { turn, afterTools } of asked) {
    const [first = ""] = turn;
    if (afterTools) further.add(first);
    else if (further.has(first))
      violations.push({ kind: "repeated", tokens: turn, what: "the first step was asked for again after the second" });
  }
  return violations;
}

function answersOf(
  platform: PlatformRecord,
  mine: readonly Written[],
  stands: Standing,
  turns: (token: string) => readonly string[],
): Violation[] {
  const { name } = platform;
  const violations: Violation[] = [];
  const excuses = stands.apologies.flatMap(({ quotes = "" }) => tokensIn(quotes).flatMap(turns));
  for (const { token } of mine) {
    const say = (kind: Kind, what: string) => violations.push({ kind, platform: name, tokens: [token], what });
    const answers = stands.answers.filter(({ tokens }) => tokens.includes(token));
    const excused = excuses.filter((each) => each === token).length;
    if (answers.length + excused === 0) say("lost", "nobody answered it");
    if (answers.length + excused > 1) say("twice", `it has ${answers.length} answers and ${excused} excuses`);
    if (answers.length === 1 && !answers.every(isComplete)) say("lost", "parts of its answer are missing");
  }
  for (const { text } of stands.unexpected) {
    violations.push({
      kind: "unexpected",
      platform: name,
      tokens: tokensIn(text),
      what: `the bot said: ${excerpt(text)}`,
    });
  }
  return [...violations, ...copiesOf(platform, stands)];
}

/**
 * A part may stand once more than it should where the platform has no key, and then only if the gateway was killed in
 * between, or if the platform's word that it had taken it was lost.
 */
function copiesOf({ name, hasKeys, gaps, faults }: PlatformRecord, { answers }: Standing): Violation[] {
  const violations: Violation[] = [];
  let lostWords = faults["ack-lost"] ?? 0;
  for (const { tokens, parts } of answers) {
    for (const { part, at } of parts) {
      for (const [copy, index] of at.entries()) {
        const before = at[copy - 1];
        if (before === undefined) continue;
        const killed = gaps.some((gap) => before < gap.after && gap.before <= index);
        if (!hasKeys && killed) continue;
        if (!hasKeys && lostWords > 0) lostWords -= 1;
        else violations.push({ kind: "twice", platform: name, tokens, what: `part ${part} stands there twice` });
      }
    }
  }
  return violations;
}

function misplaced(
  { name }: PlatformRecord,
  { answers }: Standing,
  written: ReadonlyMap<string, Written>,
): Violation[] {
  const belongs = (token: string, { place, person }: Pick<Said, "place" | "person">) => {
    const each = written.get(token);
    return each?.platform === name && each.place === place && (place !== "dm" || each.person === person);
  };
  return answers
    .filter((answer) => !answer.tokens.every((token) => belongs(token, answer)))
    .map(({ tokens, place }) => ({
      kind: "leak" as const,
      platform: name,
      tokens,
      what: `the answer stands in ${place}, where it was not asked`,
    }));
}

function outOfOrder({ name }: PlatformRecord, mine: readonly Written[], { answers }: Standing): Violation[] {
  const violations: Violation[] = [];
  const say = (tokens: readonly string[], what: string) =>
    violations.push({ kind: "order", platform: name, tokens, what });
  for (const answer of answers) {
    const places = answer.parts.flatMap(({ part, at }) => at.map((index) => ({ part, index })));
    const inOrder = places.toSorted((one, other) => one.index - other.index);
    if (inOrder.some(({ part }, i) => part < (inOrder[i - 1]?.part ?? 0))) say(answer.tokens, "its parts are mixed up");
  }
  const latest = new Map<string, { token: string; index: number }>();
  for (const each of mine) {
    const index = firstPosition(answers, each.token);
    if (index === undefined) continue;
    const lane = `${sessionOf(each)} ${each.person}`;
    const before = latest.get(lane);
    if (before !== undefined && index < before.index)
      say([before.token, each.token], `${each.token} was answered before ${before.token}`);
    else latest.set(lane, { token: each.token, index });
  }
  return violations;
}

function firstPosition(answers: readonly StandingAnswer[], token: string): number | undefined {
  const positions = answers
    .filter(({ tokens }) => tokens.includes(token))
    .flatMap(({ parts }) => parts.flatMap(({ at }) => at));
  return positions.length === 0 ? undefined : Math.min(...positions);
}

function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
