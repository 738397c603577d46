import { join } from "node:path";
import { expect } from "vitest";
import type { FakeRequest } from "../fakes/anthropic/request.ts";
import { lastUserText, toolResults } from "../fakes/anthropic/request.ts";
import { message, type Step, text, toolUse } from "../fakes/anthropic/steps.ts";
import type { Theatre } from "../gateway/stage/theatre.ts";
import type { Ground } from "./kill-matrix-grounds.ts";
import type { Scene, SceneOptions } from "./kill-matrix-scene.ts";

/** What people do around a kill, and what they must have in the end. */
export interface Story extends Omit<SceneOptions, "compileCache"> {
  title: string;
  /** Played to its last answer, whatever becomes of the program meanwhile. */
  play(scene: Scene): Promise<void>;
  /** All that the bot says in the group, in order and complete. */
  answers(scene: Scene): ReadonlyArray<string | RegExp>;
  /** What the model is asked, once each, as `stepOf` says it. */
  asks: readonly string[];
  /** True if an error is logged also where nothing is killed. */
  fails?: boolean;
}

/** What a request wants: what was asked, and whether it is for the reply before tools or behind them. */
export function stepOf({ body }: FakeRequest): string {
  if (body.compaction != null) return SUMMARY;
  // Behind what it quotes, if anything.
  const lines = lastUserText(body)
    .replace(/<[^>]*>|@\w+/g, "")
    .trim()
    .split("\n");
  return `${lines.at(-1)?.trim()}/${toolResults(body).length === 0 ? 1 : 2}`;
}

const TIME = "what time is it";
const WHO = "who are you";
const PUT_AWAY = "put the milk away";
const KITCHEN = join(import.meta.dirname, "../fakes/mcp/stdio-server.ts");
const SUMMARY = "a summary";
const MUCH = `remember ${"this and that ".repeat(100)}`.trim();
const TALE = Array.from({ length: 60 }, (_, n) => `word${n}`).join(" ");

function partsOf({ partLength }: Ground): string[] {
  const word = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw ";
  return [0, 1, 2].map((n) => `Part ${n} ${word.repeat(partLength / word.length)}`.trim());
}

/** What the model says: it uses its tool on the question for the time, and then it says much. */
export function reply(request: FakeRequest, ground: Ground): string | Step {
  const step = stepOf(request);
  if (step === `${TIME}/1`) return message([text("Let me look."), toolUse("now")]);
  if (step === `${PUT_AWAY}/1`) return message([toolUse("kitchen__put_away", { what: "milk" })]);
  if (step === `${PUT_AWAY}/2`) return `Answer to: ${PUT_AWAY}: ${resultIn(request)}`;
  if (step === `${TIME}/2`) return partsOf(ground).join("\n\n");
  return step === "tell me/1" ? TALE : `Answer to: ${step.slice(0, -2)}`;
}

