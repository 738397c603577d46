import { describe, expect, test } from "vitest";
import { advice } from "../../../gateway/simulate/advice.ts";
import { largestByTime } from "../../../gateway/simulate/context-windows.ts";
import { plot } from "../../../gateway/simulate/plot.ts";
import { boundsKept, resultTable, unanswered } from "../../../gateway/simulate/result-table.ts";
import { Tally } from "../../../gateway/simulate/tally.ts";

const PRICES = { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.2 };
const HOUR_MS = 3_600_000;

/** So many answers that cost and take so much each. */
function tally(name: string, { dollars = 0.01, waitMs = 5_000, answers = 10, bound = 120_000 } = {}): Tally {
  const made = new Tally(name, name === "before" ? undefined : bound);
  for (let n = 0; n < answers; n++) {
    made.request({ at: n * HOUR_MS, session: "s", tokens: 1_000 * (n + 1) });
    made.use({ inputTokens: (dollars * 1_000_000) / PRICES.input });
    made.waits.push(waitMs);
  }
  return made;
}

const MANY = { answers: 20 };

describe("which strategy suits", () => {
  const suits = (aboutOthers: number, ...tallies: Tally[]) => advice({ questions: 20, aboutOthers }, tallies, PRICES);

  test("nobody can say by a few questions, or where many have no answer", () => {
    const tallies = [tally("per-user", MANY), tally("per-thread", MANY), tally("shared", MANY)];
    expect(advice({ questions: 19, aboutOthers: 0 }, tallies, PRICES)).toMatch(/^No advice: 19 questions/);
    expect(advice({ questions: 200, aboutOthers: 0 }, tallies, PRICES)).toMatch(
      /^No advice: under per-user 180 questions of 200 were not answered/,
    );
  });

  test("per-user, where people ask for themselves", () => {
    const said = suits(
      1,
      tally("per-user", MANY),
      tally("per-thread", MANY),
      tally("shared", { ...MANY, dollars: 0.05 }),
    );
    expect(said).toMatch(/^Suits: per-user\. 5 % of the questions take up/);
    expect(said).toContain("per-user costs $0.010 an answer, with 95 % of them within 5.0 s");
    expect(said).toContain("shared costs $0.050");
  });

  test("per-thread, where that is much cheaper", () => {
    expect(
      suits(1, tally("per-user", { ...MANY, dollars: 0.03 }), tally("per-thread", MANY), tally("shared", MANY)),
    ).toMatch(/^Suits: per-thread\./);
  });

  test("tagged-hybrid, where people take up what others said, or shared where that was not tried", () => {
    const others = [tally("per-user", MANY), tally("per-thread", MANY), tally("shared", MANY)];
    expect(suits(8, ...others, tally("tagged-hybrid", MANY))).toMatch(/^Suits: tagged-hybrid\. 40 % /);
    expect(suits(8, ...others)).toMatch(/^Suits: shared\./);
  });

  test("per-thread, where they would wait long for one another", () => {
    const slow = tally("tagged-hybrid", { ...MANY, waitMs: 400_000 });
    expect(suits(8, tally("per-user", MANY), tally("per-thread", MANY), slow)).toMatch(
      /^Suits: per-thread\. .* wait long: .* 6\.7 min/,
    );
  });

  test("is not said where too little was tried, or nobody was answered", () => {
    expect(suits(8, tally("per-user", MANY))).toBeUndefined();
    expect(
      suits(8, tally("per-user", { answers: 0 }), tally("per-thread", MANY), tally("shared", MANY)),
    ).toBeUndefined();
  });
});

describe("the table", () => {
  test("is Markdown that lines up, and harmless whatever strategies are called", () => {
    const lines = resultTable([tally("before"), tally("evil\u001b[31m|"), tally("none", { answers: 0 })], PRICES);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[0]).toMatch(/^\| strategy +\| +answered \| +tokens sent \| +per answer \|/);
    expect(lines.join("")).not.toContain("\u001b");
    expect(lines[2]).toMatch(/\| before +\| +10 \| +50,000 \| +5,000 \| +10,000 \| +none \|/);
    expect(lines[4]).toContain("–");
  });

  test("is followed by what else was not answered, and why", () => {
    const some = Object.assign(tally("shared"), { refused: 2, failed: 1 });
    expect(unanswered([tally("before"), some])).toEqual([
      "shared: 2 questions refused, as too many of the same person waited; 1 answer failed or took too long.",
    ]);
  });

  test("says whether bounds were kept", () => {
    const beyond = tally("shared", { bound: 5_000 });
    expect(beyond.largestStep).toBe(1_000);
    expect(boundsKept([tally("before"), tally("shared")])).toContain("No conversation grew beyond its bound");
    expect(boundsKept([tally("per-user"), beyond])).toContain("by more than one message: shared.");
    expect(boundsKept([tally("before")])).toBeUndefined();
  });
});

describe("the picture", () => {
  const tallies = [tally("before"), tally("<script>&\"x'"), tally("per-user", { answers: 0 })];
  const svg = plot(tallies, { contextTokens: 200_000, people: 12, questions: 30 });

  test("says in words what it shows, and has a line and a name for each", () => {
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="title desc">/);
    expect(svg).toContain('<title id="title">How large requests to the model become</title>');
    expect(svg).toMatch(/<desc id="desc">before: at most 10,000 tokens; /);
    expect(svg.match(/class="line l\d"/g)).toHaveLength(6);
    expect(svg).toContain("the model's window: 200,000");
    expect(svg).toContain("bound: 120,000");
    expect(svg).toContain("prefers-color-scheme:dark");
  });

  test("holds no markup that a name brings along, and no number that is none", () => {
    expect(svg).not.toContain("<script>");
    expect(svg).toContain("&lt;script&gt;&amp;");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("is drawn also where nothing was asked, and in days where a log is long", () => {
    const nothing = plot([new Tally("before")], { contextTokens: 1_000, people: 0, questions: 0 });
    expect(nothing).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toContain("hours since the log began");
    expect(plot([tally("before", { answers: 100 })], { contextTokens: 1, people: 1, questions: 1 })).toContain(
      "days since",
    );
  });
});

test("of each stretch of time the largest request counts", () => {
  const sent = [
    { at: 0, session: "a", tokens: 5 },
    { at: 30_000, session: "b", tokens: 9 },
    { at: 61_000, session: "a", tokens: 7 },
  ];
  expect(largestByTime(sent, 0, 61_000).map(({ tokens }) => tokens)).toEqual([9, 7]);
});
