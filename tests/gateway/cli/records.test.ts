import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Desk, GROUP } from "./desk.ts";

const DAY = new Date().toISOString().slice(0, 10);

describe("usage", () => {
  async function used(): Promise<Desk> {
    const desk = Desk.open({ strategy: "shared", telegram: { token: "1:A", limits: { userRunsPerDay: 50 } } });
    for (const user of ["alice", "alice", "bob"]) {
      const { lane } = await desk.hears(user, "hi");
      await desk.answers(lane, "hello");
    }
    return desk;
  }

  test("shows a day by person, with the limits of the chat", async () => {
    const desk = await used();
    await desk.says("settings", GROUP, "chatTokensPerDay", "100000");
    expect(await desk.json("usage", GROUP)).toEqual({
      day: DAY,
      chat: GROUP,
      users: [
        { user: "alice", name: "ALICE", tokens: 246, readTokens: 206, cachedTokens: 6, runs: 2 },
        { user: "bob", name: "BOB", tokens: 123, readTokens: 103, cachedTokens: 3, runs: 1 },
      ],
      total: { tokens: 369, readTokens: 309, cachedTokens: 9, runs: 3 },
      limits: { userTokensPerDay: null, userRunsPerDay: 50, chatTokensPerDay: 100_000, chatRunsPerDay: null },
    });
    const said = await desk.says("usage", GROUP);
    expect(said).toMatch(/^ALICE +alice +246 +2 % +2$/m);
    expect(said).toMatch(/^Limit of a day: 100,000 tokens for the chat$/m);
  });

  test("shows all chats together, and a day on which nothing was used", async () => {
    const desk = await used();
    expect(await desk.says("usage")).toMatch(/^\(together\) +369 +2 % +3$/m);
    expect(await desk.says("usage", "--day", "2020-02-29")).toContain("Nothing was used.");
  });

  test.each(["2021-02-29", "today", "2021-1-1"])("refuses %s as a day", async (day) => {
    expect(await (await used()).refuses("usage", "--day", day)).toContain("write it as 2026-01-31");
  });
});

describe("audit", () => {
  test("shows who changed what, newest first, in a place with everything in it", async () => {
    const desk = Desk.open();
    await desk.says("settings", "telegram", "busy", "steer");
    await desk.says("settings", GROUP, "busy", "interrupt");
    await desk.says("settings", GROUP, "--thread", "7", "threads", "shared");
    await desk.says("access", "allow", "user", "web:alice");
    const all = (await desk.json("audit")) as Array<{ id: string; what: string; where: string }>;
    expect(all.map(({ what, where }) => `${what} ${where}`)).toEqual([
      "access web:alice",
      "setting threads telegram:-100#7",
      "setting busy telegram:-100",
      "setting busy telegram",
    ]);
    expect(all[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.stringMatching(/Z$/),
      by: expect.stringMatching(/^cli:/),
      what: "access",
      where: "web:alice",
      from: null,
      to: "approved",
    });
    expect(await desk.json("audit", "telegram")).toHaveLength(3);
    expect(await desk.json("audit", GROUP)).toHaveLength(2);
    expect(await desk.json("audit", "--limit", "1")).toHaveLength(1);
    expect(await desk.says("audit", GROUP)).toMatch(/ setting busy +telegram:-100 +- +interrupt$/m);
  });

  test.each([
    [["--limit", "0"], /whole number from 1/],
    [["--limit", "many"], /whole number from 1/],
    [["nowhere"], /names no chat/],
    [["telegram@"], /names no chat/],
    [["telegram@second@third"], /names no chat/],
  ])("refuses %j", async (args, reason) => {
    expect(await Desk.open().refuses("audit", ...args)).toMatch(reason);
  });
});

describe("forget and export", () => {
  async function talked(): Promise<Desk> {
    const desk = Desk.open();
    const { lane } = await desk.hears("alice", "my question", {}, { strategy: "per-user" });
    await desk.answers(lane, "the answer");
    return desk;
  }

  test("export prints Markdown or its structure", async () => {
    const desk = await talked();
    const text = await desk.says("export", GROUP, "alice");
    expect(text).toMatch(/my question[\s\S]*the answer/);
    expect(await desk.json("export", GROUP, "alice")).toMatchObject({
      chat: GROUP,
      user: "alice",
      sessions: [
        {
          key: "agent:main:telegram:group:-100:user:alice",
          startedAt: expect.stringMatching(/Z$/),
          shared: false,
          messages: [
            { role: "user", content: [{ type: "text", text: "my question" }], at: expect.stringMatching(/Z$/) },
            { role: "assistant", content: [{ type: "text", text: "the answer" }] },
          ],
        },
      ],
    });
  });

  test("export --out writes a new file for its owner alone, and overwrites none", async () => {
    const desk = await talked();
    const file = join(desk.folder, "alice.md");
    expect(await desk.says("export", GROUP, "alice", "--out", "alice.md")).toContain(
      "1 conversation written to alice.md",
    );
    expect(readFileSync(file, "utf8")).toContain("my question");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await desk.refuses("export", GROUP, "alice", "--out", "alice.md")).toContain("is there already");
    expect(await desk.refuses("export", GROUP, "alice", "--out", "no/where.md")).toContain("Cannot write");
  });

  test("export of somebody who said nothing is refused, and writes no file", async () => {
    const desk = await talked();
    expect(await desk.refuses("export", GROUP, "bob", "--out", "bob.md")).toContain(
      "bob has no conversation in telegram:-100",
    );
    expect(existsSync(join(desk.folder, "bob.md"))).toBe(false);
  });

  test("forget erases only with --yes, and is audited", async () => {
    const desk = await talked();
    expect(await desk.refuses("forget", GROUP, "alice")).toMatch(/--yes.*Nothing was erased/);
    expect(await desk.json("forget", GROUP, "alice", "--yes")).toEqual({
      chat: GROUP,
      user: "alice",
      sessions: 1,
      dropped: 0,
      stopped: 0,
    });
    expect(await desk.refuses("export", GROUP, "alice")).toContain("no conversation");
    expect(await desk.store.audit()).toMatchObject([{ what: "sessions forgotten", where: GROUP }]);
    expect(await desk.says("forget", GROUP, "alice", "--yes")).toContain("There was nothing of alice");
    expect(await desk.refuses("forget", GROUP, "", "--yes")).toContain("empty id");
  });

  test("forget says what was dropped and stopped where there was no conversation yet", async () => {
    const desk = Desk.open();
    const { lane } = await desk.hears("alice", "one", {}, { strategy: "per-user" });
    await desk.hears("alice", "two", {}, { strategy: "per-user" });
    expect(await desk.says("forget", GROUP, "alice", "--yes")).toBe(`Erased: 2 waiting messages of alice in ${GROUP}.`);
    await desk.hears("alice", "three", {}, { strategy: "per-user" });
    await desk.begins(lane);
    expect(await desk.says("forget", GROUP, "alice", "--yes")).toMatch(/^Erased: .*1 answer under way of alice/);
  });
});