function resultIn({ body }: FakeRequest): string {
  const [{ content = "" } = {}] = toolResults(body);
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** Resolves once the servers of tools are there: without them the model is offered none of their tools. */
async function serving({ gateway }: Theatre): Promise<void> {
  const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
  await expect.poll(metrics, { timeout: 15_000 }).toMatch(/^parley_mcp_connected\{.*\} 1$/m);
}

/** What takes a tool and several messages to answer. */
export const lecture: Story = {
  title: "a long answer",
  async play({ tell, alice }) {
    await tell(alice, TIME);
    await alice.hears("Part 2");
  },
  answers({ ground }) {
    const [first = "", ...others] = partsOf(ground);
    return [`Let me look.\n\n${first}`, ...others];
  },
  asks: [`${TIME}/1`, `${TIME}/2`],
};

/** One asks what takes a tool and several messages to answer; another one waits behind that. */
export const talk: Story = {
  title: "two people",
  async play(scene) {
    const { claude, alice, bob } = scene;
    const gate = claude.hold({ when: ({ index }) => index === 0 });
    await scene.tell(alice, TIME);
    await scene.orKilled(claude.waitForRequests(1));
    const second = scene.tell(bob, WHO);
    await scene.orKilled(second);
    gate.release();
    await second;
    await alice.hears("Part 2");
    await bob.hears(`Answer to: ${WHO}`);
  },
  answers: (scene) => [...lecture.answers(scene), `Answer to: ${WHO}`],
  asks: [...lecture.asks, `${WHO}/1`],
};

/** A question opens a thread, and is followed up in it. */
export const thread: Story = {
  title: "a thread",
  strategy: "per-thread",
  async play(scene) {
    const { claude, alice } = scene;
    await scene.tell(alice, "plan a trip");
    const first = await alice.hears("Answer to: plan a trip");
    await scene.tell(alice, "by train", { replyTo: first });
    const second = await alice.hears("Answer to: by train");
    expect(first.thread).toBeDefined();
    expect(second.thread).toBe(first.thread);
    expect(claude.requests.at(-1)?.body.messages).toHaveLength(3);
  },
  answers: () => ["Answer to: plan a trip", "Answer to: by train"],
  asks: ["plan a trip/1", "by train/1"],
};

/** A conversation that has become long is summed up before it goes on. */
export const summing: Story = {
  title: "a long conversation",
  settings: { compactionTokens: 1_000, agent: { prompt: "You listen well. ".repeat(250) } },
  async play({ tell, alice }) {
    await tell(alice, MUCH);
    await alice.hears("Answer to: remember");
    await tell(alice, "what was it");
    await alice.hears("Answer to: what was it");
  },
  answers: () => [/^Answer to: remember/, "Answer to: what was it"],
  asks: [`${MUCH}/1`, SUMMARY, "what was it/1"],
};

/** A command that only looks. */
export const command: Story = {
  title: "a command",
  async play(scene) {
    await scene.tell(scene.alice, "/status", { writtenOut: true });
    await scene.alice.hears("Strategy");
  },
  answers: () => [/^\W*Strategy/],
  asks: [],
};

/** The same from a menu, where there is one. Whether Discord heard in time that an answer will come is a matter of luck. */
export const menu: Story = {
  ...command,
  title: "a command from the menu",
  async play(scene) {
    await scene.orKilled(scene.alice.says("/status"));
    await scene.alice.hears("Strategy");
  },
};

/** Somebody adds something while they are answered, and it is taken in behind the tool's result. */
const steering: Story = {
  title: "something added",
  settings: { busy: "steer" },
  async play(scene) {
    const { claude, alice, theatre } = scene;
    const gate = claude.hold({ when: ({ index }) => index === 0 });
    await scene.tell(alice, TIME);
    await claude.waitForRequests(1);
    await scene.tell(alice, "in Lisbon");
    const waiting = async () => (await theatre.store((store) => store.counts())).waiting;
    await expect.poll(waiting, { interval: 10, timeout: 10_000 }).toBe(1);
    gate.release();
    await alice.hears("Answer to: in Lisbon");
  },
  answers: () => ["Let me look.\n\nAnswer to: in Lisbon"],
  asks: [`${TIME}/1`, "in Lisbon/2"],
};

/** Killed before it is written down that it was taken in, it waits again: what was begun is finished first. */
export const steeringUnwritten: Story = {
  ...steering,
  title: "something added",
  answers(scene) {
    const parts = lecture.answers(scene);
    return [...parts.slice(0, -1), `${parts.at(-1)}\n\nAnswer to: in Lisbon`];
  },
  asks: [...lecture.asks, "in Lisbon/1"],
};

export { steering };

/** The program is told to stop while the model takes its time over the second step. */
export const parking: Story = {
  title: "a shutdown",
  settings: { shutdown: { graceMs: 100 } },
  async play(scene) {
    const { claude, alice, theatre } = scene;
    const gate = claude.hold({ when: (request) => stepOf(request) === `${TIME}/2` });
    await scene.tell(alice, TIME);
    await claude.waitForRequests(2);
    void theatre.gateway.stop();
    await scene.killed;
    gate.release();
    await alice.hears("Part 2");
  },
  answers: lecture.answers,
  asks: lecture.asks,
};

/** Somebody stops what they have asked. */
export const stopping: Story = {
  title: "/stop",
  async play(scene) {
    const { claude, alice } = scene;
    const gate = claude.hold({ when: (request) => stepOf(request) === "never mind/1" });
    await scene.tell(alice, "never mind");
    await claude.waitForRequests(1);
    await scene.tell(alice, "/stop", { writtenOut: true });
    await alice.hears("Stopped");
    gate.release();
  },
  answers: () => [/^Stopped/],
  asks: ["never mind/1"],
};

/** A server's tool asks, and is allowed. Killed once it may have begun, it is not begun again. */
export const asking: Story = {
  title: "a tool that asks",
  settings: { mcp: { kitchen: { command: [process.execPath, KITCHEN] } } },
  async play(scene) {
    const { alice, theatre } = scene;
    await serving(theatre);
    await scene.tell(alice, PUT_AWAY);
    await alice.hears("may I use");
    await scene.tell(alice, "/approve", { writtenOut: true });
    await alice.hears("Allowed");
    await alice.hears("Answer to: put the milk away");
  },
  answers: ({ spot }) => [
    /may I use/,
    "Allowed.",
    spot.step === "store.moveApproval" && spot.moment === "after"
      ? /^Answer to: put the milk away: result unknown/
      : "Answer to: put the milk away: milk is in the fridge",
  ],
  asks: [`${PUT_AWAY}/1`, `${PUT_AWAY}/2`],
};

/** The platform does not take an answer at first. */
function refused(how: "for now" | "failing"): Story {
  return {
    title: `a send that is refused at first, ${how}`,
    async play(scene) {
      scene.ground.refuse(how, 1);
      await scene.tell(scene.alice, "hello");
      await scene.alice.hears("Answer to: hello");
    },
    answers: () => ["Answer to: hello"],
    asks: ["hello/1"],
  };
}

export const refusedForNow = refused("for now");
export const failing = refused("failing");

/** The thread that was opened for an answer is gone: the answer goes outside, unless nobody has written that down. */
export const threadGone: Story = {
  title: "a thread that is gone",
  strategy: "per-thread",
  async play(scene) {
    scene.ground.refuse("thread", 2);
    await scene.tell(scene.alice, "plan a trip");
    await scene.alice.hears("Answer to: plan a trip");
  },
  answers: ({ spot }) => [
    "Answer to: plan a trip",
    ...(spot.moment === "after" ? [/^I could not answer in the thread/] : []),
  ],
  asks: ["plan a trip/1"],
};

/** The platform will never take an answer, also when it is sent again after the kill. */
export const refusedForGood: Story = {
  title: "an answer that is refused",
  async play(scene) {
    scene.ground.refuse("for good", scene.spot.moment === "before" ? 2 : 1);
    await scene.tell(scene.alice, "hello");
    await scene.alice.hears(/cannot be posted|cannot tell/);
  },
  // Killed before it is written down that it was refused, nobody knows whether it was taken.
  answers: ({ spot }) => [
    spot.moment === "before" ? /^I cannot tell whether my answer/ : /^I had an answer .* cannot be/,
  ],
  asks: ["hello/1"],
  fails: true,
};

/** An answer is shown while it is written. */
export const draft: Story = {
  title: "a draft",
  async play(scene) {
    const { claude, alice } = scene;
    const gate = claude.hold({ afterDeltas: 20 });
    await scene.tell(alice, "tell me");
    await scene.killed;
    gate.release();
    await alice.hears("word59");
  },
  answers: () => [TALE],
  asks: ["tell me/1"],
};

/** What was shown of an answer cannot become the whole of it, nor can that be sent in its place at first. */
export const draftLeft: Story = {
  ...draft,
  title: "a draft that cannot be changed",
  async play(scene) {
    const { claude, alice, ground } = scene;
    const gate = claude.hold({ afterDeltas: 20 });
    await scene.tell(alice, "tell me");
    await alice.hears("word19");
    ground.refuse("editing", 1);
    ground.refuse("for good", 1);
    gate.release();
    await scene.risen;
    await alice.hears("word59");
  },
};

/** What is shown of an answer is taken back. */
export const takingBack: Story = {
  title: "a draft that is taken back",
  async play(scene) {
    const { claude, alice } = scene;
    const gate = claude.hold({ afterDeltas: 20, when: (request) => stepOf(request) === "tell me/1" });
    await scene.tell(alice, "tell me");
    await alice.hears("word19");
    await scene.tell(alice, "/stop", { writtenOut: true });
    await alice.hears("Stopped");
    await scene.killed;
    gate.release();
  },
  answers: () => [/^Stopped/],
  asks: ["tell me/1"],
};
