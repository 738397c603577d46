import { expect } from "vitest";
import { type Aftermath, check } from "./kill-matrix-check.ts";
import { pointOf, Scene, type Spot } from "./kill-matrix-scene.ts";
import { reply, type Story, stepOf } from "./kill-matrix-stories.ts";

export interface Cell extends Spot {
  story: Story;
  aftermath: Aftermath;
}

const MARKER = "marker";
/** Machines may be busy. */
const PATIENCE_MS = 40_000;

/** Play a story around a kill, and look at what people, the model and the operator have in the end. */
export async function playCell(cell: Cell, compileCache: string): Promise<void> {
  const { story } = cell;
  const scene = await Scene.open(cell, { ...story, compileCache });
  const { theatre } = scene;
  let died = false;
  void scene.killed.then(
    () => {
      died = true;
    },
    () => {},
  );
  try {
    scene.claude.respond((request) => reply(request, scene.ground));
    await inTime(story.play(scene), () => `the story did not come to its end; the bot said: ${heads(scene)}`);
    await inTime(scene.killed, () => `${pointOf(cell)} was not reached`);
    await scene.risen;
    // What is said in the same chat behind everything else: when it is answered, all is said.
    await scene.tell(scene.bob, MARKER);
    await inTime(scene.bob.hears(`Answer to: ${MARKER}`), () => `nothing is answered any more`);
    await nothingLeft(scene);
    const counted = await possibleDuplicates(scene);
    expect(await theatre.gateway.stop(), "exit code").toBe(0);
    check(
      {
        said: scene.ground.stage.botSaid().map(({ text }) => text),
        asked: scene.claude.requests.map(stepOf).filter((step) => !step.startsWith(MARKER)),
        counted,
      },
      {
        answers: [...story.answers(scene), `Answer to: ${MARKER}`],
        asks: story.asks,
        aftermath: cell.aftermath,
        hasKeys: scene.ground.hasKeys,
      },
    );
    const errors = theatre.logged.filter((line) => /"level":[56]0/.test(line));
    if (story.fails !== true) expect(errors, "errors in the log after the restart").toEqual([]);
  } finally {
    // What is being started must not outlive the theatre.
    if (died) await scene.risen.catch(() => {});
  }
}

async function nothingLeft({ theatre }: Scene): Promise<void> {
  const counts = () => theatre.store((store) => store.counts());
  const nothing = { waiting: 0, running: 0, pendingDeliveries: 0 };
  await expect.poll(counts, { interval: 10, timeout: PATIENCE_MS }).toMatchObject(nothing);
}

/** How many messages the restarted program says it may have sent twice. */
async function possibleDuplicates({ theatre }: Scene): Promise<number> {
  const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
  return Number(/^parley_chunks_possibly_duplicated_total\{[^}]*\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}

function heads({ ground }: Scene): string {
  return ground.stage
    .botSaid()
    .map(({ text }) => JSON.stringify(text.slice(0, 40)))
    .join(", ");
}

async function inTime<T>(event: Promise<T>, otherwise: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(otherwise())), PATIENCE_MS);
  try {
    return await Promise.race([event, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
