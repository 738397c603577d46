import { describe, expect, test } from "vitest";
import { message } from "../../sessions/messages.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";

/** In the group Alice is being answered, and Bob and Carol wait. */
async function busyGroup(): Promise<Desk> {
  const desk = Desk.open({ strategy: "shared" });
  const { lane } = await desk.hears("alice", "a secret question");
  await desk.begins(lane);
  await desk.hears("bob", "another secret");
  await desk.hears("bob", "and one more");
  await desk.hears("carol", "me too");
  return desk;
}

describe("chats show", () => {
  test("shows access, settings and lanes with names, and no texts", async () => {
    const desk = await busyGroup();
    desk.now = Date.now() + 5_000;
    const said = await desk.says("chats", "show", GROUP);
    expect(said).toMatch(/^telegram:-100 "Team", group$/m);
    expect(said).toMatch(/^Access: not approved.*\(mode pairing\)$/m);
    expect(said).toMatch(/^strategy +shared +default$/m);
    expect(said).toMatch(/^agent:main:telegram:group:-100 +ALICE for \d+ s +BOB \(2\), CAROL$/m);
    expect(said).not.toContain("secret");
    expect(await desk.json("chats", "show", GROUP)).toMatchObject({
      chat: GROUP,
      kind: "group",
      name: "Team",
      server: null,
      thread: null,
      access: { mode: "pairing", standing: "closed" },
      lanes: [
        {
          lane: "agent:main:telegram:group:-100",
          running: { user: "alice", name: "ALICE", since: expect.stringMatching(/Z$/) },
          waiting: [{ user: "bob" }, { user: "bob" }, { user: "carol", name: "CAROL" }],
        },
      ],
    });
  });

  test.each<[string, string[][]]>([
    ["approved", [["access", "allow", "user", "telegram:11"]]],
    ["owner", [["owner", "add", "telegram:11"]]],
    ["blocked", [["access", "block", "telegram:11"]]],
    ["closed", []],
  ])("a private chat is %s by what was said of its person", async (standing, commands) => {
    const desk = Desk.open();
    await desk.hears("11", "hi", inPrivate("11", "hi"));
    for (const command of commands) await desk.says(...command);
    expect(await desk.json("chats", "show", "telegram:11")).toMatchObject({ access: { standing } });
  });

  test.each([
    ["configured", { allow: { chats: ["telegram:-100"] } }],
    ["open", { access: "open" }],
    ["off", { access: "off" }],
  ] as const)("a group is %s by the configuration", async (standing, settings) => {
    const desk = Desk.open(settings as Parameters<typeof Desk.open>[0]);
    await desk.hears("alice", "hi");
    expect(await desk.json("chats", "show", GROUP)).toMatchObject({ access: { standing } });
  });

  test("a group that asks to be let in is asking, and approved afterwards", async () => {
    const desk = Desk.open();
    await desk.isAsked(message("alice", "hi"), "ABCD2345");
    expect(await desk.json("chats", "show", GROUP)).toMatchObject({ access: { standing: "asking" } });
    await desk.says("pair", "approve", "ABCD2345");
    expect(await desk.json("chats", "show", GROUP)).toMatchObject({ access: { standing: "approved" } });
  });

  test("a private chat that asked is approved with its person", async () => {
    const desk = Desk.open();
    await desk.isAsked(inPrivate("alice", "let me in"), "ABCD2345");
    expect(await desk.json("chats", "show", "telegram:alice")).toMatchObject({ access: { standing: "asking" } });
    await desk.says("pair", "approve", "ABCD2345");
    expect(await desk.json("chats", "show", "telegram:alice")).toMatchObject({ access: { standing: "approved" } });
  });

  test("an unknown chat is refused, with the one that was probably meant", async () => {
    const desk = await busyGroup();
    expect(await desk.refuses("chats", "show", "telegram:-1000")).toMatch(
      /Nothing has come from telegram:-1000 yet.*mean telegram:-100\?/,
    );
  });
});

test("chats and sessions list what there is", async () => {
  const desk = await busyGroup();
  expect(await desk.json("chats")).toEqual([
    { chat: GROUP, kind: "group", name: "Team", server: null, strategy: null, sessions: 1, waiting: 3, failed: 0 },
  ]);
  expect(await desk.json("sessions")).toMatchObject([
    { key: "agent:main:telegram:group:-100", startedAt: expect.stringMatching(/Z$/) },
  ]);
});

