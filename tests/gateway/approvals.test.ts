import { describe, expect, test } from "vitest";
import { StoreError } from "../../sessions/store.ts";
import { message } from "../sessions/messages.ts";
import { call, playAsking, SEND } from "./approvals-stage.ts";

const HEADS = 'Bob\'s "secret"';

describe("asking", () => {
  test("the question stands where the answer will, quotes the turn, names tool and server, and shows what the tool is given", async () => {
    const input = { to: "bob@example.org", body: "See you at ```nine```\n**now**" };
    const play = playAsking({ calls: [call("call-1", input)] });
    await play.accept(message("alice", "mail bob", { source: { messageId: "q1" } }));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [question] = await play.said();
    expect(question).toMatchObject({ replyTo: "q1", to: { chatId: "-100" } });
    const [{ code = "" } = {}] = await play.rows();
    expect(question?.text).toMatch(/^ALICE, may I use `send_mail` of the server `mail`\?/);
    expect(question?.text).toContain(`/approve ${code.slice(0, 4)}-${code.slice(4)}`);
    expect(question?.text).toContain(`/deny ${code.slice(0, 4)}-${code.slice(4)}`);
    expect(question?.text).toContain('\n````json\n{\n  "to": "bob@example.org",\n  "body": "See you at ```nine```\\n');
    expect(question?.text).toMatch(/1\. Allow\n2\. Refuse\n\nAnswer with a number\.$/);
    await play.answer("alice", true);
    await running;
    expect(play.told).toEqual([[{ given: true }]]);
    expect(await play.outcomes()).toEqual({ approved: 1 });
    await play.store.close();
  });

  test("where the platform has buttons there are some, and no numbers", async () => {
    const play = playAsking({ adapter: { choices: true } });
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const chunk = await play.store.nextChunk((await play.store.chatsWithDeliveries())[0] ?? 0);
    const [{ code = "" } = {}] = await play.rows();
    expect(chunk?.choices).toEqual([
      { label: "Allow", command: `approve ${code}` },
      { label: "Refuse", command: `deny ${code}` },
    ]);
    expect(chunk?.text).not.toContain("Answer with a number");
    expect(chunk?.precedes).toBe(true);
    await play.answer("alice", false, code);
    await running;
    expect(play.told).toMatchObject([[{ given: false, reason: expect.stringContaining("refused") }]]);
    expect(await play.outcomes()).toEqual({ denied: 1 });
    await play.store.close();
  });

  test("several questions of one run are asked one after another", async () => {
    const play = playAsking({ calls: [call("one"), call("two"), call("three")] });
    await play.accept(message("alice", "mail them all"));
    const running = play.runner.handle(play.lane);
    for (const [index, yes] of [true, false, true].entries()) {
      await play.asked(index + 1);
      expect(await play.rows()).toHaveLength(index + 1);
      expect(await play.answer("alice", yes)).toMatchObject({ kind: "answered" });
    }
    await running;
    expect(play.told[0]?.map(({ given }) => given)).toEqual([true, false, true]);
    expect(await play.rows()).toEqual([]);
    await play.store.close();
  });

  test("nobody is asked where the platform names nobody", async () => {
    const play = playAsking();
    await play.accept(message("", "mail bob"));
    await play.runner.handle(play.lane);
    expect(play.told).toMatchObject([[{ given: false, reason: expect.stringContaining("nobody can be asked") }]]);
    expect((await play.said()).map(({ text }) => text)).toEqual([expect.stringContaining("not done")]);
    await play.store.close();
  });

  test("neither log nor metrics hold what the tool is given", async () => {
    const play = playAsking({ calls: [call("call-1", { text: HEADS })] });
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    await play.answer("alice", true);
    await running;
    expect(play.logged.join()).toContain(`"tool":"${SEND.name}","outcome":"approved"`);
    expect(play.logged.join()).not.toContain("secret");
    await play.store.close();
  });
});

