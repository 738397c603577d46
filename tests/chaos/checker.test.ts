import { describe, expect, test } from "vitest";
import { check, type Kind, lastTurns } from "./checker.ts";
import type { Place, Said } from "./platform.ts";
import type { Asked, PlatformName, StormRecord, Written } from "./record.ts";
import { story, table } from "./report.ts";
import { answer, question, tokensIn } from "./wording.ts";

const CHARS = 200;

/** A small storm that did no harm, to be harmed. */
class Tale {
  readonly written: Written[] = [];
  readonly asked: Asked[] = [];
  readonly said: Record<PlatformName, Said[]> = { discord: [], telegram: [], whatsapp: [], web: [] };

  /** Somebody writes; returns the token. */
  write(platform: PlatformName, person: number, place: Place, strategy = "shared"): string {
    const token = `m${this.written.length + 1}`;
    this.written.push({ token, platform, person, place, strategy, at: this.written.length });
    return token;
  }

  /** The model is asked, with what it has seen before. */
  ask(turn: string[], earlier: string[] = [], more: Partial<Asked> = {}): void {
    const seen = [...earlier, ...turn];
    this.asked.push({ at: 0, turn, seen, speakers: [], afterTools: false, outcome: "answer", ...more });
  }

  /** The answer stands where its first message was written. */
  answer(turn: string[], parts = 1): void {
    const { platform, place, person } = this.written.find(({ token }) => token === turn[0]) as Written;
    const where = place === "dm" ? { place, person } : { place };
    const quotes = question(turn.at(-1) ?? "");
    for (const [index, text] of answer(turn, parts, CHARS).split("\n\n").entries())
      this.said[platform].push({ ...where, text, ...(index === 0 && { quotes }) });
  }

  get record(): StormRecord {
    const names = ["discord", "telegram", "whatsapp", "web"] as const;
    return {
      seed: 1,
      minutes: 1,
      written: this.written,
      asked: this.asked,
      invalid: [],
      platforms: names.map((name) => ({
        name,
        hasKeys: name !== "telegram",
        said: this.said[name],
        gaps: [],
        faults: {},
      })),
      counts: [],
      kills: 1,
      starts: 2,
      modelFaults: {},
      events: [{ at: 2, what: "kill" }],
      troubles: [],
    };
  }
}

/** Two people in a shared group and one of them in private, with an answer in three parts and one to two messages. */
function healthy(): Tale {
  const tale = new Tale();
  for (const platform of ["telegram", "web"] as const) {
    const [first, second, third] = [1, 2, 1].map((person) => tale.write(platform, person, 0)) as [
      string,
      string,
      string,
    ];
    const secret = tale.write(platform, 1, "dm");
    const fourth = tale.write(platform, 1, 0);
    tale.ask([first]);
    tale.answer([first], 3);
    tale.ask([second], [first], { outcome: "tool" });
    tale.ask([second], [first], { afterTools: true });
    tale.answer([second]);
    tale.ask([secret]);
    tale.answer([secret]);
    tale.ask([third, fourth], [first, second]);
    tale.answer([third, fourth], 2);
  }
  return tale;
}

function kinds(record: StormRecord): Kind[] {
  return [...new Set(check(record).violations.map(({ kind }) => kind))];
}

