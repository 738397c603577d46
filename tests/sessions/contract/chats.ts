import { describe, expect, test } from "vitest";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** Chains, threads, settings, and chats that move. */
export function chats(scene: StoreScene): void {
  const { accept, say, claim, texts, lane, answer, serveAll } = scene;

  describe("reply chains and threads", () => {
    const options = { strategy: "per-thread" };

    test("a reply to any message of a chain continues it, the bot's own messages included", async () => {
      const opening = message("alice", "@bot begin");
      await accept(opening, options);
      const [{ lane: chain } = { lane: "" }] = await scene.store.lanesWithWork();
      const run = await claim(chain);
      await scene.store.end(run, {
        outcome: "done",
        deliveries: [{ to: run.to, chunks: [{ text: "ok", plain: "ok" }], chainRoot: run.plan.root }],
      });
      const chunk = await scene.store.nextChunk(run.chat.ref);
      await scene.store.chunkSent(chunk as NonNullable<typeof chunk>, "bot-1");
      await scene.reopen();
      const reply = (to: string, fromSelf: boolean) => message("bob", "and?", { replyTo: { messageId: to, fromSelf } });
      for (const inbound of [reply("bot-1", true), reply(opening.source.messageId, false)]) {
        expect(await accept(inbound, options)).toMatchObject({ kind: "turn", lane: chain });
      }
      const fresh = await accept(reply("unknown", true), options);
      expect(fresh).not.toMatchObject({ lane: chain });
    });

    test("a reply to any part of an album continues its chain", async () => {
      const [one, two] = [
        message("alice", "look", { albumId: "a" }),
        message("alice", "", { albumId: "a", addressed: false }),
      ];
      const first = await accept(one, options);
      await accept(two, options);
      const reply = message("bob", "and?", { replyTo: { messageId: two.source.messageId, fromSelf: false } });
      expect(await accept(reply, options)).toMatchObject({ lane: "lane" in first ? first.lane : "" });
    });

    test("a chain of old does not lead out of the thread that a message stands in, nor address the bot elsewhere", async () => {
      const opening = message("alice", "q");
      await accept(opening, options);
      const source = { thread: { id: "77", kind: "native" as const } };
      const replyTo = { messageId: opening.source.messageId, fromSelf: false };
      const here = await accept(message("bob", "x", { source }), { strategy: "shared" });
      expect(await accept(message("carol", "y", { source, replyTo }), { strategy: "shared" })).toMatchObject({
        lane: "lane" in here ? here.lane : "",
      });
      const chatter = message("carol", "z", { source, replyTo, addressed: false });
      expect(await accept(chatter, { strategy: "shared" })).toEqual({ kind: "ignored" });
    });

    test("what is said in a thread that was opened for a message belongs to that message's session", async () => {
      const opening = message("alice", "@bot begin", {
        source: { chat: { id: "-100", kind: "group", opensThreads: true } },
      });
      await accept(opening, options);
      const [{ lane: opened } = { lane: "" }] = await scene.store.lanesWithWork();
      const run = await claim(opened);
      expect(run.to.threadId).toBeUndefined();
      await scene.store.threadOpened(run, "77");
      await scene.reopen();
      const taken = await claim(opened);
      expect(taken.to.threadId).toBe("77");
      const inside = message("bob", "and?", {
        addressed: false,
        source: { thread: { id: "77", kind: "native" }, chat: { id: "-100", kind: "group", opensThreads: true } },
      });
      expect(await accept(inside, options)).toMatchObject({ kind: "turn", lane: opened });
      // Under another strategy it is a topic like any other.
      const later = { ...inside, source: { ...inside.source, messageId: "later" } };
      expect(await accept(later, { strategy: "per-user" })).toEqual({ kind: "ignored" });
    });
  });

  test("what is asked in private is its author's alone, whatever the chat has chosen", async () => {
    for (const strategy of ["shared", "tagged-hybrid", "per-thread"]) {
      const chat = { id: "-100", kind: "group" as const, opensThreads: true };
      const accepted = await accept(message("alice", "psst", { private: true, source: { chat } }), { strategy });
      expect(accepted).toMatchObject({ lane: `${lane}:thread:private:user:alice` });
    }
    const { plan } = await claim(`${lane}:thread:private:user:alice`);
    expect(plan).toMatchObject({ attribution: "none", thread: "stay" });
    // Not with what the same person says for all to hear, either.
    const aloud = await accept(message("alice", "aloud"), { strategy: "per-user" });
    expect(aloud).toMatchObject({ lane: `${lane}:user:alice` });
  });

  describe("threads that people open", () => {
    const inThread = (user: string, text: string, threadId: string, more = {}) =>
      message(user, text, { source: { thread: { id: threadId, kind: "native" }, ...more } });
    const unaddressed = (inbound: ReturnType<typeof message>) => ({ ...inbound, addressed: false });

    test("from the bot's answer go on with its conversation, without a mention", async () => {
      const options = { strategy: "per-thread" };
      const opening = message("alice", "@bot begin");
      await accept(opening, options);
      const [{ lane: chain } = { lane: "" }] = await scene.store.lanesWithWork();
      const run = await claim(chain);
      const chunks = [{ text: "ok", plain: "ok" }];
      await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks, chainRoot: run.plan.root }] });
      const chunk = await scene.store.nextChunk(run.chat.ref);
      await scene.store.chunkSent(chunk as NonNullable<typeof chunk>, "bot-1");
      const inside = unaddressed(inThread("bob", "and?", "bot-1"));
      expect(await accept(inside, options)).toMatchObject({ kind: "turn", lane: chain });
      expect(await accept(unaddressed(inThread("bob", "x", "else")), options)).toEqual({ kind: "ignored" });
    });

    test("for a post that asks the bot are that post's conversation: nobody in it has to name the bot again", async () => {
      const options = { strategy: "per-thread" };
      const post = inThread("alice", "@bot help", "p1", { messageId: "p1" });
      const accepted = await accept(post, options);
      const inside = unaddressed(inThread("bob", "me too", "p1"));
      expect(await accept(inside, options)).toMatchObject({ lane: "lane" in accepted ? accepted.lane : "" });
    });

    test("for a post are, where everybody has a conversation of their own, its author's alone", async () => {
      const options = { strategy: "per-user" };
      await accept(inThread("alice", "@bot help", "p1", { messageId: "p1" }), options);
      expect(await accept(unaddressed(inThread("bob", "me too", "p1")), options)).toEqual({ kind: "ignored" });
      expect(await accept(unaddressed(inThread("alice", "more", "p1")), options)).toMatchObject({ kind: "turn" });
    });
  });

  describe("chats", () => {
    const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;

    test("settings are found by the chat and change what comes next, not what waits", async () => {
      await say("alice", "under the old plan");
      await scene.store.setSettings(place, { strategy: "per-user" }, "test");
      const accepted = await say("alice", "under the new one");
      expect(accepted).toMatchObject({ lane: `${lane}:user:alice` });
      expect(texts(await claim())).toEqual(["under the old plan"]);
      await scene.store.setSettings(place, { strategy: null }, "test");
      expect(await scene.store.setting(place, "strategy")).toBeNull();
    });

    test("a chat keeps its name when a message does not say it, and takes a new one", async () => {
      const named = async (name?: string) => {
        const chat = { id: "-100", kind: "group" as const, ...(name === undefined ? {} : { name }) };
        await accept(message("alice", "hi", { source: { chat } }));
        return (await scene.store.chats()).map((summary) => summary.name);
      };
      expect(await named("Team")).toEqual(["Team"]);
      expect(await named()).toEqual(["Team"]);
      expect(await named("Crew")).toEqual(["Crew"]);
    });

    describe("a chat that moved", () => {
      const from = { platform: "telegram", account: "default", chatId: "-100" } as const;
      const inNew = (user: string, text: string, messageId: string) =>
        message(user, text, { source: { messageId, chat: { id: "-200", kind: "group" } } });

      test("numbers its messages anew: one with a number of old is taken, and one of old that comes again is known", async () => {
        const old = message("alice", "old", { source: { messageId: "5" } });
        await accept(old);
        await serveAll();
        await scene.store.moveChat(from, "-200");
        expect(await accept(inNew("bob", "brand new", "5"))).toMatchObject({ kind: "turn" });
        expect(await accept(old)).toEqual({ kind: "duplicate" });
        expect(await serveAll("agent:main:telegram:group:-200")).toEqual([["bob", "brand new"]]);
      });

      test("keeps what both chats had waiting and running, also where numbers collide", async () => {
        await accept(message("alice", "old", { source: { messageId: "5" } }));
        await accept(message("carol", "old too", { source: { messageId: "6" } }));
        const old = await claim();
        const began = await accept(inNew("bob", "new", "5"));
        const lane = "lane" in began ? began.lane : "";
        const fresh = await claim(lane);
        await accept(inNew("bob", "new too", "6"));
        await scene.store.moveChat(from, "-200");
        await scene.store.moveChat(from, "-200");
        await scene.reopen();
        const again = (await scene.store.lanesWithWork()).map((work) => work.lane);
        const taken = [];
        for (const name of again) taken.push(await claim(name));
        expect(taken.flatMap(texts).toSorted()).toEqual(["new", "old"]);
        expect(taken.map(({ runId }) => runId).toSorted()).toEqual([old.runId, fresh.runId].toSorted());
        for (const run of taken) await scene.store.end(run, scene.answer(run, "ok"));
        const rest = await serveAll(lane);
        expect(rest.flat()).toEqual(expect.arrayContaining(["old too", "new too"]));
      });

      test("sends the answer to an old message to the new chat, without quoting the number there", async () => {
        await accept(message("alice", "old", { source: { messageId: "5" } }));
        const run = await claim();
        expect(run.quote).toBe("5");
        await scene.store.moveChat(from, "-200");
        await scene.store.end(run, scene.answer(run, "ok"));
        const chunk = await scene.store.nextChunk(run.chat.ref);
        expect(chunk).toMatchObject({ to: { chatId: "-200" } });
        expect(chunk?.replyTo).toBeUndefined();
      });

      test("takes along what waits and runs since before an earlier move when it moves again", async () => {
        await say("alice", "running");
        const running = await claim();
        await say("alice", "waiting");
        await scene.store.moveChat(from, "-200");
        const moved = await scene.store.moveChat({ ...from, chatId: "-200" }, "-300");
        const lane = "agent:main:telegram:group:-300";
        expect(moved.map((each) => each.lane)).toEqual([lane]);
        expect(await scene.store.end(running, answer(running, "ok"))).toEqual({ lane, more: true });
        const next = await claim(lane);
        expect([next.sessionId, next.to.chatId, ...texts(next)]).toEqual([running.sessionId, "-300", "waiting"]);
        expect(await scene.store.sessions()).toMatchObject([{ key: lane }]);
      });

      test("plans a message of the old chat that comes late as one of the new", async () => {
        await say("alice", "old");
        await serveAll();
        await scene.store.moveChat(from, "-200");
        expect(await say("alice", "late")).toMatchObject({ lane: "agent:main:telegram:group:-200" });
      });
    });

    test("settings of a thread, its chat, its guild and its platform: the narrowest counts", async () => {
      const inThread = () =>
        message("alice", "hi", {
          source: {
            platform: "discord",
            chat: { id: "c", kind: "channel", guildId: "g" },
            thread: { id: "t", kind: "native" },
          },
        });
      const strategyNow = async () => {
        const accepted = await accept(inThread(), { strategy: "per-user" });
        const run = await claim("lane" in accepted ? accepted.lane : "");
        await scene.store.end(run, scene.answer(run, "ok"));
        return run.plan.strategy;
      };
      const platform = "discord" as const;
      const chat = { platform, account: "default", chatId: "c" };
      expect(await strategyNow()).toBe("per-user");
      for (const [place, strategy] of [
        [{ level: "platform", platform }, "shared"],
        [{ level: "guild", platform, guildId: "g" }, "per-thread"],
        [{ level: "chat", ...chat }, "tagged-hybrid"],
        [{ level: "thread", ...chat, threadId: "t" }, "per-user"],
      ] as const) {
        await scene.store.setSettings(place, { strategy }, "test");
        expect(await strategyNow()).toBe(strategy);
      }
    });

    test("a group that becomes a supergroup keeps its settings, sessions, chains and what waits", async () => {
      await scene.store.setSettings(place, { strategy: "per-user" }, "test");
      await say("alice", "before");
      const before = await claim(`${lane}:user:alice`);
      await scene.store.journal(before, { message: { role: "user", content: [], author: before.author } });
      await scene.store.end(before, answer(before, "ok"));
      await say("alice", "running");
      const running = await claim(`${lane}:user:alice`);
      await say("alice", "waiting");
      // The new id was seen before the platform said that the chat moved.
      const early = message("bob", "early", { source: { chat: { id: "-100999", kind: "group" } } });
      await accept(early, { strategy: "per-user" });

      const moved = await scene.store.moveChat({ platform: "telegram", account: "default", chatId: "-100" }, "-100999");
      const movedLane = "agent:main:telegram:group:-100999:user:alice";
      expect(moved.map(({ lane }) => lane)).toEqual([movedLane]);
      expect(await scene.store.claim(movedLane, new Set([running.runId]))).toEqual({ kind: "busy" });
      expect(await scene.store.end(running, answer(running, "ok"))).toEqual({ lane: movedLane, more: true });

      const next = await claim(movedLane);
      expect(texts(next)).toEqual(["waiting"]);
      expect(next.to.chatId).toBe("-100999");
      expect(await scene.store.history(next.sessionId)).toHaveLength(1);
      const inNew = message("alice", "after", { source: { chat: { id: "-100999", kind: "group" } } });
      expect(await accept(inNew)).toMatchObject({ lane: movedLane });
      expect(await scene.store.chats()).toMatchObject([{ id: "-100999", strategy: "per-user" }]);
    });
  });

  test("counts say what waits, runs and is to be sent", async () => {
    await say("alice", "a1");
    await say("bob", "b1");
    const run = await claim();
    expect(await scene.store.counts()).toEqual({ waiting: 1, running: 1, pendingDeliveries: 0 });
    await scene.store.end(run, answer(run, "ok"));
    expect(await scene.store.counts()).toEqual({ waiting: 1, running: 0, pendingDeliveries: 1 });
    expect(await scene.store.lane(lane)).toMatchObject({
      running: null,
      waiting: [{ userId: "bob", userName: "BOB" }],
    });
  });

  test("the lanes of a chat are those in which something runs or waits, also from before it moved", async () => {
    await say("alice", "a1", { strategy: "per-user" });
    await say("bob", "b1", { strategy: "per-user" });
    await say("carol", "shared");
    await accept(message("dan", "", { addressed: false, albumId: "held" }));
    await accept(message("eve", "elsewhere", { source: { chat: { id: "-2", kind: "group" } } }));
    const run = await claim(`${lane}:user:alice`);
    await say("alice", "a2", { strategy: "per-user" });
    const here = await scene.store.lanes(run.chat.ref);
    expect(here).toEqual([
      {
        lane: `${lane}:user:alice`,
        running: { userId: "alice", userName: "ALICE", startedAt: scene.clock.now },
        waiting: [{ userId: "alice", userName: "ALICE" }],
      },
      { lane: `${lane}:user:bob`, running: null, waiting: [{ userId: "bob", userName: "BOB" }] },
      { lane, running: null, waiting: [{ userId: "carol", userName: "CAROL" }] },
    ]);
    await scene.store.moveChat({ platform: "telegram", account: "default", chatId: "-100" }, "-200");
    const moved = (await scene.store.chats()).find(({ id }) => id === "-200");
    for (const ref of [run.chat.ref, moved?.ref ?? 0]) {
      expect((await scene.store.lanes(ref)).map(({ waiting }) => waiting)).toEqual(here.map(({ waiting }) => waiting));
    }
  });

  test("a chat says which server it is in", async () => {
    const chat = { id: "c", kind: "channel" as const, guildId: "g", guildName: "Server" };
    await accept(message("alice", "/help", { command: { name: "help", args: "" }, source: { chat } }), {
      isCommand: true,
    });
    const [call] = await scene.store.pendingCommands();
    expect(call?.chat).toMatchObject({ id: "c", guildId: "g", guildName: "Server" });
  });

  test("a closed store takes nothing, says so, and can be closed again", async () => {
    await scene.store.close();
    await expect(say("alice", "late")).rejects.toMatchObject({ code: "closed" });
    await scene.store.close();
  });
}