test("queue shows who runs and who waits, in one chat or in all", async () => {
  const desk = await busyGroup();
  await desk.hears("dora", "hi", inPrivate("dora", "hi"));
  const all = await desk.says("queue");
  expect(all).toMatch(/^telegram:-100 +\S+ +ALICE for \d+ s +BOB \(2\), CAROL$/m);
  expect(all).toMatch(/^telegram:dora +\S+ +nobody +DORA$/m);
  expect(all).not.toContain("secret");
  expect(await desk.json("queue", "telegram:dora")).toEqual([
    {
      chat: "telegram:dora",
      lane: "agent:main:telegram:dm:dora",
      running: null,
      waiting: [{ user: "dora", name: "DORA" }],
    },
  ]);
  await desk.says("stop", GROUP);
  await desk.says("stop", "telegram:dora");
  expect(await desk.says("queue", "telegram:dora")).toBe("Nothing runs or waits.");
});

describe("why", () => {
  test("tells the session and lane of a person's next message, what runs there, and who is ahead", async () => {
    const desk = await busyGroup();
    const said = await desk.says("why", GROUP, "carol");
    expect(said).toMatch(/^Strategy: shared, set for the|^Strategy: shared, the default/m);
    expect(said).toMatch(/^Session: +agent:main:telegram:group:-100 \(others write into it as well\)$/m);
    expect(said).toMatch(/^Running: +ALICE for \d+ s$/m);
    expect(said).toMatch(/^Ahead: +BOB$/m);
    await desk.says("strategy", GROUP, "per-user");
    expect(await desk.json("why", GROUP, "carol")).toEqual({
      chat: GROUP,
      user: "carol",
      thread: null,
      strategy: "per-user",
      from: "chat",
      session: "agent:main:telegram:group:-100:user:carol",
      lane: "agent:main:telegram:group:-100:user:carol",
      shared: false,
      running: null,
      waiting: [],
      ahead: [],
    });
  });

  test("under per-thread, each question has a session of its own, and a thread has one", async () => {
    const desk = await busyGroup();
    await desk.says("strategy", GROUP, "per-thread");
    expect(await desk.json("why", GROUP, "carol")).toMatchObject({ session: null, lane: null });
    const inThread = await desk.says("why", GROUP, "carol", "--thread", "5");
    expect(inThread).toContain("agent:main:telegram:group:-100:thread:5");
    expect(inThread).toContain("that question's");
  });
});

describe("stop", () => {
  test("stops and drops everybody's, is audited, and tells them", async () => {
    const desk = await busyGroup();
    expect(await desk.says("stop", GROUP)).toBe("telegram:-100: 1 answer stopped, 3 waiting messages dropped.");
    expect(await desk.store.stoppedRuns()).toHaveLength(1);
    expect(await desk.store.audit()).toMatchObject([{ what: "answers stopped", where: GROUP, to: "everybody's" }]);
    expect(await desk.store.chatsWithDeliveries()).toHaveLength(1);
  });

  test("stops one person's alone", async () => {
    const desk = await busyGroup();
    expect(await desk.json("stop", GROUP, "--user", "bob")).toEqual({
      chat: GROUP,
      user: "bob",
      stopped: 0,
      dropped: 2,
    });
    expect(await desk.json("queue", GROUP)).toMatchObject([
      { running: { user: "alice" }, waiting: [{ user: "carol" }] },
    ]);
    expect(await desk.says("stop", GROUP, "--user", "nobody")).toContain("nothing to stop");
    expect(await desk.store.audit()).toHaveLength(1);
  });

  test("wants a person where it is told of one", async () => {
    const desk = await busyGroup();
    expect(await desk.refuses("stop", GROUP, "--user", "")).toContain("empty id is not that of a person");
    expect(await desk.store.stoppedRuns()).toEqual([]);
    expect(await desk.refuses("why", GROUP, "")).toContain("empty id is not that of a person");
    expect(await desk.refuses("chats", "show", GROUP, "--thread", "")).toContain("empty id is not that of a thread");
  });
});