describe("answering", () => {
  test("is the author's alone: others are told so, whether they know the code or not, and it stays open", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [{ code = "" } = {}] = await play.rows();
    expect(await play.answer("bob", true, code)).toEqual({ kind: "not-theirs" });
    expect(await play.answer("bob", false)).toEqual({ kind: "unknown" });
    expect(await play.answer("bob", true, "23456789")).toEqual({ kind: "unknown" });
    expect((await play.rows())[0]?.state).toBe("asked");
    expect(await play.answer("alice", true, code.toLowerCase())).toMatchObject({ kind: "answered" });
    expect(await play.answer("alice", false, code)).toEqual({ kind: expect.stringMatching(/over|unknown/) });
    await running;
    expect(play.told).toEqual([[{ given: true }]]);
    await play.store.close();
  });

  test("without a code is about the only open question; of two, each needs its code", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"), { strategy: "per-user" });
    await play.accept(message("alice", "mail carol", { source: { thread: { id: "7", kind: "native" } } }), {
      strategy: "per-user",
    });
    const lanes = (await play.store.lanesWithWork()).map(({ lane }) => lane);
    const running = lanes.map((lane) => play.runner.handle(lane));
    await play.asked(2);
    const codes = (await play.rows()).map(({ code }) => code);
    const several = await play.answer("alice", true);
    expect(several.kind).toBe("several");
    expect("codes" in several && several.codes.toSorted()).toEqual(codes.toSorted());
    expect(await play.answer("alice", true, codes[1])).toMatchObject({ kind: "answered" });
    await running[1];
    expect(await play.answer("alice", false)).toMatchObject({ kind: "answered" });
    await Promise.all(running);
    expect(play.told.flat().map(({ given }) => given)).toEqual([true, false]);
    await play.store.close();
  });

  test("by number works once: then a number is a number again", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [chatRef = 0] = await play.store.chatsWithDeliveries();
    const [{ code = "" } = {}] = await play.rows();
    expect((await play.store.offer(chatRef, "alice"))?.commands).toEqual([`approve ${code}`, `deny ${code}`]);
    expect(await play.store.offer(chatRef, "bob")).toBeNull();
    await play.answer("alice", true, code);
    expect(await play.store.offer(chatRef, "alice")).toBeNull();
    await running;
    await play.store.close();
  });
});

describe("time", () => {
  test("that runs out is a no, the model is told which, and a late word is told so", async () => {
    const play = playAsking({ timeoutMs: 20_000, calls: [call("one"), call("two")] });
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.waiting();
    const [{ code = "" } = {}] = await play.rows();
    play.clock.advance(20_000);
    // The next one is open.
    await play.asked(2);
    expect(await play.answer("alice", true, code)).toEqual({ kind: "over" });
    expect(await play.answer("alice", true)).toMatchObject({ kind: "answered", toolUseId: "two" });
    await running;
    expect(play.told[0]).toEqual([
      { given: false, reason: expect.stringContaining("did not answer in time") },
      { given: true },
    ]);
    expect(await play.outcomes()).toEqual({ expired: 1, approved: 1 });
    expect(play.clock.pending).toBe(0);
    await play.store.close();
  });

  test("is the clock's that nobody can put back: whoever waits is not kept for it", async () => {
    const play = playAsking({ timeoutMs: 20_000 });
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.waiting();
    play.clock.put(-3_600_000);
    play.clock.advance(20_000);
    await running;
    expect(play.told[0]).toMatchObject([{ given: false, reason: expect.stringContaining("in time") }]);
    await play.store.close();
  });

  test("and a word in the same moment: the word counts if it was first, however late it is heard of", async () => {
    const play = playAsking({ timeoutMs: 20_000 });
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.waiting();
    const [{ code = "" } = {}] = await play.rows();
    play.db.prepare("UPDATE approvals SET state = 'approved' WHERE code = ?").run(code);
    play.clock.advance(20_000);
    await running;
    expect(play.told).toEqual([[{ given: true }]]);
    await play.store.close();
  });
});

describe("breaking off", () => {
  test("/stop ends the waiting, and nothing is left of the question", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [{ code = "" } = {}] = await play.rows();
    const [chatRef = 0] = await play.store.chatsWithDeliveries();
    const nothing = { chunks: [] };
    const { runIds } = await play.store.stop({
      chatRef,
      userId: "alice",
      before: 1_000,
      notice: nothing,
      dropped: nothing,
    });
    play.runner.stop(runIds);
    await running;
    await play.broken();
    expect(await play.rows()).toEqual([]);
    expect(await play.answer("alice", true, code)).toEqual({ kind: "unknown" });
    expect(await play.outcomes()).toEqual({ stopped: 1 });
    expect(play.clock.pending).toBe(0);
    await play.store.close();
  });

  test("a run that was stopped behind the yes, and has not heard of it yet, begins nothing", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.waiting();
    expect(await play.answer("alice", true, undefined, () => play.db.exec("UPDATE runs SET stopped = 1"))).toEqual(
      expect.objectContaining({ kind: "answered" }),
    );
    await running;
    expect(play.told).toMatchObject([[{ given: false, reason: expect.stringContaining("stopped") }]]);
    await play.store.close();
  });

  test("an interruption closes the question: the model may want something else then", async () => {
    const play = playAsking({ busy: "interrupt" });
    await play.accept(message("alice", "mail bob"), { busy: "interrupt" });
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    const [{ code = "" } = {}] = await play.rows();
    const accepted = await play.accept(message("alice", "never mind"), { busy: "interrupt" });
    if (accepted.kind !== "turn") throw new Error(accepted.kind);
    await play.runner.interrupt(accepted.lane, "alice", accepted.readyAt);
    await play.broken();
    expect(await play.answer("alice", true, code)).toEqual({ kind: "over" });
    await running;
    expect((await play.said()).map(({ text }) => text).at(-1)).toBe("Fine.");
    await play.store.close();
  });

  test("a shutdown parks the run, and what is answered meanwhile counts after the restart", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    await play.waiting();
    play.approvals.stopping();
    await running;
    expect(play.clock.pending).toBe(0);
    expect((await play.rows())[0]?.state).toBe("asked");
    expect(await play.outcomes()).toEqual({});
    const [{ code = "" } = {}] = await play.rows();
    expect(await play.answer("alice", true, code)).toMatchObject({ kind: "answered" });
    const again = playAsking({ db: play.db });
    await again.runner.handle(again.lane);
    expect(again.told).toEqual([[{ given: true }]]);
    // It was asked once.
    expect((await again.said()).filter(({ text }) => text.includes("may I use"))).toHaveLength(1);
    await again.store.close();
  });

  test("after a restart an open question is waited for again, with the time that is left", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const running = play.runner.handle(play.lane);
    await play.asked(1);
    play.runner.parkAll();
    await running;
    const again = playAsking({ db: play.db });
    again.clock.advance(49_000);
    const going = again.runner.handle(again.lane);
    await again.waiting();
    again.clock.advance(1_000);
    await going;
    expect(again.told).toMatchObject([[{ given: false, reason: expect.stringContaining("in time") }]]);
    await again.store.close();
  });
});

