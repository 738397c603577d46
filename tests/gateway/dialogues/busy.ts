import { describe, expect, test } from "vitest";
import { lastUserText, toolResults } from "../../fakes/anthropic/request.ts";
import { message, text, toolUse } from "../../fakes/anthropic/steps.ts";
import type { Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";

type How = Pick<TheatreOptions, "asProcess">;

/** A gateway in one busy mode and one conversation for all. */
export async function playBusy(stage: Stage, busy: "collect" | "steer" | "interrupt", how: How = {}) {
  const theatre = await Theatre.open(stage, { strategy: "shared", settings: { busy }, ...how });
  const { claude } = theatre;
  claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
  const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
  /** So many messages are with the gateway and are not being answered yet. */
  async function waits(count: number): Promise<void> {
    const now = async () => (await theatre.store((store) => store.counts())).waiting;
    await expect.poll(now, { interval: 10, timeout: 10_000 }).toBe(count);
  }
  return { theatre, claude, stage, alice, bob, waits };
}

/** What becomes of what people write while they are being answered; played on every platform. */
export function busyModes(openStage: () => Promise<Stage>): void {
  describe("busy modes", () => {
    test("steer: what one adds comes in after a tool's result and before the end, and one message answers all", async () => {
      const { claude, stage, alice, waits } = await playBusy(await openStage(), "steer");
      claude.script(message([text("Let me look."), toolUse("now")]), "It is late.", "And dark.");
      const gates = [0, 1].map((index) => claude.hold({ when: (request) => request.index === index }));
      const asked = await alice.says("what time is it?");
      await claude.waitForInFlight(1);
      await alice.says("in Lisbon");
      await waits(1);
      gates[0]?.release();
      const [, second] = await claude.waitForRequests(2);
      expect(toolResults(second?.body as never)).toHaveLength(1);
      expect(lastUserText(second?.body as never)).toContain("in Lisbon");
      await alice.says("is it dark there?");
      await waits(1);
      gates[1]?.release();
      const answer = await alice.hears("And dark.");
      expect(answer.text).toMatch(/Let me look\.\s+It is late\.\s+And dark\./);
      expect(answer.quotes).toBe(asked.id);
      expect(claude.requests).toHaveLength(3);
      expect(claude.requests.every(({ aborted }) => !aborted)).toBe(true);
      expect(lastUserText(claude.requests[2]?.body as never)).toContain("is it dark there?");
      expect(stage.botSaid()).toHaveLength(1);
    });

    test("interrupt: the answer is broken off, what there is of it is kept, and one message answers both", async () => {
      const { claude, stage, alice, bob } = await playBusy(await openStage(), "interrupt");
      claude.script("Red is what I would take, because it goes with everything");
      const gate = claude.hold({ afterDeltas: 4, when: ({ index }) => index === 0 });
      await alice.says("red or blue?");
      await gate.reached();
      // By the time that this is answered, what the model has sent has come.
      const looked = await alice.says("/queue");
      await alice.hears("I am answering you", { answering: looked });
      await alice.says("I meant for the door");
      const [first, second] = await claude.waitForRequests(2);
      await first?.ended;
      expect(first?.aborted).toBe(true);
      const roles = second?.body.messages.map(({ role }) => role);
      expect(roles).toEqual(["user", "assistant", "user"]);
      expect(JSON.stringify(second?.body.messages[1])).toMatch(/Red.*…/);
      expect(lastUserText(second?.body as never)).toContain("I meant for the door");
      const answer = await alice.hears("Answer to: I meant for the door");
      expect(answer.text).toMatch(/^Red.*…\s+Answer to/s);
      // What was broken off is part of the conversation that everybody here shares.
      await bob.says("which one was it?");
      await bob.hears("which one was it");
      expect(promptOf(claude.requests[2] as never)).toMatch(/Red.*…/);
      expect(stage.botSaid().filter(({ text: said }) => said.includes("Red"))).toHaveLength(1);
    });

    test("neither is for anybody else's message, nor overtakes one", async () => {
      const { theatre, claude, stage, alice, bob, waits } = await playBusy(await openStage(), "interrupt");
      const gate = claude.hold({ when: ({ index }) => index === 0 });
      await alice.says("first");
      await claude.waitForInFlight(1);
      await bob.says("from bob");
      await waits(1);
      await alice.says("second");
      await waits(2);
      expect(claude.requests).toHaveLength(1);
      expect(claude.requests[0]?.aborted).toBe(false);
      gate.release();
      await alice.hears("Answer to: second");
      expect(stage.botSaid().map(({ text }) => text)).toEqual([
        "Answer to: first",
        "Answer to: from bob",
        "Answer to: second",
      ]);
      expect(await theatre.store((store) => store.counts())).toMatchObject({ waiting: 0, running: 0 });
    });

    test("chosen in the chat it holds from the next message on; /stop stops all that came together", async () => {
      const { theatre, claude, stage, alice, bob, waits } = await playBusy(await openStage(), "collect");
      if (stage.setAdmin === undefined) await theatre.owner(alice);
      else stage.setAdmin(alice, true);
      const refused = await bob.says("/settings busy steer");
      await bob.hears("Only an admin", { answering: refused });
      const chosen = await alice.says("/settings busy steer");
      await alice.hears("steer", { answering: chosen });
      claude.script("One.");
      const gate = claude.hold({ when: ({ body }) => !promptOf({ body } as never).includes("never mind") });
      await bob.says("one");
      await claude.waitForInFlight(1);
      await bob.says("never mind");
      await waits(1);
      const held = claude.hold({ when: ({ body }) => promptOf({ body } as never).includes("never mind") });
      gate.release();
      await held.reached();
      const stopped = await bob.says("/stop");
      await bob.hears("Stopped.", { answering: stopped });
      await claude.requests[1]?.ended;
      expect(claude.requests[1]?.aborted).toBe(true);
      held.release();
      await alice.says("who is next?");
      await alice.hears("Answer to: who is next?");
      const said = stage.botSaid().map((heard) => heard.text);
      expect(said.join()).not.toMatch(/One\.|never mind/);
      expect(claude.requests).toHaveLength(3);
    });
  });
}

/** The program is killed right before or right after what somebody adds is taken in; played as a process. */
export function busyCrashes(openStage: () => Promise<Stage>): void {
  test.each([
    ["steer", "before"],
    ["steer", "after"],
    ["interrupt", "after"],
  ] as const)("%s: killed right %s a message comes in, both are answered, once", async (busy, moment) => {
    const { theatre, claude, stage, alice, waits } = await playBusy(await openStage(), busy, { asProcess: true });
    if (busy === "steer") claude.script(message([text("Let me look."), toolUse("now")]));
    const gates = [0, 1].map((index) => claude.hold({ when: (request) => request.index === index }));
    await alice.says("first");
    await claude.waitForRequests(1);
    await alice.says("second");
    if (busy === "steer") await waits(1);
    if (moment === "after") {
      if (busy === "steer") gates[0]?.release();
      await claude.waitForRequests(2);
    }
    await theatre.gateway.kill();
    for (const gate of gates) gate.release();
    await theatre.rise();
    await alice.hears("Answer to: second");
    const counts = () => theatre.store((store) => store.counts());
    await expect.poll(counts, { interval: 10 }).toMatchObject({ waiting: 0, running: 0, pendingDeliveries: 0 });
    const said = stage.botSaid().map((heard) => heard.text);
    expect(said.filter((each) => each.includes("second"))).toHaveLength(1);
    const [first, last] = [claude.requests.at(-2), claude.requests.at(-1)];
    for (const words of ["first", "second"]) expect(promptOf(last as never).match(RegExp(words, "g"))).toHaveLength(1);
    // What was taken in before the crash is not put together anew.
    if (moment === "after") expect(last?.body.messages).toEqual(first?.body.messages);
  });
}

/** What a person said, without the envelope around it and without mentions. */
function wordsOf(spoken: string): string {
  return spoken.replace(/<[^>]*>|@\w+/g, "").trim();
}
