import { MOMENTS, type Moment, STEPS, type Step } from "../../gateway/failpoints.ts";
import type { Cell } from "./kill-matrix-cell.ts";
import type { Aftermath } from "./kill-matrix-check.ts";
import { PLATFORMS, type PlatformName } from "./kill-matrix-grounds.ts";
import * as stories from "./kill-matrix-stories.ts";

interface Occasion {
  story: stories.Story;
  /** Default 1. */
  nth?: number;
  /** Missing where the story does not fit the moment. Default `{}`, nothing to be seen. */
  before?: Aftermath | null;
  after?: Aftermath | null;
  /** The only platform that has such a story. Default: all have it. */
  on?: PlatformName;
}

interface Row {
  /** Stories in which the step is reached; the first of each moment is the one for a quick look. */
  occasions: readonly Occasion[];
  /** Why it is never reached on some platforms. */
  never?: Partial<Record<PlatformName, string>>;
}

const { talk, lecture } = stories;
const [FIRST, SECOND, THIRD] = talk.asks;
const luck = (nth: number, story = talk): Occasion => ({ story, nth, before: { any: true }, after: { any: true } });

const noDrafts = {
  telegram: "an answer is shown when it is complete",
  whatsapp: "an answer is shown when it is complete",
  web: "the page shows an answer while it is written, without a message",
};
const noThreads = { whatsapp: "there are no threads" };
const ownChat = { web: "the web chat is a part of the program, and refuses nothing" };

const ROWS: Record<Step, Row> = {
  handOver: { occasions: [{ story: talk }, { story: stories.command }] },
  commit: { occasions: [5, 1, 2, 3, 8, 13].map((nth) => luck(nth)) },
  "store.accept": { occasions: [{ story: talk }, { story: stories.command }] },
  "store.claim": { occasions: [{ story: talk }] },
  "store.journal": {
    occasions: [
      { story: talk, nth: 2, before: { again: FIRST } },
      { story: talk, nth: 1 },
      { story: talk, nth: 3 },
      { story: talk, nth: 4, before: { again: SECOND } },
      second(5),
      second(6, { again: THIRD }),
    ],
  },
  "store.takeIn": {
    occasions: [
      { story: stories.steeringUnwritten, after: null },
      { story: stories.steering, before: null },
    ],
  },
  "store.compact": { occasions: [summed({ before: { again: "a summary" } })] },
  "store.threadOpened": { occasions: [{ story: stories.thread }], never: noThreads },
  "store.draftBegun": { occasions: [drafted()], never: noDrafts },
  "store.draftShown": { occasions: [drafted()], never: noDrafts },
  "store.end": { occasions: [{ story: talk }, second(2)] },
  "store.park": {
    occasions: [{ story: stories.parking, before: { again: SECOND }, after: { again: SECOND } }],
  },
  "store.stop": { occasions: [luck(1, stories.stopping)] },
  "store.askApproval": { occasions: [{ story: stories.asking }] },
  "store.answerApproval": { occasions: [{ story: stories.asking }] },
  "store.moveApproval": { occasions: [{ story: stories.asking }] },
  "store.answerCommand": { occasions: [{ story: stories.command }, { story: stories.menu, on: "discord" }] },
  "store.nextChunk": {
    occasions: [2, 1, 3].map((nth) => ({ story: lecture, nth, after: { sending: "not taken" } })),
  },
  "store.chunkSent": {
    occasions: [2, 1, 3].map((nth) => ({ story: lecture, nth, before: { sending: "taken" } })),
  },
  "store.chunkUnsent": {
    occasions: [{ story: stories.refusedForNow, before: { sending: "not taken" } }],
    never: ownChat,
  },
  "store.chunkFailed": {
    occasions: [{ story: stories.failing, before: { sending: "not taken" } }],
    never: ownChat,
  },
  "store.deliverOutside": {
    occasions: [{ story: stories.threadGone, before: { sending: "not taken" } }],
    never: { ...noThreads, ...ownChat },
  },
  "store.dropDraft": {
    occasions: [{ story: stories.draftLeft, before: { sending: "not taken" } }],
    never: noDrafts,
  },
  "store.deliveryFailed": {
    occasions: [{ story: stories.refusedForGood, before: { sending: "not taken" } }],
    never: ownChat,
  },
  "store.setBookmarks": {
    occasions: [luck(2), luck(1)],
    never: {
      telegram: "Telegram itself keeps how far it was read",
      whatsapp: "WhatsApp itself keeps what was not taken",
      web: "the web chat itself keeps what was not taken",
    },
  },
  "store.setVault": {
    occasions: [luck(8), luck(1), luck(4), luck(16)],
    never: {
      discord: "there are no keys to keep",
      telegram: "there are no keys to keep",
      web: "there are no keys to keep",
    },
  },
  "agent.run": { occasions: [{ story: talk }, second(2)] },
  "agent.text": {
    occasions: [{ story: talk, before: { again: FIRST }, after: { again: FIRST } }],
  },
  "agent.reply": {
    occasions: [
      { story: talk, before: { again: FIRST } },
      { story: talk, nth: 2, before: { again: SECOND } },
    ],
  },
  "agent.summarise": { occasions: [summed({ after: { again: "a summary" } })] },
  "agent.tool": { occasions: [{ story: talk }] },
  "agent.tool-results": { occasions: [{ story: talk }] },
  "adapter.send": {
    occasions: [2, 1, 3].map((nth) => ({
      story: lecture,
      nth,
      before: { sending: "not taken" },
      after: { sending: "taken" },
    })),
  },
  "adapter.remove": { occasions: [luck(1, stories.takingBack)], never: noDrafts },
  "adapter.openThread": { occasions: [{ story: stories.thread }], never: noThreads },
};