describe("a crash", () => {
  test.each([
    ["that had begun is not run again", SEND, { given: false, reason: expect.stringContaining("result unknown") }],
    ["that had begun is run again if that does no harm", { ...SEND, idempotent: true }, { given: true }],
  ])("a tool %s", async (_, tool, wanted) => {
    const play = playAsking({ tool });
    await play.accept(message("alice", "mail bob"));
    const claim = await play.store.claim(play.lane);
    if (claim.kind !== "run") throw new Error(claim.kind);
    const asking = { run: claim.run, adapter: undefined, signal: new AbortController().signal, call: call("call-1") };
    const adapter = play.adapter;
    const first = play.approvals.consent({ ...asking, adapter, tool });
    await play.asked(1);
    await play.answer("alice", true);
    expect(await first).toEqual({ given: true });
    expect((await play.rows())[0]?.state).toBe("begun");
    const again = playAsking({ db: play.db, tool });
    await again.runner.handle(again.lane);
    expect(again.told).toEqual([[wanted]]);
    await again.store.close();
  });

  test("between the question and the answer: it is not asked again", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    void play.runner.handle(play.lane);
    await play.asked(1);
    const again = playAsking({ db: play.db });
    const going = again.runner.handle(again.lane);
    await again.waiting();
    await again.answer("alice", false);
    await going;
    expect(again.told).toMatchObject([[{ given: false, reason: expect.stringContaining("refused") }]]);
    expect((await again.said()).filter(({ text }) => text.includes("may I use"))).toHaveLength(1);
    await again.store.close();
  });

  test("of a process that has lost its run: it gets no consent, whatever is answered", async () => {
    const play = playAsking();
    await play.accept(message("alice", "mail bob"));
    const stuck = play.runner.handle(play.lane);
    await play.asked(1);
    const again = playAsking({ db: play.db });
    const going = again.runner.handle(again.lane);
    await again.waiting();
    const [{ code = "" } = {}] = await again.rows();
    await again.answer("alice", true, code);
    await going;
    expect(again.told).toEqual([[{ given: true }]]);
    play.approvals.answered(1, "call-1");
    expect(await stuck).toBe("idle");
    expect(play.told).toEqual([]);
    await again.store.close();
  });
});

test("a store that takes nothing for a while is waited for, at each step", async () => {
  const failing = new Map<string, number>();
  const flaky =
    <Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const tries = failing.get(name) ?? 0;
      failing.set(name, tries + 1);
      if (tries > 0) return await work(...args);
      throw new StoreError("unwritable", "the disk is full");
    };
  const play = playAsking({
    around: (store) => ({
      approvals: flaky("look", (runId: number) => store.approvals(runId)),
      askApproval: flaky("ask", (...args: Parameters<typeof store.askApproval>) => store.askApproval(...args)),
      moveApproval: flaky("move", (...args: Parameters<typeof store.moveApproval>) => store.moveApproval(...args)),
    }),
  });
  await play.accept(message("alice", "mail bob"));
  const running = play.runner.handle(play.lane);
  await play.waiting(1);
  play.clock.advance(1_000);
  await play.waiting(2);
  play.clock.advance(1_000);
  await play.asked(1);
  // The third timer is the question's own.
  await play.waiting(3);
  await play.answer("alice", true);
  await play.waiting(4);
  play.clock.advance(1_000);
  await running;
  expect(play.told).toEqual([[{ given: true }]]);
  expect(Object.fromEntries(failing)).toMatchObject({ ask: 2, move: 2 });
  await play.store.close();
});
