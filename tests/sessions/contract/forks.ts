import { describe, expect, test } from "vitest";
import { FORK_SETTING, forkText } from "../../../sessions/forks.ts";
import type { Fork } from "../../../sessions/inbox.ts";
import type { Run } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;
const usage = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** Conversations that begin with a copy of another. */
export function forks(scene: StoreScene): void {
  const { accept, say, claim, lane, answer } = scene;

  const laneOf = (accepted: Awaited<ReturnType<typeof accept>>) => ("lane" in accepted ? accepted.lane : "");
  async function finish(run: Run, pictures: string[] = []): Promise<Run> {
    const content = [
      ...run.messages.map(({ text }) => ({ type: "text" as const, text })),
      ...pictures.map((blob) => ({ type: "image" as const, blob, mimeType: "image/png" })),
    ];
    await scene.store.journal(run, { message: { role: "user", content, author: run.author } });
    const reply = { role: "assistant" as const, content: [{ type: "text" as const, text: "ok" }] };
    await scene.store.journal(run, { message: reply, usage });
    await scene.store.end(run, answer(run, "ok"));
    return run;
  }
  const turn = async (user: string, text: string, pictures?: string[]) =>
    finish(await claim(laneOf(await say(user, text))), pictures);
  const said = async ({ sessionId }: Run) =>
    (await scene.store.history(sessionId)).flatMap(({ content, author }) =>
      content.flatMap((block) =>
        block.type === "text" && author !== undefined ? [`${author.id}: ${block.text}`] : [],
      ),
    );
  const fork = async (key = lane): Promise<Fork> => {
    const taken = await scene.store.forkOf(key);
    if (taken === null) throw new Error("nothing to take along");
    return taken;
  };
  const choose = (taken: Fork, strategy = "per-user") =>
    scene.store.setSettings(place, { strategy, [FORK_SETTING]: forkText(strategy, taken) }, "test");

  describe("a conversation that was shared", () => {
    test("is what everybody's own begins with, as it was then, once", async () => {
      await turn("alice", "one");
      await turn("bob", "two");
      await choose(await fork());
      const alices = await turn("alice", "three");
      expect(alices.lane).toBe(`${lane}:user:alice`);
      expect(await said(alices)).toEqual(["alice: one", "bob: two", "alice: three"]);
      const bobs = await turn("bob", "four");
      expect(await said(bobs)).toEqual(["alice: one", "bob: two", "bob: four"]);
      expect(await scene.store.participants(bobs.sessionId)).toEqual([
        { id: "alice", name: "ALICE", turns: 1 },
        { id: "bob", name: "BOB", turns: 2 },
      ]);
      expect(await said(await turn("alice", "five"))).toEqual([
        "alice: one",
        "bob: two",
        "alice: three",
        "alice: five",
      ]);
      expect(await scene.store.endSession(`${lane}:user:alice`, 1_000)).toBe(true);
      expect(await said(await turn("alice", "six"))).toEqual(["alice: six"]);
    });

    test("is not taken along by whoever has begun with nothing since, or wants to", async () => {
      const restart = async (user: string) => {
        const inbound = message(user, "/new", { command: { name: "new", args: "" } });
        const accepted = await accept(inbound, { isCommand: true, strategy: "per-user" });
        const seq = "seq" in accepted ? accepted.seq : 0;
        await scene.store.endSession(`${lane}:user:${user}`, seq);
        await scene.store.answerCommand(seq, []);
      };
      await turn("alice", "one");
      await choose(await fork());
      await turn("alice", "own");
      await scene.store.setSettings(place, { strategy: "shared", [FORK_SETTING]: null }, "test");
      await turn("bob", "two");
      scene.clock.now += 1;
      await choose(await fork());
      // One that was open at the second switch and is ended now, and one that has not begun yet.
      await restart("alice");
      await restart("carol");
      expect(await said(await turn("alice", "three"))).toEqual(["alice: three"]);
      expect(await said(await turn("carol", "four"))).toEqual(["carol: four"]);
      expect(await said(await turn("bob", "five"))).toEqual(["alice: one", "bob: two", "bob: five"]);
    });

    test("is taken along without what was being said, and without what is said there later", async () => {
      await turn("alice", "one");
      await say("bob", "on its way");
      const running = await claim();
      const taken = await fork();
      await finish(running);
      await turn("carol", "later");
      await choose(taken);
      expect(await said(await turn("alice", "mine"))).toEqual(["alice: one", "alice: mine"]);
    });

    test("costs nobody anything the second time, and survives a crash in the middle of the first turn", async () => {
      await turn("alice", "one");
      await choose(await fork());
      const accepted = await say("bob", "two");
      const run = await claim(laneOf(accepted));
      await scene.reopen();
      const taken = await finish(await claim(run.lane));
      expect(await said(taken)).toEqual(["alice: one", "bob: two"]);
      const used = await scene.store.usageByUser({ since: 0 });
      expect(used.map(({ userId, tokens, runs }) => [userId, tokens, runs])).toEqual([
        ["alice", 5, 1],
        ["bob", 5, 1],
      ]);
      expect(await scene.store.sessions()).toMatchObject([
        { key: lane, inputTokens: 3 },
        { key: `${lane}:user:bob`, inputTokens: 3, messages: 4 },
      ]);
    });

    test("shows its pictures in the copy as long as that is there", async () => {
      const hash = await scene.store.putBlob(new Uint8Array([1, 2, 3]), "image/png");
      const { chat } = await turn("alice", "look", [hash]);
      await choose(await fork());
      await turn("bob", "nice");
      const forget = (userId: string) =>
        scene.store.forget({ chatRef: chat.ref, userId, before: 1_000, by: "telegram:x" });
      await forget("alice");
      expect(await scene.store.blob(hash)).not.toBeNull();
      await forget("bob");
      expect(await scene.store.blob(hash)).toBeNull();
    });

    test("is not taken along if it was erased meanwhile, or was never shared", async () => {
      const { chat } = await turn("alice", "one");
      const taken = await fork();
      await scene.store.forget({ chatRef: chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" });
      await choose(taken);
      expect(await said(await turn("bob", "two"))).toEqual(["bob: two"]);
      expect(await scene.store.forkOf(`${lane}:user:bob`)).toBeNull();
      expect(await scene.store.forkOf(lane)).toBeNull();
      expect(await scene.store.forkOf("nothing")).toBeNull();
    });

    test("never brings anything from somebody's own conversation or from another chat, whatever a plan says", async () => {
      const own = await finish(await claim(laneOf(await say("alice", "secret", { strategy: "per-user" }))));
      const there = message("alice", "elsewhere", { source: { chat: { id: "-200", kind: "group" } } });
      const elsewhere = await finish(await claim(laneOf(await accept(there))));
      const dm = message("alice", "private", { source: { chat: { id: "alice", kind: "dm" } } });
      const inDm = await finish(await claim(laneOf(await accept(dm))));
      for (const [index, { sessionId }] of [own, elsewhere, inDm].entries()) {
        await choose({ session: sessionId, upTo: 1_000, after: 0 });
        const user = `user-${index}`;
        expect(await said(await turn(user, "hi"))).toEqual([`${user}: hi`]);
      }
    });

    test("follows its chat, also into a conversation that began there before; others' part of that is not copied", async () => {
      const at = (id: string, user: string, text: string) =>
        message(user, text, { source: { chat: { id, kind: "group" } } });
      await finish(await claim(laneOf(await accept(at("-300", "zoe", "was here first")))));
      await turn("alice", "one");
      await turn("bob", "two");
      const taken = await fork();
      await choose(taken);
      const carols = await turn("carol", "before the move");
      expect(await said(carols)).toHaveLength(3);
      await scene.store.endSession(carols.plan.session, 1_000);
      await scene.store.moveChat({ platform: "telegram", account: "default", chatId: "-100" }, "-300");
      const alices = await finish(await claim(laneOf(await accept(at("-300", "alice", "three")))));
      expect(alices.lane).toBe("agent:main:telegram:group:-300:user:alice");
      expect(await said(alices)).toEqual(["alice: one", "bob: two", "alice: three"]);
      const again = await finish(await claim(laneOf(await accept(at("-300", "carol", "after the move")))));
      expect(await said(again)).toEqual(["carol: after the move"]);
    });

    test("keeps its numbers while its beginning is erased: what comes later is never taken for what was", async () => {
      await turn("alice", "one");
      const taken = await fork();
      scene.clock.now += 1_000;
      expect(await scene.store.prune(scene.clock.now)).toBe(1);
      await turn("bob", "two");
      await choose(taken);
      expect(await said(await turn("alice", "three"))).toEqual(["alice: three"]);
    });
  });
}