/** While the second one is answered, the first answer may still be being sent. */
function second(nth: number, before: Aftermath = {}): Occasion {
  return { story: talk, nth, before: { ...before, sending: "maybe" }, after: { sending: "maybe" } };
}

/** The same where the second is summed up for. */
function summed({ before = {}, after = {} }: Pick<Occasion, "before" | "after">): Occasion {
  return { story: stories.summing, before: { ...before, sending: "maybe" }, after: { ...after, sending: "maybe" } };
}

function drafted(): Occasion {
  const again = stories.draft.asks[0];
  return { story: stories.draft, before: { again }, after: { again } };
}

/** Why a step is never reached on a platform; undefined where it is. */
export function never(platform: PlatformName, step: Step): string | undefined {
  return ROWS[step].never?.[platform];
}

/** Every point on every platform where it can be reached, in each of its stories. */
export function allCells(): Cell[] {
  return STEPS.flatMap((step) =>
    MOMENTS.flatMap((moment) => reachable(step).flatMap((platform) => cellsAt(platform, step, moment))),
  );
}

/** Every point once, on one platform after the other; WhatsApp takes the longest to start, and comes less often. */
export function quickCells(): Cell[] {
  const turns: PlatformName[] = ["telegram", "web", "discord", "telegram", "web", "telegram", "web", "whatsapp"];
  let turn = 0;
  return STEPS.flatMap((step) =>
    MOMENTS.flatMap((moment) => {
      const possible = reachable(step);
      const next = () => turns[turn++ % turns.length] as PlatformName;
      let platform = next();
      while (!possible.includes(platform)) platform = next();
      return cellsAt(platform, step, moment).slice(0, 1);
    }),
  );
}

function reachable(step: Step): PlatformName[] {
  return PLATFORMS.filter((platform) => never(platform, step) === undefined);
}

function cellsAt(platform: PlatformName, step: Step, moment: Moment): Cell[] {
  return ROWS[step].occasions.flatMap(({ story, nth = 1, on = platform, [moment]: aftermath = {} }) =>
    aftermath === null || on !== platform ? [] : [{ platform, step, moment, nth, story, aftermath }],
  );
}
