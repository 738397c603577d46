import type { Moment, Step } from "../../gateway/failpoints.ts";
import type { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import type { Person, Said, SayOptions } from "../gateway/stage/stage.ts";
import { Theatre, type TheatreOptions } from "../gateway/stage/theatre.ts";
import { type Ground, openGround, type PlatformName } from "./kill-matrix-grounds.ts";

/** Where a program is to kill itself. */
export interface Spot {
  platform: PlatformName;
  step: Step;
  moment: Moment;
  /** The how manieth time that the point is reached. */
  nth: number;
}

export function pointOf({ step, moment, nth }: Spot): string {
  return `${step}.${moment}${nth === 1 ? "" : `#${nth}`}`;
}

export interface SceneOptions extends Pick<TheatreOptions, "strategy" | "settings"> {
  /** Where programs keep what they have compiled, to start sooner. */
  compileCache: string;
}

type Parts = Pick<Scene, "spot" | "ground" | "theatre" | "killed" | "risen" | "alice" | "bob">;

/** A program that kills itself at one spot and is started again, and two people who write to it meanwhile. */
export class Scene {
  readonly spot: Spot;
  readonly ground: Ground;
  readonly theatre: Theatre;
  readonly alice: Person;
  readonly bob: Person;
  /** Resolves once the program has killed itself. @throws if it ends in another way */
  readonly killed: Promise<void>;
  /** Resolves once it is there again. */
  readonly risen: Promise<void>;

  private constructor({ spot, ground, theatre, alice, bob, killed, risen }: Parts) {
    this.spot = spot;
    this.ground = ground;
    this.theatre = theatre;
    this.alice = alice;
    this.bob = bob;
    this.killed = killed;
    this.risen = risen;
  }

  static async open(spot: Spot, { strategy = "shared", settings = {}, compileCache }: SceneOptions): Promise<Scene> {
    const ground = await openGround(spot.platform, strategy);
    const { stage } = ground;
    const env = { NODE_COMPILE_CACHE: compileCache };
    const failpoint = pointOf(spot);
    // Nobody writes texts of several messages: there is nothing to wait for.
    const quick = { queue: { settleMs: 10 }, ...settings };
    const theatre = await Theatre.open(stage, { strategy, settings: quick, env, asProcess: true, failpoint });
    const { ended, url } = theatre.gateway;
    const killed = (ended ?? Promise.resolve(0)).then((how) => {
      if (how !== "SIGKILL") throw new Error(`the program ended with ${how}, and not at ${failpoint}`);
    });
    const risen = killed.then(() => theatre.rise());
    risen.catch(() => {});
    if (url === "") await risen;
    const join = (name: string) => stage.person(name).catch(() => risen.then(() => stage.person(name)));
    const [alice, bob] = [await join("Alice"), await join("Bob")];
    return new Scene({ spot, ground, theatre, alice, bob, killed, risen });
  }

  get claude(): FakeAnthropic {
    return this.theatre.claude;
  }

  /** Write to the bot in the group; it arrives, whatever happens to the program. */
  readonly tell = (person: Person, text: string, options: SayOptions = {}): Promise<Said> =>
    this.ground.tell(person, text, options, this.risen);

  /** Wait for something that may never come if the program is killed before. */
  async orKilled(event: Promise<unknown>): Promise<void> {
    await Promise.race([event, this.killed]);
    event.catch(() => {});
  }
}
