import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import type { Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";
import { wordsOf } from "./words.ts";

/** Two people at once, under each strategy; played on every platform. */
export function twoAtOnce(openStage: () => Promise<Stage>, how: Pick<TheatreOptions, "asProcess"> = {}): void {
  async function play(options: TheatreOptions) {
    const theatre = await Theatre.open(await openStage(), { ...how, ...options });
    const { claude, stage } = theatre;
    claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
    return { claude, alice: await stage.person("Alice"), bob: await stage.person("Bob") };
  }

  describe("two people at once", () => {
    test("per-user: both are answered side by side, neither request holds the other's text, each reply quotes its asker", async () => {
      const { claude, alice, bob } = await play({ strategy: "per-user" });
      const gate = claude.hold();
      const asked = await alice.says("the apple question");
      const other = await bob.says("the banana question");
      await claude.waitForInFlight(2);
      gate.release();
      expect(await alice.hears("apple")).toMatchObject({ quotes: asked.id });
      expect(await bob.hears("banana")).toMatchObject({ quotes: other.id });
      const [apple, banana] = ["apple", "banana"].map((word) =>
        claude.requests.find((r) => promptOf(r).includes(word)),
      );
      expect(promptOf(apple as never)).not.toContain("banana");
      expect(promptOf(banana as never)).not.toContain("apple");
    });

    test("shared: A runs, B waits and is answered second, and B's request holds A's turn and its answer", async () => {
      const { claude, alice, bob } = await play({ strategy: "shared" });
      const gate = claude.hold();
      const asked = await alice.says("the apple question");
      await claude.waitForInFlight(1);
      const other = await bob.says("the banana question");
      await bob.says("/status");
      await bob.hears("you are next");
      expect(claude.requests).toHaveLength(1);
      gate.release();
      expect(await bob.hears("banana")).toMatchObject({ quotes: other.id });
      expect(await alice.hears("apple")).toMatchObject({ quotes: asked.id });
      expect(claude.maxInFlight).toBe(1);
      expect(claude.requests).toHaveLength(2);
      expect(claude.requests[0]?.aborted).toBe(false);
      const second = promptOf(claude.requests[1] as never);
      expect(second).toContain("the apple question");
      expect(second).toContain("Answer to: ");
      expect(second).toContain(`from=\\"${alice.id}\\"`);
      expect(second).toContain(`from=\\"${bob.id}\\"`);
    });

    test("tagged-hybrid: one conversation in which code says who speaks", async () => {
      const { claude, alice, bob } = await play({ strategy: "tagged-hybrid" });
      await alice.says("the apple question");
      await alice.hears("apple");
      await bob.says("the banana question");
      await bob.hears("banana");
      const { system, messages } = claude.requests[1]?.body ?? {};
      expect(JSON.stringify(system)).toContain("Keep the people apart");
      const spoken = JSON.stringify(messages);
      expect(spoken.indexOf(`from=\\"${alice.id}\\"`)).toBeLessThan(spoken.indexOf(`from=\\"${bob.id}\\"`));
    });

    test("per-thread: two interactions are two sessions", async () => {
      const { claude, alice, bob } = await play({ strategy: "per-thread" });
      const gate = claude.hold();
      await alice.says("the apple question");
      await bob.says("the banana question");
      await claude.waitForInFlight(2);
      gate.release();
      const answer = await alice.hears("apple");
      await bob.hears("banana");
      await bob.says("and the cherry?", { replyTo: answer });
      await bob.hears("cherry");
      const joined = promptOf(claude.requests.find((request) => promptOf(request).includes("cherry")) as never);
      expect(joined).toContain("the apple question");
      expect(joined).not.toContain("the banana question");
      expect(joined).toContain(`from=\\"${bob.id}\\"`);
    });

    test("in private everybody has one conversation, whatever the strategy", async () => {
      for (const strategy of ["shared", "per-user", "per-thread", "tagged-hybrid"]) {
        const { claude, alice, bob } = await play({ strategy });
        await alice.says("the apple question", { inPrivate: true });
        await alice.hears("apple", { inPrivate: true });
        await bob.says("the banana question", { inPrivate: true });
        await bob.hears("banana", { inPrivate: true });
        await alice.says("the cherry question", { inPrivate: true });
        await alice.hears("cherry", { inPrivate: true });
        const last = promptOf(claude.requests.at(-1) as never);
        expect(last).toContain("apple");
        expect(last).not.toContain("banana");
        expect(last).not.toContain("<message");
      }
    });
  });
}
