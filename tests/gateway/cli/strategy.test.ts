import { expect, test } from "vitest";
import { FORK_SETTING } from "../../../sessions/forks.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";

const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;

/** A group in which Alice and Bob have shared a conversation. */
async function sharedGroup(): Promise<Desk> {
  const desk = Desk.open({ strategy: "shared" });
  for (const user of ["alice", "bob"]) {
    const { lane } = await desk.hears(user, "hi");
    await desk.answers(lane, "hello");
  }
  return desk;
}

test("shows the strategy, where it comes from, and the others", async () => {
  const desk = await sharedGroup();
  expect(await desk.says("strategy", GROUP)).toMatch(
    /^telegram:-100: shared \(default\)\n[\s\S]*^per-user +Everybody/m,
  );
  expect(await desk.json("strategy", GROUP)).toMatchObject({
    place: GROUP,
    strategy: "shared",
    from: "default",
    choices: expect.arrayContaining([{ name: "per-user", summary: expect.any(String) }]),
  });
});

test("a change says for whom it changes what, and begins with nothing", async () => {
  const desk = await sharedGroup();
  const said = await desk.says("strategy", GROUP, "per-user");
  expect(said).toContain("telegram:-100: per-user, from the next message on");
  expect(said).toContain("ALICE and BOB will no longer share a conversation.");
  expect(await desk.store.settingsAt([place])).toEqual([{ level: "chat", values: { strategy: "per-user" } }]);
});

test("--fork keeps how the shared conversation can be taken along; the next choice forgets it", async () => {
  const desk = await sharedGroup();
  const fork = await desk.store.forkOf("agent:main:telegram:group:-100");
  expect(await desk.json("strategy", GROUP, "per-user", "--fork")).toMatchObject({
    place: GROUP,
    strategy: "per-user",
    fork: true,
    meaning: expect.stringContaining("begin with a copy"),
  });
  const value = `per-user:${fork?.session}:${fork?.upTo}:${fork?.after}`;
  expect(await desk.store.setting(place, FORK_SETTING)).toBe(value);
  await desk.says("strategy", GROUP, "reset");
  expect(await desk.store.settingsAt([place])).toEqual([]);
});

test("a thread has a strategy of its own", async () => {
  const desk = await sharedGroup();
  await desk.says("strategy", GROUP, "per-user", "--thread", "5", "--fresh");
  expect(await desk.says("strategy", GROUP, "--thread", "5")).toContain("telegram:-100#5: per-user (thread)");
  expect(await desk.says("strategy", GROUP)).toContain("shared (default)");
});

test.each([
  [[GROUP, "sharde"], /no strategy "sharde": choose one of .*Did you mean "shared"\?/],
  [[GROUP, "tagged-hybrid", "--fork"], /no shared conversation.*Nothing was changed/],
  [[GROUP, "reset", "--fork"], /--fork goes with a strategy by its name/],
  [[GROUP, "--fork"], /Name the strategy/],
  [[GROUP, "per-user", "--fork", "--fresh"], /Either --fork or --fresh/],
  [["web:nowhere", "per-user", "--fork"], /no shared conversation/],
  [["telegram", "per-user"], /Name a chat/],
  [["telegram:11", "shared"], /private chat is one conversation/],
])("refuses %j", async (args, reason) => {
  const desk = await sharedGroup();
  const hello = inPrivate("11", "hi");
  await desk.hears("11", "hi", hello);
  expect(await desk.refuses("strategy", ...args)).toMatch(reason);
  expect(await desk.store.audit()).toEqual([]);
});
