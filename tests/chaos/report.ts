import { type Kind, lastTurns, type Verdict, type Violation } from "./checker.ts";
import type { Event, StormRecord } from "./record.ts";
import { read, tokensIn } from "./wording.ts";

/** How much of what happened around a message is told with its story. */
const AROUND_MS = 1_500;
const MOST_STORIES = 10;

/** The table of a storm, as Markdown. */
export function table(record: StormRecord, { platforms, violations }: Verdict): string {
  const of = (kind: Kind, name?: string) =>
    violations.filter((each) => each.kind === kind && (name === undefined || each.platform === name)).length;
  const rows = platforms.map(({ name, messages, answered, excused, parts, again }) => {
    const faults = record.platforms.find((platform) => platform.name === name)?.faults ?? {};
    const counts = [messages, answered, excused, of("lost", name), of("twice", name), parts, again];
    return [name, ...counts, of("order", name), of("leak", name), listed(faults)];
  });
  const total = (at: number) => rows.reduce((sum, row) => sum + Number(row[at]), 0);
  const sums = ["all", ...Array.from({ length: 9 }, (_, i) => total(i + 1)), listed(record.modelFaults, "the model: ")];
  const heads =
    "platform,messages,answered,of these excused,lost,twice,parts,parts standing twice,out of order,leaks,faults";
  const lines = [heads.split(","), ["---", ...Array<string>(9).fill("--:"), "---"], ...rows, sums];
  const most = Math.max(1, ...platforms.map((platform) => platform.most));
  return [
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    `${record.kills} kills, ${record.starts} starts, ${record.minutes.toFixed(1)} minutes, seed ${record.seed}; ` +
      `no part stands more than ${most === 1 ? "once" : `${most} times`}; ${violations.length} violations.`,
  ].join("\n");
}

/** What happened to the messages that a violation is about. */
export function story(record: StormRecord, violation: Violation): string {
  const { kind, platform, tokens, what } = violation;
  const lines: Event[] = [];
  const turnOf = lastTurns(record.asked);
  for (const { token, at, person, place, strategy, platform: where } of record.written) {
    if (!tokens.includes(token)) continue;
    lines.push({ at, what: `${token} written by person ${person} in ${place} (${strategy}), ${where}` });
  }
  for (const { at, turn, afterTools, outcome } of record.asked) {
    if (!turn.some((token) => tokens.includes(token))) continue;
    lines.push({
      at,
      what: `the model was asked ${turn.join(" ")}${afterTools ? ", after its tool" : ""}: ${outcome}`,
    });
  }
  const [from, to] = [Math.min(...lines.map(({ at }) => at)), Math.max(...lines.map(({ at }) => at))];
  const around = record.events.filter(
    (event) =>
      event.at >= from - AROUND_MS &&
      event.at <= to + AROUND_MS &&
      (event.platform === undefined || event.platform === platform),
  );
  const told = [...lines, ...around]
    .sort((one, other) => one.at - other.at)
    .map(({ at, what }) => `  ${(at / 1000).toFixed(2).padStart(8)} s  ${what}`);
  const stands = record.platforms.flatMap(({ name, said }) =>
    said.flatMap(({ text, place, person, quotes }, index) => {
      const parts = read(text).parts.filter((part) => part.tokens.some((token) => tokens.includes(token)));
      const about = tokensIn(quotes ?? "").some((token) => tokens.flatMap(turnOf).includes(token));
      if (parts.length === 0 && !about) return [];
      const which = parts.map(({ tokens, part, of }) => `re ${tokens.join(" ")} part ${part}/${of}`).join("; ");
      const where = person === undefined ? `${place}` : `${place} of person ${person}`;
      return [`  stands ${index + 1}. on ${name}, in ${where}: ${which || text.slice(0, 80)}`];
    }),
  );
  return [
    `${kind}${platform === undefined ? "" : ` on ${platform}`}: ${tokens.join(" ")} ${what}`,
    ...told,
    ...stands,
  ].join("\n");
}

export function stories(record: StormRecord, { violations }: Verdict): string {
  const told = violations.slice(0, MOST_STORIES).map((violation) => story(record, violation));
  if (violations.length > MOST_STORIES) told.push(`and ${violations.length - MOST_STORIES} more`);
  return told.join("\n\n");
}

function listed(counts: Readonly<Record<string, number | undefined>>, before = ""): string {
  const entries = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return entries.length === 0 ? "none" : `${before}${entries.join(", ")}`;
}
