import { describe, expect, test } from "vitest";
import { marksIn, ownMarks, SessionBook } from "../session-book.ts";
import type { Heard, Person, Stage } from "../stage/stage.ts";
import { Theatre, type TheatreOptions } from "../stage/theatre.ts";

export const STRATEGIES = ["shared", "per-user", "per-thread", "tagged-hybrid"] as const;
export type StrategyName = (typeof STRATEGIES)[number];
export type Pair = readonly [StrategyName, StrategyName];

export const allPairs: readonly Pair[] = STRATEGIES.flatMap((from) =>
  STRATEGIES.filter((to) => to !== from).map((to): Pair => [from, to]),
);

type How = Pick<TheatreOptions, "asProcess">;

/** A chat with an admin and two others, whose every text is marked and held against a book. */
export class SwitchingScene {
  readonly theatre: Theatre;
  readonly book = new SessionBook();
  readonly ann: Person;
  readonly bob: Person;
  readonly carol: Person;
  /** Everything that was said to the bot where several people are. */
  readonly inGroup: string[] = [];
  #questions = 0;

  private constructor(theatre: Theatre, people: readonly [Person, Person, Person]) {
    this.theatre = theatre;
    [this.ann, this.bob, this.carol] = people;
  }

  static async open(stage: Stage, options: TheatreOptions): Promise<SwitchingScene> {
    const theatre = await Theatre.open(stage, options);
    theatre.claude.respond((request) => `Answer to: ${ownMarks(request).join(" ")}`);
    const people = [await stage.person("Ann"), await stage.person("Bob"), await stage.person("Carol")] as const;
    const scene = new SwitchingScene(theatre, people);
    if (stage.setAdmin === undefined) await theatre.owner(scene.ann);
    else stage.setAdmin(scene.ann, true);
    return scene;
  }

