import { expect, test } from "vitest";
import { Desk, GROUP } from "./desk.ts";

const CHANNEL = "discord:100";
const post = {
  source: { platform: "discord", chat: { id: "100", kind: "channel", name: "team", guildId: "9", guildName: "Guild" } },
} as const;

test("a setting of a chat is shown with the level it comes from: default, platform, guild, chat or thread", async () => {
  const desk = Desk.open({ discord: { token: "A", threads: "shared" } });
  await desk.hears("alice", "hi", post);
  await desk.says("settings", "discord", "maxAgeMs", "2h");
  await desk.says("settings", "discord:9", "--guild", "busy", "steer");
  await desk.says("settings", CHANNEL, "addressing", "always");
  await desk.says("settings", CHANNEL, "--thread", "7", "compaction", "50%");
  const { settings } = (await desk.json("chats", "show", CHANNEL, "--thread", "7")) as {
    settings: Array<{ name: string; value: string; from: string }>;
  };
  const said = Object.fromEntries(settings.map(({ name, value, from }) => [name, `${value} ${from}`]));
  expect(said).toMatchObject({
    strategy: "per-user default",
    threads: "shared platform",
    maxAgeMs: "7200000 platform",
    busy: "steer guild",
    addressing: "always chat",
    compaction: "0.5 thread",
    userRunsPerDay: "null default",
  });
  expect(await desk.says("settings", CHANNEL)).toMatch(/^maxAgeMs +2h +platform$/m);
  expect(await desk.says("settings", CHANNEL)).toMatch(/^compaction +0\.6 +default$/m);
});

test("one setting is shown with what it means and what it takes", async () => {
  const desk = Desk.open();
  expect(await desk.says("settings", GROUP, "BUSY")).toBe(
    "telegram:-100: busy is collect (default)\nWhat becomes of what you write while I answer you. Takes collect, steer, interrupt.",
  );
  expect(await desk.json("settings", GROUP, "model")).toMatchObject({
    place: GROUP,
    level: "chat",
    name: "model",
    from: "default",
  });
});

test("of a platform it is shown what holds in groups and in private", async () => {
  const desk = Desk.open();
  expect(await desk.says("settings", "web")).toMatch(/^compaction +0\.6 +default +0\.85 +default$/m);
  expect(await desk.says("settings", "web", "compaction")).toContain("0.6 (default), in private 0.85 (default)");
  expect(await desk.json("settings", "web", "compaction")).toMatchObject({
    value: "0.6",
    inPrivate: { value: "0.85" },
  });
});

test("a server is set with --guild", async () => {
  const desk = Desk.open();
  expect(await desk.says("settings", "discord:9", "--guild", "busy", "steer")).toContain(
    "the server discord:9: busy is steer",
  );
  expect(await desk.json("settings", "discord:9", "--guild", "busy")).toMatchObject({
    place: "discord:9",
    level: "guild",
    value: "steer",
    from: "guild",
  });
});

test("what is set is stored in its own spelling, audited, and taken back with --reset", async () => {
  const desk = Desk.open();
  await desk.hears("alice", "hi");
  expect(await desk.says("settings", GROUP, "extraPrompt", "Be", "brief.")).toBe(
    "telegram:-100: extraPrompt is Be brief., from the next message on",
  );
  expect(await desk.json("settings", GROUP, "userTokensPerDay", "5000")).toEqual({
    place: GROUP,
    level: "chat",
    name: "userTokensPerDay",
    value: "5000",
  });
  const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;
  expect(await desk.store.setting(place, "extraPrompt")).toBe("Be brief.");
  expect(await desk.says("settings", GROUP, "extraPrompt", "--reset")).toContain("what wider levels say");
  expect(await desk.store.setting(place, "extraPrompt")).toBeNull();
  const [latest] = await desk.store.audit({ where: GROUP });
  expect(latest).toMatchObject({ what: "setting extraPrompt", from: "Be brief.", to: null });
  expect(latest?.by).toMatch(/^cli:./);
});

test("a strategy that is set takes the fork of the one before with it", async () => {
  const desk = Desk.open();
  const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;
  await desk.store.setSettings(place, { strategy: "per-user", fork: "per-user:1:2:3" }, "test");
  await desk.says("settings", GROUP, "strategy", "shared");
  expect(await desk.store.settingsAt([place])).toEqual([{ level: "chat", values: { strategy: "shared" } }]);
});

test("works while no gateway runs", async () => {
  const desk = Desk.open();
  await desk.close();
  await desk.says("settings", "telegram", "busy", "interrupt");
  expect(await desk.says("settings", "telegram", "busy")).toContain("interrupt (platform)");
});

test("a chat that has not written can be set, with a note", async () => {
  const desk = Desk.open();
  expect(await desk.says("settings", "web:nowhere", "busy", "steer")).toContain("nothing has come from this chat yet");
});

test.each([
  [["telegram:-100", "bussy", "steer"], /no setting "bussy".*Did you mean busy\?/],
  [["telegram:-100", "busy", "stear"], /"stear" is no value for busy.*collect, steer, interrupt.*mean steer\?/],
  [["telegram:-100", "maxAgeMs", "5s"], /at least a minute/],
  [["telegram:-100", "strategy", "sharde"], /no strategy "sharde".*Did you mean "shared"\?/],
  [["telegrm:-100", "busy", "steer"], /names no chat.*platform:id.*mean telegram\?/],
  [["telegram", "--thread", "5", "busy", "steer"], /whole platform/],
  [["discord:1", "--guild", "--thread", "5"], /no threads/],
  [["discord@second:1", "--guild", "busy", "steer"], /hold for every account: write discord:1/],
  [["telegram:9", "--guild", "busy", "steer"], /no servers on telegram/],
  [["telegram:team", "busy", "steer"], /"team" is no id on telegram/],
  [["telegram:-100", "--thread", "", "busy", "steer"], /empty id is not that of a thread/],
  [["telegram:-100", "--reset"], /--reset takes the name/],
  [["telegram:-100", "busy", "steer", "--reset"], /and no value/],
  [["web:\u001b[31m", "busy", "\u001b[31m"], /"\?\[31m" is no value/],
])("refuses %j", async (args, reason) => {
  const desk = Desk.open();
  expect(await desk.refuses("settings", ...args)).toMatch(reason);
  expect(await desk.store.audit()).toEqual([]);
});
