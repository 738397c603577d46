import { expect, test } from "vitest";
import { message, text, toolUse } from "../fakes/anthropic/steps.ts";
import type { Person } from "./stage/stage.ts";
import { Theatre, type TheatreOptions } from "./stage/theatre.ts";
import { WebStage } from "./stage/web-stage.ts";

/** As long as the rules are that people give their bots: some 1,100 tokens. */
const PERSONA = [
  "You are Juniper, the assistant of a workshop that repairs bicycles and lends tools to its members.",
  ...[
    "opening hours, and which of the volunteers opens on which day of the week",
    "what a membership costs, what it includes, and how somebody ends theirs",
    "which tools may leave the workshop, for how many days, and against what deposit",
    "how a repair is booked, how long it usually takes, and when it is ready to be fetched",
    "which spare parts are in stock, where the others are ordered, and how long they take to come",
    "what to do after an accident in the workshop, and where the first-aid box hangs",
    "how donations of old bicycles are taken in, checked, and passed on to families",
    "which courses there are for beginners, who teaches them, and how many places are left",
    "what may be stored in the cellar, for how long, and what happens to it afterwards",
    "how disputes between members are settled, and whom to write to about them",
    "which of the neighbours must not be woken, and until when the grinder may run",
    "how the till is counted in the evening, and who is called if it does not add up",
  ].map(
    (topic, index) =>
      `${index + 1}. You know about ${topic}. When somebody asks about this, answer from what the members have written down, ` +
      "say so plainly if nothing is written down, never invent a date, a price or a name, and offer to pass the question on " +
      "to a volunteer. Keep to what was asked: one question, one answer, and no list where a sentence will do.",
  ),
].join("\n");

/** Some 60 tokens, as people ask. */
const question = (turn: number) =>
  `About my bike, number ${turn}: the rear wheel has a loose spoke again and the brake rubs when I go downhill. ` +
  "Could somebody look at it this week, and what would I have to bring along so that it does not take too long?";

/** Some 130 tokens, as assistants answer. */
const reply = (turn: number) =>
  `That sounds like visit number ${turn}. A loose spoke and a rubbing brake usually belong together: the wheel runs out of ` +
  "true and touches the pad. Both are done in about half an hour if somebody is at the truing stand. Bring the bike, the " +
  "old spoke if it has broken, and a light if you have one mounted on the axle, because it has to come off first. The " +
  "stand is free on most afternoons. I can put your name down for one of them if you tell me which day suits you, and " +
  "somebody will write to you in case a part has to be ordered. Until then please do not ride downhill with it.";

interface Scene {
  theatre: Theatre;
  people: Person[];
}

async function scene(names: readonly string[], options: TheatreOptions = {}): Promise<Scene> {
  const { settings, ...others } = options;
  const stage = new WebStage();
  const theatre = await Theatre.open(stage, {
    settings: { agent: { prompt: PERSONA, maxSteps: 20 }, ...settings },
    ...others,
  });
  const people: Person[] = [];
  for (const name of names) people.push(await stage.person(name));
  return { theatre, people };
}

async function tenTurns({ theatre, people }: Scene, before: (turn: number) => Promise<unknown> = async () => {}) {
  for (let turn = 1; turn <= 10; turn++) {
    await before(turn);
    const person = people[(turn - 1) % people.length];
    if (person === undefined) throw new Error("nobody is there");
    await theatre.ask(person, question(turn), `visit number ${turn}.`);
  }
}

/** What of all that the model has taken in came from the cache. */
function share({ claude }: Theatre): number {
  const costs = claude.requests.flatMap(({ cost }) => (cost === undefined ? [] : [cost]));
  expect(costs).toHaveLength(claude.requests.length);
  const sum = (key: keyof (typeof costs)[number]) => costs.reduce((all, cost) => all + (cost[key] ?? 0), 0);
  const read = sum("cache_read_input_tokens");
  return read / (read + sum("cache_creation_input_tokens") + sum("input_tokens"));
}

function answering({ claude }: Theatre): void {
  let turn = 0;
  claude.respond(() => reply(++turn));
}

/** The gateway counts the same, as operators see it. */
async function counted({ gateway }: Theatre): Promise<number> {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const tokens = (kind: string) =>
    Number(new RegExp(`^parley_tokens_total\\{kind="${kind}"\\} (\\d+)`, "m").exec(metrics)?.[1] ?? 0);
  return tokens("cache-read") / (tokens("cache-read") + tokens("cache-write") + tokens("input"));
}

test("in a dialogue of ten turns, at least 80 % of what the model takes in comes from the cache", async () => {
  const one = await scene(["Alice"]);
  answering(one.theatre);
  await tenTurns(one);
  expect(share(one.theatre)).toBeGreaterThanOrEqual(0.8);
  expect(await counted(one.theatre)).toBeCloseTo(share(one.theatre), 6);
  expect(await one.theatre.ask(one.people[0] as Person, "/usage", "came from the cache")).toMatchObject({
    text: expect.stringContaining(`${Math.floor(share(one.theatre) * 100)} % of what I read came from the cache`),
  });
});

test("so it is where a turn of ten tools comes in between, one after another and all at once", async () => {
  for (const atOnce of [false, true]) {
    const one = await scene(["Alice"]);
    let turn = 0;
    let calls = 0;
    one.theatre.claude.respond(() => {
      if (turn < 4 || calls === 10) return reply(++turn);
      calls = atOnce ? 10 : calls + 1;
      const uses = Array.from({ length: atOnce ? 10 : 1 }, () => toolUse("now", {}));
      return message([text("Let me see."), ...uses]);
    });
    await tenTurns(one);
    expect(one.theatre.claude.requests).toHaveLength(atOnce ? 11 : 20);
    expect(share(one.theatre)).toBeGreaterThanOrEqual(0.8);
  }
});

test("so it is where each turn comes with what others have said beside it", async () => {
  const two = await scene(["Alice", "Bob"], {
    settings: { ambient: "recent", context: { ambientMessages: 5 }, web: { addressing: "mention" } },
  });
  answering(two.theatre);
  const [alice, bob] = two.people as [Person, Person];
  await tenTurns({ theatre: two.theatre, people: [alice] }, (turn) =>
    two.theatre.taking(1, () => bob.says(`Has anybody seen the ${turn} mm spanner?`, { unaddressed: true })),
  );
  expect(JSON.stringify(two.theatre.claude.requests.at(-1)?.body.messages)).toContain("<background");
  expect(share(two.theatre)).toBeGreaterThanOrEqual(0.8);
});

test("so it is where several people share a conversation, although each who joins is named to the model", async () => {
  const three = await scene(["Alice", "Bob", "Carol"], { strategy: "tagged-hybrid" });
  answering(three.theatre);
  await tenTurns(three);
  const system = JSON.stringify(three.theatre.claude.requests.at(-1)?.body.system);
  expect(system).toContain("Carol");
  expect(share(three.theatre)).toBeGreaterThanOrEqual(0.8);
});
