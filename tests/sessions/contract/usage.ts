import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { Run } from "../../../sessions/runs.ts";
import { message, NOW } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;

/** What was used, and by whom. */
export function usage(scene: StoreScene): void {
  const { accept, claim, answer } = scene;

  async function begin(inbound: InboundMessage, strategy = "per-user"): Promise<Run> {
    const accepted = await accept(inbound, { strategy });
    return claim("lane" in accepted ? accepted.lane : "");
  }
  const reply = (run: Run, tokens: number) =>
    scene.store.journal(run, {
      message: { role: "assistant", content: [{ type: "text", text: "ok" }] },
      usage: { model: "m", inputTokens: tokens - 3, outputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1 },
    });
  const end = (run: Run) => scene.store.end(run, answer(run, "ok"));
  async function use(inbound: InboundMessage, ...tokens: number[]): Promise<Run> {
    const run = await begin(inbound);
    for (const each of tokens) await reply(run, each);
    await end(run);
    return run;
  }
  const elsewhere = (user: string) => message(user, "hi", { source: { chat: { id: "-200", kind: "group" } } });
  const by = (user: string, { chat }: Run, since = 0, except?: number) =>
    scene.store.spent({ account, userId: user, chatRef: chat.ref }, since, except);

  describe("usage", () => {
    test("is the person's in all chats of the account, and everybody's in the chat; a run counts once", async () => {
      const run = await use(message("alice", "hi"), 10, 20);
      await use(message("alice", "hi"), 5);
      await use(elsewhere("alice"), 100);
      await use(message("bob", "hi"), 1_000);
      await use(message("alice", "hi", { source: { account: "second" } }), 7);
      await use(message("alice", "hi", { source: { platform: "web" } }), 9);
      expect(await by("alice", run)).toMatchObject({
        user: { tokens: 135, runs: 3 },
        chat: { tokens: 1_035, runs: 3 },
      });
      expect(await by("nobody", run)).toMatchObject({ user: { tokens: 0, runs: 0 } });
    });

    test("says what of it the model has taken in, and what of that came from the cache", async () => {
      const run = await begin(message("alice", "hi"));
      const costs = { model: "m", inputTokens: 3, outputTokens: 10, cacheReadTokens: 80, cacheWriteTokens: 7 };
      await scene.store.bookUsage(run, costs);
      await scene.store.bookUsage(run, costs);
      const spent = { tokens: 200, readTokens: 180, cachedTokens: 160, runs: 1 };
      expect(await by("alice", run)).toEqual({ user: spent, chat: spent });
      const waiting = { tokens: 0, readTokens: 0, cachedTokens: 0, runs: 1 };
      await begin(message("carol", "hi"));
      expect(await scene.store.usageByUser({ since: 0 })).toEqual([
        { userId: "alice", userName: "ALICE", ...spent },
        { userId: "carol", userName: "CAROL", ...waiting },
      ]);
    });

    test("is that of a time", async () => {
      const run = await use(message("alice", "hi"), 10);
      scene.clock.now += 1_000;
      await use(message("alice", "hi"), 20);
      expect(await by("alice", run, NOW + 1_000)).toMatchObject({ user: { tokens: 20, runs: 1 } });
      expect(await by("alice", run, NOW + 1_001)).toMatchObject({ user: { tokens: 0, runs: 0 } });
    });

    test("counts runs that go on, with or without a reply yet, and leaves out the one that asks", async () => {
      const done = await use(message("alice", "hi"), 10);
      const silent = await begin(message("alice", "hi"));
      expect(await by("alice", done)).toMatchObject({ user: { runs: 2 }, chat: { runs: 2 } });
      await reply(silent, 5);
      expect(await by("alice", done)).toMatchObject({ user: { tokens: 15, runs: 2 }, chat: { tokens: 15, runs: 2 } });
      const without = await by("alice", done, 0, silent.runId);
      expect(without).toMatchObject({ user: { tokens: 10, runs: 1 }, chat: { tokens: 10, runs: 1 } });
      // Of a day on which it has said nothing yet, it is a run all the same.
      expect(await by("alice", done, NOW + 1)).toMatchObject({
        user: { tokens: 0, runs: 1 },
        chat: { tokens: 0, runs: 1 },
      });
      await end(silent);
      expect(await by("alice", done)).toMatchObject({ user: { tokens: 15, runs: 2 } });
    });

    test("counts a run from its first step on, however it ends, and one that was refused before that not at all", async () => {
      const refused = await begin(message("alice", "too much"));
      await scene.store.end(refused, { ...answer(refused, "no more today"), outcome: "failed" });
      expect(await by("alice", refused)).toMatchObject({ user: { tokens: 0, runs: 0 }, chat: { tokens: 0, runs: 0 } });
      for (const outcome of ["stopped", "failed", "done"] as const) {
        const run = await begin(message("alice", outcome));
        const turn = { role: "user" as const, content: [], author: run.author };
        await scene.store.journal(run, { message: turn });
        if (outcome !== "stopped") await reply(run, 10);
        await scene.store.end(run, { ...answer(run, "ok"), outcome, forget: "if-unanswered" });
      }
      await scene.reopen();
      expect(await by("alice", refused)).toMatchObject({
        user: { tokens: 20, runs: 3 },
        chat: { tokens: 20, runs: 3 },
      });
      expect(await scene.store.usageByUser({ since: 0 })).toMatchObject([
        { userId: "alice", userName: "ALICE", tokens: 20, runs: 3 },
      ]);
    });

    test("without a step is booked to the run that holds the lease", async () => {
      const run = await begin(message("alice", "hi"));
      const used = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 1 };
      await scene.store.bookUsage(run, used);
      await reply(run, 10);
      expect(await by("alice", run)).toMatchObject({ user: { tokens: 17, runs: 1 } });
      await end(run);
      await expect(scene.store.bookUsage(run, used)).rejects.toMatchObject({ code: "lease-lost" });
      expect(await scene.store.history(run.sessionId)).toHaveLength(1);
      expect(await by("alice", run)).toMatchObject({ user: { tokens: 17, runs: 1 } });
    });

    test("is one person's under all ids; a number that passed on to somebody else is that one's from then on", async () => {
      const run = await use(message("phone", "hi"), 10);
      await use(message("lid", "hi"), 20);
      const on = await begin(elsewhere("phone"));
      await scene.store.samePerson(account, "phone", "lid");
      await reply(on, 40);
      scene.clock.now += 1_000;
      await use(message("phone", "somebody else's now"), 500);
      expect(await by("lid", run)).toMatchObject({ user: { tokens: 70, runs: 3 } });
      expect(await by("phone", run)).toMatchObject({ user: { tokens: 500, runs: 1 } });
      const list = await scene.store.usageByUser({ since: 0 });
      expect(list.map(({ userId, tokens, runs }) => [userId, tokens, runs])).toEqual([
        ["phone", 500, 1],
        ["lid", 70, 3],
      ]);
      await scene.store.samePerson(account, "phone", "ben");
      expect(await by("ben", run)).toMatchObject({ user: { tokens: 500, runs: 1 } });
      expect(await by("lid", run)).toMatchObject({ user: { tokens: 70, runs: 3 } });
    });

    test("of a chat goes with it", async () => {
      await use(message("alice", "hi"), 10);
      await scene.store.moveChat({ ...account, chatId: "-100" }, "-300");
      const run = await use(message("bob", "hi", { source: { chat: { id: "-300", kind: "group" } } }), 5);
      expect(await by("bob", run)).toMatchObject({ user: { tokens: 5, runs: 1 }, chat: { tokens: 15, runs: 2 } });
      expect(await scene.store.usageByUser({ chatRef: run.chat.ref, since: 0 })).toHaveLength(2);
    });

    test("by user names who used most first, with the name of today, in a chat or in all", async () => {
      const renamed = (name: string) =>
        message("alice", "hi", { source: { user: { id: "alice", name, isBot: false } } });
      const { chat } = await use(renamed("Alice"), 10);
      await use(renamed("Ali"), 10);
      await use(message("bob", "hi"), 30);
      await use(elsewhere("bob"), 1);
      expect(await scene.store.usageByUser({ chatRef: chat.ref, since: 0 })).toMatchObject([
        { userId: "bob", userName: "BOB", tokens: 30, runs: 1 },
        { userId: "alice", userName: "Ali", tokens: 20, runs: 2 },
      ]);
      await begin(message("carol", "hi"));
      expect(await scene.store.usageByUser({ since: NOW, until: NOW + 1 })).toMatchObject([
        { userId: "bob", tokens: 31, runs: 2 },
        { userId: "alice" },
        { userId: "carol", userName: "CAROL", tokens: 0, runs: 1 },
      ]);
      expect(await scene.store.usageByUser({ since: 0, until: NOW })).toEqual([]);
    });
  });

  describe("recent authors", () => {
    test("are those who wrote last, latest first, each once and by the latest name", async () => {
      for (const user of ["alice", "bob", "", "carol", "alice"]) await accept(message(user, "hi"));
      const named = message("bob", "hi", { source: { user: { id: "bob", name: "Bobby", isBot: false } } });
      await accept(named);
      await accept(elsewhere("dave"));
      const [first] = await scene.store.chats();
      const ref = first?.ref ?? 0;
      expect(await scene.store.recentAuthors(ref, 10)).toEqual([
        { id: "bob", name: "Bobby" },
        { id: "alice", name: "ALICE" },
        { id: "carol", name: "CAROL" },
      ]);
      expect(await scene.store.recentAuthors(ref, 2)).toHaveLength(2);
      await scene.store.samePerson(account, "alice", "bob");
      await scene.store.moveChat({ ...account, chatId: "-100" }, "-300");
      expect((await scene.store.recentAuthors(ref, 10)).map(({ id }) => id)).toEqual(["bob", "carol"]);
    });
  });
}
