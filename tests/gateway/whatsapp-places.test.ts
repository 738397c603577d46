import { beforeEach, describe, expect, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import type { FakeContact } from "../fakes/whatsapp/fake-contact.ts";
import type { FakeGroup } from "../fakes/whatsapp/fake-group.ts";
import type { FakeWhatsApp } from "../fakes/whatsapp/fake-whatsapp.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

const HOUR = 60 * 60 * 1_000;

/** What only WhatsApp has: chains of replies as threads, people of two names, messages that wait with the platform. */
describe("WhatsApp", () => {
  let stage: WhatsAppStage;
  let theatre: Theatre;
  let wa: FakeWhatsApp;
  let group: FakeGroup;
  let alice: FakeContact;
  let bob: FakeContact;
  let carol: FakeContact;

  beforeEach(async () => {
    stage = await WhatsAppStage.open();
    ({ wa, group } = stage);
    [alice, bob, carol] = [wa.contact("Alice"), wa.contact("Bob"), wa.contact("Carol")];
    for (const contact of [alice, bob, carol]) await group.add(contact);
  });

  async function open(options: TheatreOptions = {}): Promise<void> {
    theatre = await Theatre.open(stage, options);
    theatre.claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
  }

  const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();
  const ask = (who: FakeContact, text: string, how: Parameters<FakeContact["writes"]>[1] = {}) =>
    who.writes(text, { in: group, mention: true, ...how });
  const changes = (count: number) =>
    expect.poll(() => stage.changesTaken(), { interval: 5, timeout: 10_000 }).toBe(count);
  const prompts = () => theatre.claude.requests.map(promptOf);
  const texts = () => wa.sent.map(({ text }) => text);
  const keys = async () => {
    const answer = await ask(alice, "/status").then(() => wa.waitFor("agent:main:whatsapp"));
    return answer.text;
  };

  describe("a group of three", () => {
    test("per-user: three conversations, three answers side by side", async () => {
      await open({ strategy: "per-user" });
      const gate = theatre.claude.hold();
      const asked = [await ask(alice, "apple"), await ask(bob, "banana"), await ask(carol, "cherry")];
      await theatre.claude.waitForInFlight(3);
      gate.release();
      for (const [i, fruit] of ["apple", "banana", "cherry"].entries()) {
        expect((await wa.waitFor(`Answer to: ${fruit}`)).quotes?.id).toBe(asked[i]?.id);
      }
      for (const prompt of prompts()) expect(prompt.match(/apple|banana|cherry/g)).toHaveLength(1);
      expect(await keys()).toContain(`user:${alice.lid}%40lid`);
    });

    test.each(["shared", "tagged-hybrid"])(
      "%s: one conversation, one after the other, each named",
      async (strategy) => {
        await open({ strategy });
        const gate = theatre.claude.hold();
        await ask(alice, "apple");
        await theatre.claude.waitForInFlight(1);
        await ask(bob, "banana");
        await ask(carol, "cherry");
        gate.release();
        await wa.waitFor("Answer to: cherry");
        expect(texts()).toEqual(["apple", "banana", "cherry"].map((fruit) => `Answer to: ${fruit}`));
        expect(theatre.claude.maxInFlight).toBe(1);
        for (const { lid } of [alice, bob, carol]) expect(prompts()[2]).toContain(`from=\\"${lid}@lid\\"`);
      },
    );

    test("per-thread: a quoted reply goes on with its chain, the bot's message or anybody's, after a restart too", async () => {
      await open({ strategy: "per-thread" });
      const opening = await ask(alice, "plan a trip");
      await ask(bob, "fix my bike");
      const [trip] = [await wa.waitFor("plan a trip"), await wa.waitFor("fix my bike")];
      // A reply to the bot needs no mention.
      await carol.writes("by train?", { in: group, quote: trip });
      await wa.waitFor("by train?");
      await theatre.restart();
      const later = await ask(bob, "or by boat?", { quote: opening });
      await wa.waitFor("or by boat?");
      await ask(alice, "and when?", { quote: later });
      await wa.waitFor("and when?");
      const [, , train, boat, when] = prompts();
      for (const prompt of [train, boat, when]) {
        expect(prompt).toContain("plan a trip");
        expect(prompt).not.toContain("fix my bike");
      }
      expect(when).toContain("by train?");
      expect(when).toContain("or by boat?");
      await ask(carol, "something new");
      await wa.waitFor("something new");
      expect(prompts().at(-1)).not.toContain("plan a trip");
    });
  });

  describe("people of two names", () => {
    test("a number first and its LID later: one person, one conversation, with its history, in private and in a group", async () => {
      const dave = wa.contact("Dave", { addressing: "phone", tellsOther: false });
      const other = wa.group("Numbers", [dave, alice], { addressing: "phone" });
      await open({ strategy: "per-user" });
      await dave.writes("I like blue");
      await wa.waitFor("I like blue");
      await dave.writes("I like tea", { in: other, mention: true });
      await wa.waitFor("I like tea");
      wa.learnMapping(dave);
      dave.addressedBy("lid");
      await dave.writes("which colour?");
      await wa.waitFor("which colour?");
      await dave.writes("which drink?", { in: other, mention: true });
      await wa.waitFor("which drink?");
      expect(prompts()[2]).toContain("I like blue");
      expect(prompts()[3]).toContain("I like tea");
    });

    test("an owner who is listed by number administers under a LID, and who is allowed by LID is let in by number", async () => {
      const dave = wa.contact("Dave", { addressing: "phone", tellsOther: true });
      await open({
        env: { PARLEY_ACCESS: "allowlist" },
        settings: { owners: [`whatsapp:+${alice.phone}`], allow: { users: [`whatsapp:${dave.lid}@lid`] } },
      });
      await ask(alice, "/strategy shared");
      await wa.waitFor("1. Confirm");
      await ask(alice, "/confirm");
      await wa.waitFor("From the next message on");
      await ask(bob, "/strategy per-user --confirm");
      await dave.writes("hello");
      await wa.waitFor("Answer to: hello");
      await bob.writes("me too");
      expect((await wa.waitFor("whatsapp:")).text).toContain(`whatsapp:${bob.lid}@lid`);
      expect(theatre.claude.requests).toHaveLength(1);
      const [chat] = (await status()).split("\n").filter((line) => line.includes("Strategy"));
      expect(chat).toContain("shared");
    });

    async function status(): Promise<string> {
      await ask(alice, "/status");
      return (await wa.waitFor("agent:main:whatsapp:group")).text;
    }
  });

  describe("admins", () => {
    test("of the group choose its strategy, others do not, and who is promoted may at once", async () => {
      await open({ strategy: "per-user" });
      group.promote(alice);
      await ask(bob, "/strategy shared");
      await wa.waitFor("Only an admin");
      await ask(alice, "/strategy shared");
      await wa.waitFor("1. Confirm");
      // Nothing was offered to Bob.
      await bob.writes("1", { in: group });
      await alice.writes("1", { in: group });
      await wa.waitFor(/From the next message on: `?shared/);
      group.promote(bob);
      await ask(bob, "/strategy tagged-hybrid");
      await wa.waitFor(/tagged-hybrid`? for this chat/);
      await ask(bob, "/confirm");
      await wa.waitFor(/From the next message on: `?tagged-hybrid/);
    });

    test("a number is none of theirs any more once they went on talking, in the group and in private", async () => {
      await open({ strategy: "per-user" });
      group.promote(alice);
      await ask(alice, "/strategy shared");
      await wa.waitFor("1. Confirm");
      await ask(alice, "how many are we?");
      await wa.waitFor("Answer to: how many are we?");
      await theatre.taking(1, () => alice.writes("1", { in: group }));
      await alice.writes("/forget");
      await wa.waitFor("1. Erase");
      await alice.writes("which one first?");
      await wa.waitFor("Answer to: which one first?");
      await alice.writes("1");
      await wa.waitFor("Answer to: 1");
      expect(prompts()[2]).toContain("which one first?");
      await ask(alice, "/strategy");
      await wa.waitFor(/Strategy here:\W*per-user/);
      expect((await theatre.store((store) => store.audit())).map(({ what }) => what)).toEqual([]);
    });
  });

  describe("messages", () => {
    test("that came while the gateway was away are answered once, and what is too old is not, which is said once", async () => {
      await open({ strategy: "per-user", settings: { maxAgeMs: HOUR } });
      await ask(alice, "before");
      await wa.waitFor("before");
      await theatre.gateway.stop();
      await ask(alice, "meanwhile");
      await bob.writes("in private");
      await ask(carol, "ages ago", { sentAt: Date.now() - 2 * HOUR });
      await ask(carol, "long ago", { sentAt: Date.now() - 2 * HOUR + 1_000 });
      await theatre.rise();
      await wa.waitFor("Answer to: meanwhile");
      await wa.waitFor("Answer to: in private");
      await wa.waitFor("only now seen");
      await ask(carol, "marker");
      await wa.waitFor("Answer to: marker");
      expect(texts().filter((text) => text.includes("only now seen"))).toHaveLength(1);
      expect(theatre.claude.requests).toHaveLength(4);
    });

    test("that come in one burst are all answered, in the order of their arrival", async () => {
      await open({ strategy: "shared" });
      const written = Array.from({ length: 45 }, (_, i) => ({
        who: [alice, bob, carol][i % 3] ?? alice,
        text: `nr${i}.`,
      }));
      for (const { who, text } of written) await ask(who, text);
      await wa.waitFor(`Answer to: ${written.at(-1)?.text}`);
      expect(texts()).toEqual(written.map(({ text }) => `Answer to: ${text}`));
    });

    test("that are delivered again, one after the other or at once, in the turn and after it, are answered once", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      const asked = await ask(alice, "once");
      await theatre.claude.waitForInFlight(1);
      await wa.redeliver(asked, 3);
      gate.release();
      await wa.waitFor("once");
      await wa.redeliver(asked, 3, { concurrently: true });
      await theatre.restart();
      await wa.redeliver(asked);
      await ask(bob, "marker");
      await wa.waitFor("marker");
      expect(texts()).toEqual(["Answer to: once", "Answer to: marker"]);
    });

    test("that are edited or deleted while they wait are answered as they are then, and by nobody else's will", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      const first = await ask(alice, "first");
      await theatre.claude.waitForInFlight(1);
      const waiting = await ask(bob, "wrnog");
      const regretted = await ask(carol, "never mind");
      await bob.edits(waiting, `@${wa.bot.lid} nearly`, { sealed: false });
      await bob.edits(waiting, `@${wa.bot.lid} right`);
      await carol.deletes(regretted);
      await alice.deletes(waiting);
      await changes(4);
      gate.release();
      await wa.waitFor("Answer to: right");
      await alice.edits(first, "changed afterwards");
      await changes(5);
      await alice.reacts(first, "👍");
      await ask(carol, "marker");
      await wa.waitFor("marker");
      expect(prompts().join()).not.toMatch(/wrnog|nearly|never mind|changed afterwards/);
      expect(theatre.claude.requests).toHaveLength(3);
    });

    test("are deleted by a group's admin as well", async () => {
      group.promote(alice);
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      await ask(alice, "first");
      await theatre.claude.waitForInFlight(1);
      const waiting = await ask(bob, "rude");
      await alice.deletes(waiting);
      await changes(1);
      gate.release();
      await ask(carol, "marker");
      await wa.waitFor("marker");
      expect(prompts().join()).not.toContain("rude");
    });

    test("an album is one turn with all its pictures; the words of one count for all", async () => {
      await open({ strategy: "per-user" });
      const png = Buffer.from(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "base64",
      );
      await alice.sendsAlbum([png, png, png], "which is best?");
      await wa.waitFor("Answer to:");
      await alice.writes("marker");
      await wa.waitFor("marker");
      expect(theatre.claude.requests).toHaveLength(2);
      const pictures = JSON.stringify(theatre.claude.requests[0]?.body.messages).match(/"type":"image"/g);
      expect(pictures).toHaveLength(3);
    });

    test("a waiting message's quote reaches the agent, whosever it quotes", async () => {
      await open({ strategy: "shared" });
      const remark = await bob.writes("the cellar is flooded", { in: group });
      const gate = theatre.claude.hold();
      await ask(alice, "first");
      await theatre.claude.waitForInFlight(1);
      await ask(carol, "what about this?", { quote: remark });
      gate.release();
      await wa.waitFor("what about this?");
      expect(prompts()[1]).toContain(`<quoted from=\\"${bob.lid}@lid\\"`);
      expect(prompts()[1]).toContain("the cellar is flooded");
    });

    test("a message for nobody is not answered, nor marked as read", async () => {
      await open({ strategy: "shared" });
      const chatter = await bob.writes("lovely weather", { in: group });
      const asked = await ask(alice, "hello");
      await wa.waitFor("Answer to: hello");
      await wa.waitForReceipt(asked.id, "read");
      expect(wa.receipts.filter(({ messageId, type }) => messageId === chatter.id && type === "read")).toEqual([]);
      expect(theatre.claude.requests).toHaveLength(1);
    });
  });

  describe("answers", () => {
    test("too long for one message come in order, and code that was cut comes whole as a document", async () => {
      await open({ strategy: "shared" });
      const lines = Array.from({ length: 400 }, (_, i) => `let x${i} = ${i};`);
      theatre.claude.respond(() => `Look:\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n\nDone.`);
      await ask(alice, "code please");
      const file = await wa.waitFor(({ media }) => media !== undefined);
      expect(file.media?.bytes.toString()).toContain(lines.join("\n"));
      const parts = texts().filter((text) => text.includes("let x"));
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(4_096);
        expect((part.match(/```/g) ?? []).length % 2).toBe(0);
      }
      for (const line of lines) expect(parts.join("\n")).toContain(line);
    });

    test("whose acknowledgement is lost stand once", async () => {
      await open({ strategy: "shared", env: {} });
      wa.failSends(503, 1);
      await ask(alice, "hello");
      await wa.waitFor("Answer to: hello");
      await ask(bob, "marker");
      await wa.waitFor("marker");
      expect(texts()).toEqual(["Answer to: hello", "Answer to: marker"]);
    });

    test("composing is shown while a run is on", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      await ask(alice, "slow one");
      await wa.waitForPresence("composing", group.id);
      gate.release();
      await wa.waitFor("slow one");
    });
  });
});