  /** Write in the group, as a message that begins a new question where the strategy has such. @returns its mark */
  async asks(person: Person, strategy: StrategyName): Promise<string> {
    const mark = this.book.write(person.name, sessionOf(strategy, person, String(this.#questions++)));
    this.inGroup.push(mark);
    await person.says(mark);
    return mark;
  }

  async asksInPrivate(person: Person): Promise<string> {
    const mark = this.book.write(person.name, `private ${person.name}`);
    await person.says(mark, { inPrivate: true });
    await person.hears(mark, { inPrivate: true });
    return mark;
  }

  hears(person: Person, mark: string): Promise<Heard> {
    return person.hears(new RegExp(`Answer to: (.* )?${mark}\\b`));
  }

  async asksAndHears(person: Person, strategy: StrategyName): Promise<Heard> {
    return await this.hears(person, await this.asks(person, strategy));
  }

  /** Go on with what was answered: by a reply. */
  async goesOn(person: Person, heard: Heard, session: string): Promise<Heard> {
    const mark = this.book.write(person.name, session);
    this.inGroup.push(mark);
    await person.says(mark, { replyTo: heard });
    return await this.hears(person, mark);
  }

  /** So many messages wait or are being answered. */
  async busy(count: number): Promise<void> {
    const now = async () => {
      const { waiting, running } = await this.theatre.store((store) => store.counts());
      return waiting + running;
    };
    await expect.poll(now, { interval: 10, timeout: 10_000 }).toBe(count);
  }

  /** As admins do it: they are shown what it means, and confirm it. */
  async switchTo(strategy: string, flags = ""): Promise<void> {
    const said = await this.ann.says(`/strategy ${strategy}${flags}`);
    const shown = await this.ann.hears("Nothing is changed yet", { answering: said });
    const confirmed = await this.ann.picks(shown, "Confirm");
    await this.ann.hears("From the next message on", { answering: confirmed });
  }
}

/** The conversation that a text belongs to. `shared` and `tagged-hybrid` are two ways to lead one. */
export function sessionOf(strategy: StrategyName, { name }: Person, question: string): string {
  if (strategy === "per-user") return `own ${name}`;
  return strategy === "per-thread" ? `question ${question}` : "together";
}

/**
 * From one strategy to another and back, with one run going on, another message of its author's and one of somebody
 * else's waiting.
 *
 * @param during what happens after the switch, while nothing is answered yet
 */
export async function thereAndBack(
  scene: SwitchingScene,
  [from, to]: Pair,
  during: () => Promise<void> = async () => {},
): Promise<void> {
  const { theatre, book, bob, carol } = scene;
  const { claude } = theatre;
  const earlier = await scene.asksAndHears(bob, from);
  await scene.asksAndHears(carol, from);
  await scene.asksInPrivate(bob);
  const gate = claude.hold();
  const begun = claude.requests.length;
  const running = await scene.asks(bob, from);
  await claude.waitForRequests(begun + 1);
  const waiting = [await scene.asks(bob, from), await scene.asks(carol, from)] as const;
  await scene.busy(3);
  await scene.switchTo(to);
  const [own, others] = [await scene.asks(bob, to), await scene.asks(carol, to)];
  await scene.busy(5);
  await during();
  gate.release();
  for (const mark of [running, waiting[0], own]) await scene.hears(bob, mark);
  for (const mark of [waiting[1], others]) await scene.hears(carol, mark);
  await scene.asksInPrivate(bob);

  await scene.switchTo(from);
  const first = book.marksOf(sessionOf(from, bob, "0"));
  if (from === "per-thread") await scene.goesOn(bob, earlier, sessionOf(from, bob, "0"));
  else await scene.asksAndHears(bob, from);
  // What was said before is there again.
  const shown = marksIn(JSON.stringify(claude.requests.at(-1)?.body.messages));
  expect(shown).toEqual(expect.arrayContaining(first));
  await scene.asksAndHears(carol, from);
  expect(await theatre.store((store) => store.counts())).toMatchObject({ waiting: 0, running: 0 });
}

/** A strategy is changed while work goes on; played on every platform. */
export function switching(openStage: () => Promise<Stage>, pairs: readonly Pair[] = allPairs, how: How = {}): void {
  describe("switching", () => {
    test.each(pairs)(
      "%s → %s and back: nothing is lost, and everything is answered where it was planned",
      async (...pair) => {
        const scene = await SwitchingScene.open(await openStage(), { strategy: pair[0], ...how });
        await thereAndBack(scene, pair);
        scene.book.check(scene.theatre.claude.requests);
        const answers = scene.theatre.stage.botSaid().flatMap(({ text }) => marksIn(text));
        expect(answers.toSorted()).toEqual(scene.inGroup.toSorted());
      },
    );
  });
}

/** Everybody's own conversation begins with what was shared until then; played on every platform. */
export function forking(openStage: () => Promise<Stage>): void {
  describe("--fork", () => {
    test("one's own first request holds what was shared until then, later ones one's own alone; nothing comes back", async () => {
      const scene = await SwitchingScene.open(await openStage(), { strategy: "per-user" });
      const { theatre, book, ann, bob, carol } = scene;
      const { claude } = theatre;
      // Carol has a conversation of her own from before.
      await scene.asksAndHears(carol, "per-user");
      await scene.switchTo("shared");
      await scene.asksAndHears(ann, "shared");
      await scene.asksAndHears(bob, "shared");
      const sharedUntilNow = new Set(book.marksOf("together"));
      // What is being answered at the moment of the switch and ends later is not in the copies.
      const gate = claude.hold();
      const begun = claude.requests.length;
      const late = await scene.asks(ann, "shared");
      await claude.waitForRequests(begun + 1);
      await scene.switchTo("per-user", " --fork");
      book.copy("together", "own Bob", sharedUntilNow);
      book.copy("together", "own Ann", sharedUntilNow);
      gate.release();
      await scene.hears(ann, late);

      await scene.asksAndHears(bob, "per-user");
      await scene.asksAndHears(ann, "per-user");
      await scene.asksAndHears(carol, "per-user");
      await scene.asksAndHears(bob, "per-user");
      const lastOf = (person: Person) => {
        const request = claude.requests.findLast((each) => ownMarks(each)[0]?.includes(person.name.toLowerCase()));
        return marksIn(JSON.stringify(request?.body.messages));
      };
      expect(lastOf(bob)).toEqual(expect.arrayContaining([...sharedUntilNow]));
      expect(lastOf(bob)).not.toContain(late);
      for (const mark of sharedUntilNow) expect(lastOf(carol)).not.toContain(mark);

      await bob.says("/new");
      await bob.hears("we start with nothing");
      book.end("own Bob");
      await scene.asksAndHears(bob, "per-user");
      expect(lastOf(bob)).toHaveLength(1);

      await scene.switchTo("shared");
      await scene.asksAndHears(bob, "shared");
      expect(lastOf(bob).toSorted()).toEqual(book.marksOf("together").toSorted());
      book.check(claude.requests);
    });
  });
}
