import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import { asksIn } from "../stage/pairing.ts";
import type { Person, Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";
import { wordsOf } from "./words.ts";

const PRIVATE = { inPrivate: true } as const;

/** Who gets in, who decides on it, and who is kept out; played on every platform. */
export function lettingIn(openStage: () => Promise<Stage>): void {
  async function play(access: "pairing" | "open", options: TheatreOptions = {}) {
    const theatre = await Theatre.open(await openStage(), {
      strategy: "shared",
      ...options,
      env: { PARLEY_ACCESS: access },
    });
    const { claude, stage } = theatre;
    claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
    const [olga, ann, bob] = [await stage.person("Olga"), await stage.person("Ann"), await stage.person("Bob")];
    const spoken = () => claude.requests.map(promptOf).join();
    return { theatre, claude, stage, olga, ann, bob, spoken };
  }

  describe("pairing", () => {
    test("somebody unknown is told once how to get in, an owner lets them in, and nobody else's chat with them", async () => {
      const { theatre, claude, olga, ann, bob, spoken } = await play("pairing");
      await theatre.owner(olga);
      const code = await asksIn(ann);
      await theatre.taking(2, async () => {
        await ann.says("anybody?", PRIVATE);
        await ann.says("/status", PRIVATE);
      });
      const others = await asksIn(bob);
      expect(others).not.toBe(code);
      expect(claude.requests).toEqual([]);
      const deliveries = await theatre.store((store) => store.counts());
      expect(deliveries.waiting).toBe(0);

      // Knowing a code gives no right: Ann has it herself.
      const list = await theatre.ask(olga, "/pair", "Ann", PRIVATE);
      expect(list.text).toContain("Bob");
      expect(list.text).toContain(code);
      await olga.picks(list, `Let in ${code}`);
      await olga.hears(/Let in: Ann/, PRIVATE);
      await ann.hears("You are let in", PRIVATE);
      await theatre.ask(ann, "and now?", "Answer to: and now?", PRIVATE);
      await theatre.taking(1, () => bob.says("me too?", PRIVATE));
      expect(spoken()).not.toContain("me too?");
      // What was said before is not answered later.
      expect(spoken()).not.toContain("anybody?");

      await theatre.ask(olga, `/pair dismiss ${others}`, "Taken away", PRIVATE);
      await theatre.ask(olga, `/pair approve ${others}`, "no such code", PRIVATE);
      // Whoever was sent away may ask again, and no more than three at a time.
      expect(await asksIn(bob)).not.toBe(others);
      for (const name of ["Carl", "Dora"]) await asksIn(await theatre.stage.person(name));
      const late = await theatre.stage.person("Eve");
      const full = await theatre.ask(late, "hello", "too many others are asking", PRIVATE);
      expect(full.text).not.toContain("/pair approve");
      const audit = await theatre.store((store) => store.audit());
      expect(audit.every(({ by }) => by.endsWith(`:${olga.id}`))).toBe(true);
    });

    test("a group is let in as a whole, and tells one of its people how; who is let in there is not in private", async () => {
      const { theatre, stage, olga, ann, bob, spoken } = await play("pairing");
      await theatre.owner(olga);
      const code = await asksIn(ann, { inPrivate: false });
      await theatre.taking(2, async () => {
        await bob.says("and for me?");
        await ann.says("/help", { writtenOut: true });
      });
      expect(stage.botSaid()).toHaveLength(1);
      // An owner is answered wherever it is.
      await theatre.ask(olga, "only me?", "Answer to: only me?");
      await theatre.ask(olga, `/pair approve ${code}`, "Let in", PRIVATE);
      await ann.hears("You are let in");
      await theatre.ask(bob, "thank you", "Answer to: thank you");
      await asksIn(bob);
      expect(spoken()).not.toContain("and for me?");
    });

    test("whoever guesses codes is refused after five, the right one too", async () => {
      const { theatre, olga, ann } = await play("pairing");
      await theatre.owner(olga);
      const code = await asksIn(ann);
      for (const wrong of ["2222", "3333", "4444", "5555", "6666"]) {
        await theatre.ask(olga, `/pair approve ${wrong}2345`, /no such code|Too many/, PRIVATE);
      }
      const { text } = await theatre.ask(olga, `/pair approve ${code}`, "Too many wrong codes", PRIVATE);
      expect(text).toMatch(/until \d\d:\d\d UTC/);
      expect(await theatre.store((store) => store.pairings())).toHaveLength(1);
    });
  });

  describe("what is decided on the command line", () => {
    test("counts in the running gateway: who is let in is told, who is blocked is stopped", async () => {
      const { theatre, claude, ann } = await play("pairing");
      const code = await asksIn(ann);
      await theatre.store((store) =>
        store.approve(code.replace("-", ""), "cli:test", "You are let in: write to me now."),
      );
      await ann.hears("You are let in", PRIVATE);
      claude.hold();
      await ann.says("a long one", PRIVATE);
      await claude.waitForInFlight(1);
      await theatre.store(async (store) => {
        const [entry] = await store.accessEntries();
        if (entry !== undefined) await store.setAccess(entry, "blocked", "cli:test");
      });
      await claude.requests[0]?.ended;
      expect(claude.requests[0]?.aborted).toBe(true);
    });
  });

  describe("the first owner", () => {
    test("is who says the code in private, once; guessing locks whoever guesses", async () => {
      const { theatre, olga, ann, bob } = await play("pairing");
      for (const wrong of ["2222", "3333", "4444", "5555", "6666"]) {
        await theatre.ask(ann, `/claim ${wrong}2345`, /not the code|Too many/, PRIVATE);
      }
      await theatre.ask(ann, `/claim ${theatre.claimCode}`, "Too many wrong codes", PRIVATE);
      await theatre.owner(olga);
      expect(await owners(theatre)).toEqual([olga.id]);
      // There is nothing to claim any more: Bob is unknown like anybody else.
      await theatre.ask(bob, `/claim ${theatre.claimCode}`, "/pair approve", PRIVATE);
      await theatre.ask(olga, "at your service?", "Answer to: at your service?");
      expect(await owners(theatre)).toEqual([olga.id]);
    });

    test.each(["pairing", "open"] as const)("%s: a code that was said in a group is void", async (access) => {
      const { theatre, olga, ann } = await play(access);
      await theatre.ask(ann, `/claim ${theatre.claimCode}`, /is void/, { writtenOut: true });
      const tried = await olga.says(`/claim ${theatre.claimCode}`, PRIVATE);
      await olga.hears(/No code is valid|\/pair approve/, { inPrivate: true, answering: tried });
      expect(await owners(theatre)).toEqual([]);
    });
  });

  describe("who is blocked", () => {
    test("loses what runs and what waits, is told nothing, there and in private, and can be taken back", async () => {
      const { theatre, claude, stage, olga, ann, bob, spoken } = await play("open");
      await theatre.owner(olga);
      const gate = claude.hold();
      const running = await ann.says("the first one");
      await claude.waitForInFlight(1);
      await theatre.taking(1, () => bob.says("Bob's turn"));
      await theatre.taking(1, () => ann.says("the second one"));
      const { text } = await theatre.ask(olga, "/block", "Blocked:", { replyTo: running });
      expect(text).toContain("2 messages of theirs will not be answered");
      await claude.requests[0]?.ended;
      expect(claude.requests[0]?.aborted).toBe(true);
      gate.release();
      await bob.hears("Answer to: Bob's turn");
      const said = stage.botSaid().length;
      await theatre.taking(4, async () => {
        await ann.says("the third one");
        await ann.says("/status", { writtenOut: true });
        await ann.says("the fourth one", PRIVATE);
        await ann.says("/help", { inPrivate: true, writtenOut: true });
      });
      await theatre.ask(bob, "marker", "Answer to: marker");
      expect(stage.botSaid()).toHaveLength(said + 1);
      expect(spoken()).not.toMatch(/the second one|the third one|the fourth one/);
      await theatre.ask(olga, `/unblock ${ann.id}`, "not blocked any more");
      await theatre.ask(ann, "am I back?", "Answer to: am I back?");
      await theatre.ask(ann, "here too?", "Answer to: here too?", PRIVATE);
    });
  });
}

async function owners(theatre: Theatre): Promise<Array<Person["id"]>> {
  const entries = await theatre.store((store) => store.accessEntries());
  return entries.filter(({ rule }) => rule === "owner").map(({ id }) => id);
}
