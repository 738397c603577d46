import { harmless } from "../cli/table.ts";
import { count, thousands } from "../words.ts";
import type { Prices } from "./prices.ts";
import { dollars, seconds } from "./shown.ts";
import type { Tally } from "./tally.ts";

const COLUMNS: ReadonlyArray<[string, (tally: Tally, prices: Prices) => string]> = [
  ["strategy", ({ name }) => harmless(name)],
  ["answered", ({ answered }) => thousands(answered)],
  ["tokens sent", ({ tokensSent }) => thousands(tokensSent)],
  ["per answer", ({ tokensSent, answered }) => (answered === 0 ? "–" : thousands(Math.round(tokensSent / answered)))],
  ["largest context", ({ largest }) => thousands(largest)],
  ["bound", ({ bound }) => (bound === undefined ? "none" : thousands(Math.round(bound)))],
  ["over the limit", ({ overLimit }) => thousands(overLimit)],
  ["cost", (tally, prices) => dollars(tally.cost(prices))],
  ["compactions", ({ compactions, cleared }) => thousands(compactions + cleared)],
  ["median wait", (tally) => seconds(tally.wait(0.5))],
  ["p95 wait", (tally) => seconds(tally.wait(0.95))],
  ["interrupted", ({ interrupted }) => thousands(interrupted)],
];

/** A line for each way of holding conversations, as a Markdown table that can be read as it is. */
export function resultTable(tallies: readonly Tally[], prices: Prices): string[] {
  const rows = [
    COLUMNS.map(([name]) => name),
    ...tallies.map((tally) => COLUMNS.map(([, cell]) => cell(tally, prices))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const [header = "", ...lines] = rows.map(
    (row) => `| ${row.map((cell, column) => padded(cell, widths[column] ?? 0, column > 0)).join(" | ")} |`,
  );
  const rule = `|${widths.map((width, column) => (column > 0 ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  return [header, rule, ...lines];
}

function padded(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}

/** Whether conversations stayed within their bounds, in words; undefined if nothing has one. */
export function boundsKept(tallies: readonly Tally[]): string | undefined {
  const bounded = tallies.filter(({ bound }) => bound !== undefined);
  if (bounded.length === 0) return undefined;
  const beyond = bounded.filter(({ staysBounded }) => staysBounded === false).map(({ name }) => harmless(name));
  return beyond.length === 0
    ? "No conversation grew beyond its bound by more than the one message that reached it."
    : `Conversations grew beyond their bound by more than one message: ${beyond.join(", ")}.`;
}

/** Which questions were not answered for reasons that the table has no column for, in words. */
export function unanswered(tallies: readonly Tally[]): string[] {
  return tallies.flatMap(({ name, refused, failed }) => {
    const why = [
      ...(refused > 0 ? [`${count(refused, "question")} refused, as too many of the same person waited`] : []),
      ...(failed > 0 ? [`${count(failed, "answer")} failed or took too long`] : []),
    ];
    return why.length === 0 ? [] : [`${harmless(name)}: ${why.join("; ")}.`];
  });
}
