import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import { letIn } from "../stage/pairing.ts";
import type { Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";
import { wordsOf } from "./words.ts";

/** Whose rights count when several people share a queue; played on every platform. */
export function rights(openStage: () => Promise<Stage>): void {
  async function play(options: TheatreOptions = {}) {
    const theatre = await Theatre.open(await openStage(), { strategy: "shared", ...options });
    const { claude, stage } = theatre;
    claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
    const [alice, bob, carol] = [await stage.person("Alice"), await stage.person("Bob"), await stage.person("Carol")];
    return { theatre, claude, stage, alice, bob, carol };
  }

  describe("in one queue", () => {
    test("/stop drops one's own waiting text and leaves others alone; an admin's stops who is being answered, and /stop all everybody", async () => {
      const { theatre, claude, stage, alice, bob, carol } = await play();
      await theatre.admin(alice);
      const gate = claude.hold();
      await bob.says("the first one");
      await claude.waitForInFlight(1);
      await theatre.taking(1, () => carol.says("never mind"));
      await theatre.ask(carol, "/stop", "Dropped 1 waiting message.");
      expect(claude.requests[0]?.aborted).toBe(false);
      await theatre.ask(alice, "/stop", "Stopped.");
      await bob.hears("An admin of this chat has stopped");
      await claude.requests[0]?.ended;
      expect(claude.requests[0]?.aborted).toBe(true);

      await bob.says("the second one");
      await claude.waitForInFlight(1);
      await theatre.taking(1, () => carol.says("not this either"));
      const { text } = await theatre.ask(alice, "/stop all", "Stopped.");
      expect(text).toContain("Dropped 1 waiting message.");
      await bob.hears("An admin of this chat has stopped");
      gate.release();
      await theatre.ask(alice, "marker", "Answer to: marker");
      expect(claude.requests).toHaveLength(3);
      expect(claude.requests.map(promptOf).join()).not.toMatch(/never mind|not this either/);
      expect(stage.botSaid().some(({ text: said }) => said.startsWith("Answer to: the"))).toBe(false);
      const by = `${stage.platform}:${alice.id}`;
      const audit = await theatre.store((store) => store.audit());
      expect(audit.filter(({ what }) => what === "answers stopped")).toMatchObject([{ by }, { by }]);
    });

    test("B's turn behind A's has B's rights and B's quota, whoever A is", async () => {
      const { theatre, claude, alice, bob, carol } = await play();
      await theatre.owner(alice);
      await theatre.ask(alice, "/settings userRunsPerDay 1", "From now");
      await theatre.ask(bob, "used up", "Answer to: used up");
      const gate = claude.hold();
      const asked = await alice.says("the owner asks");
      await claude.waitForInFlight(1);
      const other = await bob.says("behind the owner");
      const third = await carol.says("behind both");
      await theatre.ask(bob, "/usage chat", "Only an admin");
      await theatre.ask(bob, "/settings userRunsPerDay 9", "Only an owner");
      gate.release();
      await alice.hears("Answer to: the owner asks", { answering: asked });
      const { text } = await bob.hears("You have used up", { answering: other });
      expect(text).toMatch(/a day: 1 answers?\. I can answer again at 00:00 UTC, in (\d+ h )?\d+ min/);
      await carol.hears("Answer to: behind both", { answering: third });
      expect(claude.requests.map(({ body }) => lastUserText(body)).join()).not.toContain("behind the owner");
      // Alice's own is used up now, though she owns the bot; nobody's turn before hers was taken for hers.
      await theatre.ask(alice, "once more", "You have used up");
    });

    test("a new strategy leaves alone what runs and waits: it ends under the old one, and /stop finds it; a non-admin's attempt writes nothing", async () => {
      const { theatre, claude, alice, bob, carol } = await play();
      const dan = await theatre.stage.person("Dan");
      await theatre.admin(alice);
      const gate = claude.hold();
      const first = await bob.says("the first one");
      await claude.waitForInFlight(1);
      await theatre.taking(1, () => carol.says("the second one"));
      await theatre.taking(1, () => dan.says("the third one"));
      const before = await theatre.store((store) => store.audit());
      await theatre.ask(carol, "/strategy per-user", "Only an admin");
      await theatre.ask(carol, "/strategy per-user --confirm", "Only an admin");
      expect(await theatre.store((store) => store.audit())).toEqual(before);
      expect((await theatre.store((store) => store.chats())).every(({ strategy }) => strategy === undefined)).toBe(
        true,
      );

      await theatre.agree(alice, "/strategy per-user", "From the next message on");
      // Under the new strategy Bob has a conversation of his own, which waits for nobody.
      const fourth = await bob.says("the fourth one");
      await claude.waitForInFlight(2);
      await theatre.ask(dan, "/stop", "Dropped 1 waiting message.");
      gate.release();
      await bob.hears("Answer to: the first one", { answering: first });
      await carol.hears("Answer to: the second one");
      await bob.hears("Answer to: the fourth one", { answering: fourth });
      const asked = claude.requests.map(({ body }) => wordsOf(lastUserText(body)));
      const prompts = claude.requests.map(promptOf);
      expect(asked.toSorted()).toEqual(["the first one", "the fourth one", "the second one"]);
      expect(prompts[asked.indexOf("the second one")]).toContain("the first one");
      expect(prompts[asked.indexOf("the fourth one")]).not.toContain("the first one");
      const carols = await theatre.ask(carol, "the fifth one", "Answer to: the fifth one");
      expect(carols.text).not.toContain("second");
      expect(claude.requests.map(promptOf).at(-1)).not.toContain("the second one");
    });

    test("what is set for a chat holds there whatever the strategy, in its threads as well, and who is let in stays so", async () => {
      const { theatre, claude, alice, bob, carol } = await play({ env: { PARLEY_ACCESS: "pairing" } });
      await theatre.owner(alice);
      await letIn(alice, bob, false);
      await theatre.ask(alice, "/settings extraPrompt Talk like a pirate.", "From now");
      await theatre.ask(alice, "/settings model claude-pirate", "From now");
      const last = () => ({
        prompt: promptOf(claude.requests.at(-1) as never),
        model: claude.requests.at(-1)?.body.model,
      });
      const asPirate = { prompt: expect.stringContaining("Talk like a pirate."), model: "claude-pirate" };
      for (const strategy of ["shared", "per-user", "tagged-hybrid", "per-thread"]) {
        await theatre.agree(alice, `/strategy ${strategy}`, "From the next message on");
        await bob.says(`under ${strategy}`);
        const answer = await bob.hears(`Answer to: under ${strategy}`);
        expect(last()).toEqual(asPirate);
        if (strategy !== "per-thread") continue;
        await carol.says("in its thread", { replyTo: answer });
        await carol.hears(/Answer to: .*in its thread/s);
        expect(last()).toEqual(asPirate);
        const how = "/settings extraPrompt Talk like a poet. --here";
        const { text } = await theatre.ask(alice, how, /From now|no thread of its own/, { replyTo: answer });
        // A chain of replies is no place of its own.
        const isPlace = text.includes("From now");
        expect(isPlace).toBe(["discord", "web"].includes(theatre.stage.platform));
        await carol.says("once more there", { replyTo: answer });
        await carol.hears(/Answer to: .*once more there/s);
        expect(last().prompt).toContain(isPlace ? "Talk like a poet." : "Talk like a pirate.");
        await bob.says("outside of it");
        await bob.hears("Answer to: outside of it");
        expect(last()).toEqual(asPirate);
      }
      await theatre.ask(alice, "in private", "Answer to: in private", { inPrivate: true });
      expect(last().prompt).not.toContain("pirate");
      await theatre.ask(carol, "in private", "I do not know you yet", { inPrivate: true });
    });
  });
}
