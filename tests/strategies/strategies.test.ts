import { describe, expect, test } from "vitest";
import { builtInStrategies } from "../../strategies/index.ts";
import { perThread } from "../../strategies/per-thread.ts";
import { perUser } from "../../strategies/per-user.ts";
import { shared } from "../../strategies/shared.ts";
import { taggedHybrid } from "../../strategies/tagged-hybrid.ts";
import { strategyContract } from "./contract.ts";
import { everyRecord, record } from "./records.ts";

const messages = everyRecord();

strategyContract(shared, messages, { sharesGroup: true, sharesThread: true });
strategyContract(perUser, messages, { sharesGroup: false, sharesThread: false });
strategyContract(perThread, messages, { sharesGroup: false, sharesThread: true });
strategyContract(taggedHybrid, messages, { sharesGroup: true, sharesThread: true });

test("the contract runs over every built-in strategy", () => {
  expect(builtInStrategies).toEqual([shared, perUser, perThread, taggedHybrid]);
});

describe("per-user", () => {
  const agent = "main";

  test("people in one thread have a session each", () => {
    const inThread = record({ thread: { id: "7", kind: "native" } });
    expect(perUser.plan(inThread, { agent }).session).toBe("agent:main:telegram:group:-100:thread:7:user:1");
  });

  test("people in one thread share its session if the chat says so", () => {
    const inThread = record({ thread: { id: "7", kind: "native" } });
    const plan = perUser.plan(inThread, { agent, threads: "shared" });
    expect(plan).toMatchObject({ session: "agent:main:telegram:group:-100:thread:7", attribution: "tagged" });
  });

  test("where nobody is named, the chat's session is used", () => {
    const nobody = record({ user: { id: "", name: "", isBot: false } });
    expect(perUser.plan(nobody, { agent })).toMatchObject({
      session: "agent:main:telegram:group:-100",
      attribution: "tagged",
    });
  });

  test("a chain of replies is no place of its own", () => {
    const chained = record({ thread: { id: "3", kind: "reply-chain" } });
    expect(perUser.plan(chained, { agent }).session).toBe(perUser.plan(record(), { agent }).session);
  });
});

describe("per-thread", () => {
  const agent = "main";

  test("two interactions are two sessions", () => {
    const first = perThread.plan(record({ messageId: "10" }), { agent });
    const second = perThread.plan(record({ messageId: "11" }), { agent });
    expect(first.session).not.toBe(second.session);
    expect(first.thread).toBe("reply-chain");
  });

  test("a thread is opened where the chat can have one", () => {
    const plan = perThread.plan(record({ chat: { id: "-100", kind: "group", opensThreads: true } }), { agent });
    expect(plan).toMatchObject({ session: "agent:main:telegram:group:-100:thread:10", thread: "open" });
  });

  test("what is said inside a thread, or in reply to its chain, continues it", () => {
    const opening = perThread.plan(record({ messageId: "10" }), { agent }).session;
    for (const kind of ["native", "reply-chain"] as const) {
      const inside = record({
        messageId: "12",
        thread: { id: "10", kind },
        user: { id: "2", name: "Bob", isBot: false },
      });
      expect(perThread.plan(inside, { agent })).toMatchObject({
        session: opening,
        attribution: "tagged",
        thread: kind === "native" ? "stay" : "reply-chain",
      });
    }
  });
});

test("tagged-hybrid says in the prompt how to keep people apart", () => {
  expect(taggedHybrid.plan(record(), { agent: "main" }).guidance).toMatch(/person/);
});
