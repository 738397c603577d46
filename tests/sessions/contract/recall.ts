import { describe, expect, test } from "vitest";
import { FORK_SETTING, forkText } from "../../../sessions/forks.ts";
import type { Block } from "../../../sessions/transcript.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group = { ...account, chatId: "-100" } as const;
const words = (text: string): Block[] => [{ type: "text", text }];

/** Finding what was said in a conversation. */
export function recall(scene: StoreScene): void {
  const { say, claim, answer } = scene;

  /** One turn, through to its end. @returns its session */
  async function turn(user: string, said: string, replied = "ok", strategy = "per-user"): Promise<number> {
    const accepted = await say(user, said, { strategy });
    const run = await claim("lane" in accepted ? accepted.lane : "");
    await scene.store.journal(run, { message: { role: "user", content: words(said), author: run.author } });
    await scene.store.journal(run, { message: { role: "assistant", content: words(replied) } });
    await scene.store.end(run, answer(run, replied));
    scene.clock.now += 1_000;
    return run.sessionId;
  }
  const find = async (session: number, what: string, limit = 10) =>
    (await scene.store.recall(session, what, limit)).map(({ text }) => text);

  describe("searching a conversation", () => {
    test("finds what people and the model said, with who and when, also after a restart", async () => {
      const at = scene.clock.now;
      const session = await turn("alice", "My flight leaves at noon", "Have a good trip");
      await scene.reopen();
      expect(await scene.store.recall(session, "FLIGHT", 5)).toEqual([
        { at, role: "user", author: { id: "alice", name: "ALICE" }, text: "My flight leaves at noon" },
      ]);
      expect(await scene.store.recall(session, "trip?", 5)).toEqual([
        { at, role: "assistant", text: "Have a good trip" },
      ]);
      expect(await find(session, "train")).toEqual([]);
    });

    test("does not find what searches have found: it would drown what was said", async () => {
      const session = await turn("alice", "the door code is 4711");
      await say("alice", "what was it?", { strategy: "per-user" });
      const run = await claim("agent:main:telegram:group:-100:user:alice");
      const said = (id: string, text: string) => ({
        type: "tool-result" as const,
        toolUseId: id,
        text,
        isError: false,
      });
      const use = (id: string, name: string) => ({ type: "tool-use" as const, id, name, input: {} });
      const steps = [
        { role: "user" as const, content: words("what was it?"), author: run.author },
        { role: "assistant" as const, content: [use("t1", "recall"), use("t2", "look")] },
        { role: "user" as const, content: [said("t1", "door code 4711"), said("t2", "the door is green")] },
        { role: "assistant" as const, content: words("ok") },
      ];
      for (const message of steps) await scene.store.journal(run, { message });
      await scene.store.end(run, answer(run, "ok"));
      expect(run.sessionId).toBe(session);
      expect(await find(session, "code")).toEqual(["the door code is 4711"]);
      expect(await find(session, "471")).toEqual(["the door code is 4711"]);
      expect(await find(session, "green")).toEqual(["the door is green"]);
    });

    test("finds what tools have found, by its beginning", async () => {
      await say("alice", "look it up");
      const run = await claim();
      const result = {
        type: "tool-result",
        toolUseId: "t",
        text: `needle ${"hay ".repeat(600)} thread`,
        isError: false,
      } as const;
      const use = { type: "tool-use", id: "t", name: "x", input: { q: "unseen" } } as const;
      for (const step of [
        { role: "user", content: words("look it up"), author: run.author },
        { role: "assistant", content: [use] },
        { role: "user", content: [result] },
        { role: "assistant", content: words("here") },
      ] as const) {
        await scene.store.journal(run, { message: { ...step, content: [...step.content] } });
      }
      await scene.store.end(run, answer(run, "here"));
      expect(await find(run.sessionId, "needle")).toEqual([expect.stringMatching(/^needle hay.*…$/)]);
      expect(await find(run.sessionId, "thread")).toEqual([]);
      expect(await find(run.sessionId, "unseen")).toEqual([]);
    });

    test("sees nothing that was said in any other conversation", async () => {
      const alice = await turn("alice", "the secret of alice");
      const bob = await turn("bob", "bob has nothing");
      const shared = await turn("alice", "said to all", "ok", "shared");
      expect(await find(bob, "secret alice")).toEqual([]);
      expect(await find(shared, "secret")).toEqual([]);
      expect(await find(alice, "secret")).toHaveLength(1);
      expect(await find(999, "secret")).toEqual([]);
    });

    test("ranks by how telling the words are, then by time, and gives no more than is asked for", async () => {
      const session = await turn("alice", "the red car");
      await turn("alice", "the car of bob");
      await turn("alice", "the red house");
      await turn("alice", "the car, the red one of bob");
      expect((await find(session, "red car bob", 1))[0]).toBe("the car, the red one of bob");
      expect(await find(session, "house")).toEqual(["the red house"]);
      expect(await find(session, "car")).toEqual(["the car, the red one of bob", "the car of bob", "the red car"]);
      expect(await find(session, "the", 2)).toHaveLength(2);
      expect(await find(session, "the", 0)).toEqual([]);
    });

    test("takes words as they are: nothing in them is an operator", async () => {
      const session = await turn("alice", 'NOT "quoted" AND near: (x) OR terms*', "plain");
      for (const query of [
        "NOT",
        "AND",
        '"',
        "terms : x",
        "near(",
        "x*",
        "-quoted",
        "^not",
        "{terms}",
        "a AND OR NOT",
        "\0x",
      ]) {
        const found = await find(session, query);
        expect(
          found.every((text) => text.startsWith("NOT") || text === "plain"),
          query,
        ).toBe(true);
      }
      expect(await find(session, "NOT")).toHaveLength(1);
      for (const nothing of ["", "   ", "?!", "*", "\u0301"]) expect(await find(session, nothing)).toEqual([]);
      expect(await find(session, `${"word ".repeat(5_000)}quoted`)).toEqual([]);
    });

    test("minds neither case nor accents, and finds parts of words where there is no whole one", async () => {
      const session = await turn("alice", "Über die Rechnungen für CAFÉ Ελλάδα", "東京タワーの高さ");
      for (const query of ["uber", "cafe", "RECHNUNGEN", "ελλαδα", "rechnung"]) {
        expect(await find(session, query), query).toEqual(["Über die Rechnungen für CAFÉ Ελλάδα"]);
      }
      expect(await find(session, "東京")).toEqual(["東京タワーの高さ"]);
      expect(await find(session, "大阪")).toEqual([]);
    });

    test("gives what was said without what was written around it, and does not find that", async () => {
      const said =
        '<message from="42" name="Ann" at="2026-11-22T12:00:00Z">\n<quoted from="7" name="Bob">an old quote</quoted>\n1 &lt; 2 &amp; true\n</message>';
      const session = await turn("alice", said);
      expect(await find(session, "true")).toEqual(["(quoted) an old quote\n1 < 2 & true"]);
      expect(await find(session, "message")).toEqual([]);
      expect(await find(session, "ann")).toEqual([]);
    });

    test("gives the part of a long message around what was found", async () => {
      const session = await turn("alice", `${"🎉 before ".repeat(300)}needle${" 🎉 after".repeat(300)}`);
      const [text = ""] = await find(session, "needle");
      expect(text).toMatch(/^….*needle.*…$/u);
      expect(text.length).toBeLessThanOrEqual(602);
      expect(text.isWellFormed()).toBe(true);
    });

    test("finds in a copy what was copied", async () => {
      const original = await turn("alice", "said for all", "ok", "shared");
      const fork = await scene.store.forkOf(scene.lane);
      const place = { level: "chat", ...group } as const;
      await scene.store.setSettings(
        place,
        { strategy: "per-user", [FORK_SETTING]: fork && forkText("per-user", fork) },
        "telegram:root",
      );
      const copied = await turn("alice", "and alone");
      expect(copied).not.toBe(original);
      expect(await find(copied, "said")).toEqual(["said for all"]);
      expect(await find(original, "alone")).toEqual([]);
    });

    test("finds in a conversation that goes on as another one what was said in both", async () => {
      const first = await turn("phone", "under the number");
      const second = await turn("lid", "under the other id");
      await scene.store.samePerson(account, "phone", "lid");
      for (const session of [first, second]) {
        expect((await find(session, "under")).toSorted()).toEqual(["under the number", "under the other id"]);
      }
      const [found] = await scene.store.recall(first, "number", 1);
      expect(found?.author?.id).toBe("lid");
    });

    test("finds nothing that was erased", async () => {
      const alice = await turn("alice", "forget this");
      const bob = await turn("bob", "keep this");
      const at = scene.clock.now;
      await turn("bob", "keep that");
      const [chat] = await scene.store.chats();
      await scene.store.forget({ chatRef: chat?.ref ?? 0, userId: "alice", before: 1_000, by: "telegram:alice" });
      expect(await find(alice, "forget this")).toEqual([]);
      await scene.store.prune(at);
      expect(await find(bob, "this")).toEqual([]);
      expect(await find(bob, "that")).toEqual(["keep that"]);
    });
  });
}
