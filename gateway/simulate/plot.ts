import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { harmless } from "../cli/table.ts";
import { thousands } from "../words.ts";
import { largestByTime, type Point } from "./context-windows.ts";
import type { Tally } from "./tally.ts";

const WIDTH = 960;
const HEIGHT = 480;
const ROOM = { top: 64, right: 168, bottom: 52, left: 76 };
/** Labels that would stand on one another are moved apart by so much. */
const LABEL_HEIGHT = 18;

/** Told apart also by those who see few colours: each line has its own dashes, and its name at its end. */
const LINES = [
  { light: "#202124", dark: "#e8eaed", dashes: "" },
  { light: "#b3261e", dark: "#ff8a80", dashes: "6 3" },
  { light: "#1558b0", dark: "#82b1ff", dashes: "12 3" },
  { light: "#0b7a4b", dark: "#69d6a3", dashes: "3 2" },
  { light: "#8430ce", dark: "#d0a3ff", dashes: "8 3 2 3" },
];

export interface PlotOptions {
  /** Of the model, in tokens. */
  contextTokens: number;
  people: number;
  questions: number;
}

/** How large requests to the model become in the course of a log, as an SVG for light and dark pages. */
export function plot(tallies: readonly Tally[], { contextTokens, people, questions }: PlotOptions): string {
  const began = Math.min(...tallies.flatMap(({ sent }) => sent.slice(0, 1).map(({ at }) => at)));
  const ended = Math.max(...tallies.flatMap(({ sent }) => sent.slice(-1).map(({ at }) => at)));
  const hours = Math.max(1 / 60, (ended - began) / 3_600_000) || 1;
  const inDays = hours > 72;
  const unit = inDays ? 24 : 1;
  const x = scaleLinear([0, hours / unit], [ROOM.left, WIDTH - ROOM.right]);
  const highest = Math.max(contextTokens, ...tallies.map(({ largest }) => largest));
  const y = scaleLinear([0, highest * 1.05], [HEIGHT - ROOM.bottom, ROOM.top]);
  const path = line<Point>(
    (point) => round(x(point.hours / unit)),
    (point) => round(y(point.tokens)),
  );

  const series = tallies.map(({ name, sent }, index) => {
    const points = largestByTime(sent, began, ended);
    const look = index % LINES.length;
    return { name: harmless(name), look, d: path(points) ?? "", end: y(points.at(-1)?.tokens ?? 0) };
  });
  const bounds = [...new Set(tallies.flatMap(({ bound }) => bound ?? []))];
  const marks = [
    { tokens: contextTokens, text: "the model's window" },
    ...bounds.map((tokens) => ({ tokens, text: "bound" })),
  ];
  const title = "How large requests to the model become";
  const description = tallies
    .map(({ name, largest }) => `${harmless(name)}: at most ${thousands(largest)} tokens`)
    .join("; ");

  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${title}</title>`,
    `<desc id="desc">${escaped(description)}.</desc>`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="head" x="${ROOM.left}" y="26">${title}</text>`,
    `<text class="note" x="${ROOM.left}" y="45">${thousands(people)} people, ${thousands(questions)} questions; the largest request of each stretch of time, in tokens</text>`,
    ...y.ticks(6).map((tokens) => {
      const at = round(y(tokens));
      return `<path class="grid" d="M${ROOM.left} ${at}H${WIDTH - ROOM.right}"/><text class="tick" x="${ROOM.left - 8}" y="${at + 4}" text-anchor="end">${thousands(tokens)}</text>`;
    }),
    ...x.ticks(9).map((value) => {
      return `<text class="tick" x="${round(x(value))}" y="${HEIGHT - ROOM.bottom + 20}" text-anchor="middle">${value}</text>`;
    }),
    `<text class="note" x="${(ROOM.left + WIDTH - ROOM.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${inDays ? "days" : "hours"} since the log began</text>`,
    ...marks.map(({ tokens }) => `<path class="mark" d="M${ROOM.left} ${round(y(tokens))}H${WIDTH - ROOM.right}"/>`),
    ...series.map(({ d, look }) => `<path class="line l${look}" d="${d}"/>`),
    ...marks.map(
      ({ tokens, text }) =>
        `<text class="note on" x="${ROOM.left + 6}" y="${round(y(tokens)) - 5}">${text}: ${thousands(tokens)}</text>`,
    ),
    ...apart(series).map(
      ({ name, look, at }) =>
        `<path class="line l${look}" d="M${WIDTH - ROOM.right + 8} ${at}h22"/><text class="name n${look}" x="${WIDTH - ROOM.right + 36}" y="${at + 4}">${escaped(name.slice(0, 20))}</text>`,
    ),
    "</svg>",
  ].join("\n")}\n`;
}

/** Names at the ends of their lines, none on another. */
function apart(series: ReadonlyArray<{ name: string; look: number; end: number }>) {
  const sorted = series
    .toSorted((one, other) => one.end - other.end)
    .map((each) => ({ ...each, at: Math.round(each.end) }));
  for (let n = 1; n < sorted.length; n++) {
    const [above, below] = [sorted[n - 1], sorted[n]];
    if (above !== undefined && below !== undefined) below.at = Math.max(below.at, above.at + LABEL_HEIGHT);
  }
  let lowest = HEIGHT - ROOM.bottom;
  for (const each of sorted.toReversed()) {
    each.at = Math.min(each.at, lowest);
    lowest = each.at - LABEL_HEIGHT;
  }
  return sorted;
}

function style(): string {
  const colours = (theme: "light" | "dark") =>
    LINES.map((each, index) => `.l${index}{stroke:${each[theme]}}.n${index}{fill:${each[theme]}}`).join("");
  return [
    "text{font:13px system-ui,sans-serif;fill:#202124}.head{font-size:17px;font-weight:600}.note,.tick{fill:#5f6368;font-size:12px}.name{font-weight:600}.on{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}",
    ".page{fill:#fff}.grid{stroke:#e3e5e8;fill:none}.mark{stroke:#5f6368;stroke-dasharray:6 4;fill:none}.line{fill:none;stroke-width:2;stroke-linejoin:round}",
    LINES.map(({ dashes }, index) => (dashes === "" ? "" : `.l${index}{stroke-dasharray:${dashes}}`)).join(""),
    colours("light"),
    `@media (prefers-color-scheme:dark){text{fill:#e8eaed}.note,.tick{fill:#a8adb3}.page{fill:#17191c}.on{stroke:#17191c}.grid{stroke:#2c3034}.mark{stroke:#a8adb3}${colours("dark")}}`,
  ].join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