describe("the checker", () => {
  test("finds nothing in a storm that did no harm, and counts what stands", () => {
    const { record } = healthy();
    const verdict = check(record);
    expect(verdict.violations).toEqual([]);
    expect(verdict.platforms.find(({ name }) => name === "web")).toEqual({
      name: "web",
      messages: 5,
      answered: 5,
      excused: 0,
      parts: 7,
      again: 0,
      most: 1,
    });
  });

  test("finds an answer that is missing, and tells its story", () => {
    const { record, said } = healthy();
    said.web.splice(4, 1);
    const { violations } = check(record);
    expect(violations).toMatchObject([{ kind: "lost", platform: "web", tokens: ["m9"] }]);
    const told = story(record, violations[0] as (typeof violations)[0]);
    expect(told).toContain("m9 written by person 1 in dm (shared), web");
    expect(told).toContain("the model was asked m9: answer");
    expect(told).toContain("kill");
    expect(table(record, check(record))).toContain("| web | 5 | 4 | 0 | 1 | 0 |");
  });

  test("finds a part that is missing, at the beginning, in the middle and at the end", () => {
    for (const at of [0, 1, 2]) {
      const { record, said } = healthy();
      said.web.splice(at, 1);
      expect(check(record).violations).toMatchObject([{ kind: "lost", platform: "web", tokens: ["m6"] }]);
    }
  });

  test("finds a part of which only half stands", () => {
    const { record, said } = healthy();
    const whole = said.web[3] as Said;
    said.web[3] = { ...whole, text: whole.text.slice(0, 20) };
    expect(kinds(record)).toEqual(["lost", "unexpected"]);
  });

  test("finds a part that stands twice, wherever a key should have prevented it", () => {
    const { record, said } = healthy();
    said.web.splice(1, 0, said.web[1] as Said);
    expect(check(record).violations).toMatchObject([{ kind: "twice", platform: "web", tokens: ["m6"] }]);
  });

  test("excuses a part that stands twice only where there is no key, and only for a kill in between", () => {
    const { record, said } = healthy();
    said.telegram.splice(1, 0, said.telegram[1] as Said);
    expect(check(record).violations).toMatchObject([{ kind: "twice", platform: "telegram", tokens: ["m1"] }]);
    const withGap = (before: number, after: number) => ({
      ...record,
      platforms: record.platforms.map((each) => ({ ...each, gaps: [{ before, after }] })),
    });
    expect(check(withGap(2, 2)).violations).toEqual([]);
    // It was on its way when the program was killed.
    expect(check(withGap(1, 2)).violations).toEqual([]);
    expect(kinds(withGap(1, 1))).toEqual(["twice"]);
    expect(kinds(withGap(3, 3))).toEqual(["twice"]);
  });

  test("excuses as many as the platform has lost words for, and no more", () => {
    const { record, said } = healthy();
    const lossy = () => ({
      ...record,
      platforms: record.platforms.map((each) => ({ ...each, faults: { "ack-lost": 1 } })),
    });
    said.telegram.splice(1, 0, said.telegram[1] as Said);
    expect(check(lossy()).violations).toEqual([]);
    said.telegram.splice(1, 0, said.telegram[1] as Said);
    expect(check(lossy()).violations).toMatchObject([{ kind: "twice", platform: "telegram" }]);
  });

  test("finds that a part that stands twice was not counted", () => {
    const { record } = healthy();
    const count = (start: number, stood: number, counted: number) => ({
      platform: "telegram" as const,
      start,
      stood,
      counted,
    });
    expect(kinds({ ...record, counts: [count(1, 2, 2), count(2, 1, 1)] })).toEqual([]);
    expect(kinds({ ...record, counts: [count(1, 1, 1), count(1, 2, 1)] })).toEqual(["uncounted"]);
    // The one before was refused the copy that it had counted.
    const platforms = record.platforms.map((each) => ({ ...each, faults: { "429": 1 } }));
    expect(kinds({ ...record, platforms, counts: [count(2, 1, 0)] })).toEqual([]);
    expect(kinds({ ...record, platforms, counts: [count(2, 1, 0), count(3, 1, 0)] })).toEqual(["uncounted"]);
  });

  test("finds a second answer, and one to a message that was answered together with another", () => {
    const tale = healthy();
    const again = tale.write("telegram", 3, 0);
    tale.ask([again], ["m1"]);
    tale.answer([again]);
    tale.answer(["m3"]);
    expect(check(tale.record).violations).toMatchObject([{ kind: "twice", tokens: ["m3"] }]);
  });

  test("finds an answer beside an excuse", () => {
    const { record, said } = healthy();
    const text = "The model has too much to do at the moment. Please try again in a little while.";
    said.web.push({ place: 0, text, quotes: question("m7") });
    expect(check(record).violations).toMatchObject([{ kind: "twice", tokens: ["m7"] }]);
  });

  test("takes an excuse for the answer to everything in its turn", () => {
    const { record, said } = healthy();
    const text = "I cannot reach the model at the moment. Please try again in a little while.";
    said.web.splice(5, 2, { place: 0, text, quotes: question("m10") });
    const { violations, platforms } = check(record);
    expect(violations).toEqual([]);
    expect(platforms.at(-1)).toMatchObject({ answered: 5, excused: 2 });
  });

  test("finds parts that are mixed up", () => {
    const { record, said } = healthy();
    [said.web[0], said.web[1]] = [said.web[1] as Said, said.web[0] as Said];
    expect(check(record).violations).toMatchObject([{ kind: "order", tokens: ["m6"] }]);
  });

  test("finds that somebody was answered in another order than that of writing, in one lane", () => {
    const { record, said } = healthy();
    const [first, rest] = [said.web.slice(0, 3), said.web.slice(3)];
    said.web.splice(0, said.web.length, ...rest, ...first);
    expect(check(record).violations).toMatchObject([
      { kind: "order", tokens: ["m6", "m8"] },
      { kind: "order", tokens: ["m6", "m10"] },
    ]);
  });

  test("leaves it to different people, and to different conversations, who is answered first", () => {
    const { record, said } = healthy();
    const [secret] = said.web.splice(4, 1);
    const [second] = said.web.splice(3, 1);
    said.web.push(secret as Said, second as Said);
    expect(kinds(record)).toEqual([]);
  });

  test("finds an answer in another chat, and in somebody else's private one", () => {
    for (const where of [{ place: 1 }, { place: "dm", person: 2 }] as const) {
      const { record, said } = healthy();
      said.web[4] = { ...where, text: said.web[4]?.text ?? "" };
      expect(check(record).violations).toMatchObject([{ kind: "leak", platform: "web", tokens: ["m9"] }]);
    }
  });

  test("finds an answer on another platform", () => {
    const { record, said } = healthy();
    said.telegram.push({ place: "dm", person: 1, text: said.web.splice(4, 1)[0]?.text ?? "" });
    expect(kinds(record)).toEqual(["leak", "lost"]);
  });

  test.each([
    ["what was said in private, in a shared conversation", "shared", 1, 0, 1, "dm"],
    ["what was said in another group", "shared", 1, 0, 1, 1],
    ["what somebody else said, where everybody has a conversation of their own", "per-user", 1, 0, 2, 0],
    ["what the same person asked before, where every question has a thread", "per-thread", 1, 0, 1, 0],
    ["what was said in the group, in private", "shared", 1, "dm", 1, 0],
  ] as const)("finds %s", (_, strategy, person, place, otherPerson, otherPlace) => {
    const tale = new Tale();
    const other = tale.write("web", otherPerson, otherPlace, strategy);
    const own = tale.write("web", person, place, strategy);
    for (const token of [other, own]) tale.answer([token]);
    tale.ask([other]);
    tale.ask([own]);
    expect(kinds(tale.record)).toEqual([]);
    tale.ask([own], [other]);
    expect(check(tale.record).violations).toMatchObject([{ kind: "leak", platform: "web", tokens: [own, other] }]);
  });

  test("lets those who share a conversation see what the others say in it", () => {
    const tale = new Tale();
    const [one, other] = [tale.write("web", 1, 0, "tagged-hybrid"), tale.write("web", 2, 0, "tagged-hybrid")];
    for (const token of [one, other]) tale.answer([token]);
    tale.ask([other], [one]);
    expect(kinds(tale.record)).toEqual([]);
  });

  test("finds a turn of two people, and a message under somebody else's id", () => {
    const mixed = healthy();
    mixed.ask(["m1", "m2"]);
    expect(kinds(mixed.record)).toContain("leak");
    const forged = healthy();
    forged.ask(["m1"], [], { speakers: [{ id: "7", token: "m1" }] });
    forged.ask(["m2"], ["m1"], { speakers: [{ id: "7", token: "m2" }] });
    expect(check(forged.record).violations).toMatchObject([{ kind: "leak", tokens: ["m2"] }, { kind: "repeated" }]);
  });

  test("finds a finished step that was done again", () => {
    const tale = healthy();
    tale.ask(["m2"], ["m1"], { outcome: "tool" });
    expect(check(tale.record).violations).toMatchObject([{ kind: "repeated", tokens: ["m2"] }]);
  });

  test("finds what nobody asked for", () => {
    const { record, said } = healthy();
    said.web.push({ place: 0, text: "I tried several times and was interrupted each time." });
    expect(check(record).violations).toMatchObject([{ kind: "unexpected", platform: "web" }]);
    expect(kinds({ ...record, troubles: ["SIGTERM ended the program with 1"] })).toContain("trouble");
    expect(kinds({ ...record, invalid: ["messages: first message must use the user role"] })).toContain("trouble");
  });
});

test("tokens are found wherever they stand by themselves, and nowhere else", () => {
  expect(tokensIn('m1 (m2), "m3": <b>m4</b> m1')).toEqual(["m1", "m2", "m3", "m4"]);
  expect(tokensIn("u_xm5 m_6 am7 m8x x-m9 m10-y")).toEqual([]);
  expect(lastTurns([])("m1")).toEqual(["m1"]);
});
