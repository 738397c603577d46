import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import { brokenAfter, emptyStream, hang, status } from "../../fakes/anthropic/steps.ts";
import type { Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";
import { wordsOf } from "./words.ts";

/** Who waits for whom, who may stop what, and what happens when a run goes wrong; played on every platform. */
export function queueing(openStage: () => Promise<Stage>): void {
  async function play(options: TheatreOptions = {}) {
    const theatre = await Theatre.open(await openStage(), { strategy: "shared", ...options });
    const { claude, stage } = theatre;
    claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
    const [alice, bob, carol] = [await stage.person("Alice"), await stage.person("Bob"), await stage.person("Carol")];
    return { theatre, claude, stage, alice, bob, carol };
  }

  describe("one queue", () => {
    test("A runs; B, then C write: three runs with three right authors", async () => {
      const { claude, alice, bob, carol } = await play();
      const gate = claude.hold();
      await alice.says("one");
      await claude.waitForInFlight(1);
      await bob.says("two");
      await carol.says("three");
      gate.release();
      await alice.hears("Answer to: one");
      await bob.hears("Answer to: two");
      await carol.hears("Answer to: three");
      const authors = claude.requests.map(({ body }) => lastUserText(body).match(/from="([^"]*)"/)?.[1]);
      expect(authors).toEqual([alice.id, bob.id, carol.id]);
    });

    test("A corrects A while B waits: the correction neither overtakes nor merges with B's message", async () => {
      const { claude, stage, alice, bob } = await play();
      const gate = claude.hold();
      await alice.says("first");
      await claude.waitForInFlight(1);
      await bob.says("mine");
      await alice.says("correction");
      gate.release();
      await alice.hears("Answer to: correction");
      expect(stage.botSaid().map(({ text }) => text)).toEqual([
        "Answer to: first",
        "Answer to: mine",
        "Answer to: correction",
      ]);
      expect(lastUserText(claude.requests[1]?.body as never)).not.toContain("correction");
    });

    test("only consecutive messages of one author are one turn, and the answer quotes the last of them", async () => {
      const { claude, alice, bob } = await play();
      const gate = claude.hold();
      await alice.says("zero");
      await claude.waitForInFlight(1);
      await alice.says("one");
      const last = await alice.says("two");
      await bob.says("three");
      await alice.says("four");
      gate.release();
      await alice.hears("four");
      expect(claude.requests).toHaveLength(4);
      // Whoever was answered goes behind the others: Bob's turn comes before Alice's next one.
      const turns = claude.requests.map(({ body }) =>
        JSON.stringify(body.messages.at(-1)).match(/zero|one|two|three|four/g),
      );
      expect(turns).toEqual([["zero"], ["three"], ["one", "two"], ["four"]]);
      expect((await alice.hears("two")).quotes).toBe(last.id);
    });

    test("a flooder is told at the limit, and each of the others waits for one turn of theirs at most", async () => {
      const { claude, stage, alice, bob, carol } = await play({
        settings: { queue: { settleMs: 100, maxWaitingPerUser: 5 } },
      });
      const gate = claude.hold();
      await alice.says("flood 0");
      await claude.waitForInFlight(1);
      for (let i = 1; i <= 12; i++) await alice.says(`flood ${i}`);
      await bob.says("from bob");
      await carol.says("from carol");
      await alice.hears("You already have 5 messages waiting");
      gate.release();
      await alice.hears("flood 5");
      const answers = stage.botSaid().map(({ text }) => text);
      expect(answers.filter((text) => text.includes("already have"))).toHaveLength(1);
      expect(answers.findIndex((text) => text.includes("from bob"))).toBeLessThan(
        answers.findIndex((text) => text.includes("flood 5")),
      );
      expect(answers.findIndex((text) => text.includes("from carol"))).toBeLessThan(
        answers.findIndex((text) => text.includes("flood 5")),
      );
      expect(answers.join()).not.toContain("flood 6");
      expect(claude.requests.every(({ aborted }) => !aborted)).toBe(true);
    });

    test("/stop by B does not stop A's run", async () => {
      const { claude, alice, bob } = await play();
      const gate = claude.hold();
      await alice.says("keep going");
      await claude.waitForInFlight(1);
      await bob.says("/stop");
      await bob.hears("somebody else's");
      gate.release();
      await alice.hears("Answer to: keep going");
      expect(claude.requests[0]?.aborted).toBe(false);
    });

    test("/stop stops one's own run and what one has waiting; the next in the queue is answered", async () => {
      const { claude, stage, alice, bob } = await play();
      const gate = claude.hold({ when: ({ body }) => lastUserText(body).includes("never mind") });
      await alice.says("never mind");
      await claude.waitForInFlight(1);
      await alice.says("also never mind");
      await bob.says("my turn");
      await alice.says("/stop");
      expect((await alice.hears("Stopped.")).text).toContain("Dropped 1 waiting message.");
      await bob.hears("Answer to: my turn");
      gate.release();
      await claude.requests[0]?.ended;
      expect(claude.requests[0]?.aborted).toBe(true);
      expect(stage.botSaid().some(({ text }) => text.includes("never mind"))).toBe(false);
      expect(claude.requests).toHaveLength(2);
    });

    test("commands never wait behind a run", async () => {
      const { theatre, claude, alice, bob } = await play();
      const gate = claude.hold();
      await alice.says("something long");
      await claude.waitForInFlight(1);
      await bob.says("/status");
      const { text } = await bob.hears("Strategy");
      expect(text).toContain("shared");
      expect(text).toContain(`agent:main:${theatre.stage.platform}:${theatre.stage.groupKind}:`);
      expect(text).toContain("answering Alice");
      await bob.says("/help");
      await bob.hears("/stop");
      gate.release();
      await alice.hears("something long");
    });

    test("a shared conversation is not one person's to end; one's own is", async () => {
      const { claude, alice, bob } = await play();
      await alice.says("remember apples");
      await alice.hears("apples");
      await bob.says("/new");
      await bob.hears("only an admin");
      await bob.says("what was it?");
      await bob.hears("what was it");
      expect(promptOf(claude.requests[1] as never)).toContain("apples");
      await bob.says("in private: pears", { inPrivate: true });
      await bob.hears("pears", { inPrivate: true });
      await bob.says("/new", { inPrivate: true });
      await bob.hears("we start with nothing", { inPrivate: true });
      await bob.says("and now?", { inPrivate: true });
      await bob.hears("and now", { inPrivate: true });
      expect(promptOf(claude.requests.at(-1) as never)).not.toContain("pears");
    });

    test("a command that does not exist gets a hint", async () => {
      const { alice } = await play();
      await alice.says("/statsu", { inPrivate: true });
      await alice.hears("/status", { inPrivate: true });
    });
  });

  describe("runs that go wrong", () => {
    test("a model call that never returns is bounded: its author is told and the lane goes on", async () => {
      const { claude, alice, bob } = await play({ settings: { runs: { timeoutMs: 700 } } });
      claude.script(hang);
      await alice.says("into the void");
      await claude.waitForInFlight(1);
      await bob.says("still there?");
      await alice.hears("I did not get this done");
      await bob.hears("Answer to: still there?");
      expect(claude.requests[0]?.aborted).toBe(true);
    });

    test("a request that the provider refuses ends with an apology to its author, not in silence", async () => {
      const { theatre, claude, alice, bob } = await play();
      claude.script(status(401, { message: "invalid x-api-key" }));
      const asked = await alice.says("hello?");
      expect((await alice.hears("not set up correctly")).quotes).toBe(asked.id);
      await bob.says("and now?");
      await bob.hears("Answer to: and now?");
      expect(theatre.logged.join()).toContain('"failure":"unauthorized"');
    });

    test("an overload before any text is tried once more and nobody notices", async () => {
      const { claude, stage, alice } = await play();
      claude.script(brokenAfter(0, "overloaded_error"));
      await alice.says("busy?");
      await alice.hears("Answer to: busy?");
      expect(stage.botSaid()).toHaveLength(1);
    });

    test("a stream that fails in the middle leaves one final text", async () => {
      const { claude, stage, alice } = await play();
      claude.script(brokenAfter(3, "overloaded_error", "these words are never final words"));
      await alice.says("tell me");
      // What nobody has seen is tried again; what was shown as it came cannot be taken back.
      await alice.hears(stage.showsText ? "too much to do" : "Answer to: tell me");
      await alice.says("again");
      await alice.hears("Answer to: again");
      expect(stage.botSaid()).toHaveLength(2);
      expect(
        stage
          .botSaid()
          .map(({ text }) => text)
          .join("\n"),
      ).not.toContain("never final");
    });

    test("an empty answer is said to be one", async () => {
      const { claude, alice } = await play();
      claude.script(emptyStream, emptyStream);
      await alice.says("say nothing");
      await alice.hears(/nothing to say|cannot reach/);
    });

    test("neither what people write, nor prompts, nor keys are logged", async () => {
      const { theatre, claude, alice } = await play();
      claude.script(status(400, { message: "the canary-word prompt was refused" }));
      await alice.says("canary-word");
      await alice.hears("would not take this");
      const log = theatre.logged.join("\n");
      expect(log).toContain("run failed");
      for (const secret of ["canary-word", "sk-secret-key", "TEST-TOKEN"]) expect(log).not.toContain(secret);
    });
  });
}
