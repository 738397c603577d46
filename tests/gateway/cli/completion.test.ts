import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { message } from "../../sessions/messages.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";
import { isThere, typed } from "./terminal.ts";

/** A gateway's data with some chats, people and rules. */
async function furnished(): Promise<Desk> {
  const desk = Desk.open();
  const chat = { id: "77", kind: "channel", name: "general", guildId: "9", guildName: "Guild" } as const;
  await desk.hears("alice", "hi");
  await desk.hears("bob", "hi", { source: { platform: "discord", account: "second", chat } });
  await desk.hears("alice", "hi", inPrivate("alice", "hi"));
  await desk.isAsked(message("carol", "hi", { source: { chat: { id: "-5", kind: "group" } } }), "ABCD2345");
  await desk.says("access", "block", "telegram:66");
  await desk.says("access", "allow", "chat", GROUP);
  await desk.says("owner", "add", "telegram:1000");
  return desk;
}

/** What the last of the words can become. */
async function offered(desk: Desk, ...words: string[]): Promise<string[]> {
  const said = await desk.says("complete", "--", ...words);
  return said === "" ? [] : said.split("\n").map((line) => line.split("\t")[0] ?? "");
}

describe("what is offered", () => {
  test("commands with what they do, their commands, and options", async () => {
    const desk = await furnished();
    expect(await offered(desk, "s")).toEqual(["start", "sessions", "settings", "strategy", "stop", "simulate"]);
    expect(await desk.says("complete", "--", "acc")).toBe("access\tsay who is answered");
    expect(await offered(desk, "pair", "")).toEqual(["list", "approve", "dismiss", "help"]);
    expect(await offered(desk, "strategy", GROUP, "--f")).toEqual(["--fork", "--fresh"]);
    expect(await offered(desk, "chats", "show", GROUP, "--j")).toEqual(["--json"]);
    expect(await offered(desk, "complet")).toEqual(["completion"]);
  });

  test.each<[string[], string[]]>([
    [
      ["chats", "show", "telegram:"],
      ["telegram:-100", "telegram:-5", "telegram:alice"],
    ],
    [
      ["settings", "t"],
      ["telegram", "telegram:-100", "telegram:-5", "telegram:alice"],
    ],
    [["settings", "--guild", ""], ["discord:9"]],
    [
      ["settings", GROUP, "user"],
      ["userTokensPerDay", "userRunsPerDay"],
    ],
    [
      ["settings", GROUP, "busy", ""],
      ["collect", "steer", "interrupt"],
    ],
    [["settings", GROUP, "busy", "steer", ""], []],
    [["settings", GROUP, "model", ""], []],
    [["settings", "--thread", "5", GROUP, "threads", "s"], ["shared"]],
    [
      ["settings", GROUP, "strategy", "per-"],
      ["per-user", "per-thread"],
    ],
    [
      ["strategy", GROUP, ""],
      ["shared", "per-user", "per-thread", "tagged-hybrid", "reset"],
    ],
    [["why", GROUP, ""], ["alice"]],
    [["stop", GROUP, "--user", ""], ["alice"]],
    [["pair", "approve", "A"], ["ABCD-2345"]],
    [
      ["access", "allow", ""],
      ["user", "chat", "guild"],
    ],
    [["access", "allow", "guild", ""], ["discord@second:9"]],
    [["access", "revoke", "chat", ""], ["telegram:-100"]],
    [["access", "revoke", "user", ""], []],
    [["access", "unblock", ""], ["telegram:66"]],
    [["owner", "remove", ""], ["telegram:1000"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["usage", "--day", ""], []],
    [
      ["simulate", "--from", "discord"],
      ["discord-json", "discord-csv"],
    ],
    [
      ["simulate", "--strategies", "per"],
      ["per-user", "per-thread"],
    ],
    [["nonsense", ""], []],
  ])("%j becomes one of %j", async (words, expected) => {
    expect(await offered(await furnished(), ...words)).toEqual(expected);
  });

  test("strategies of one's own are among them", async () => {
    const desk = Desk.open({ strategies: "./mine.mjs" });
    const code = `export default { name: "my-own", summary: "Mine.", plan: () => ({}) };`;
    writeFileSync(join(desk.folder, "mine.mjs"), code);
    expect(await offered(desk, "strategy", GROUP, "my")).toEqual(["my-own"]);
  });

  test("without data, or with a configuration that is wrong, commands and options are offered, and nobody complains", async () => {
    const desk = Desk.open({ strategy: "no-such" });
    expect(await offered(desk, "strategy", GROUP, "")).toEqual([]);
    desk.env.PARLEY_DATA = join(desk.folder, "nothing");
    expect(await offered(desk, "chats", "")).toEqual(["show"]);
    expect(await offered(desk, "settings", "web")).toEqual(["web"]);
  });
});

const SHELLS = ["bash", "zsh", "fish"] as const;

for (const shell of SHELLS) {
  const reason = isThere(shell) ? "" : ` (left out: ${shell} or script is not installed)`;
  describe.runIf(reason === "")(`${shell}, on a terminal, runs what a tab has completed${reason}`, () => {
    /** Each line is completed by the tab at its end. */
    async function ran(desk: Desk, ...lines: string[]): Promise<string[]> {
      const all = await typed(
        shell,
        desk.folder,
        lines.map((line) => `parley ${line}\t`),
      );
      return all.map((words) => words.join(" "));
    }

    test("commands, values, and chats on either side of a colon", { timeout: 60_000 }, async () => {
      const desk = await furnished();
      const lines = ["strat", "why telegram:-1", "settings telegram busy st", "strategy  telegram:-100 per-u"];
      expect(await ran(desk, ...lines)).toEqual([
        "strategy",
        `why ${GROUP}`,
        "settings telegram busy steer",
        `strategy ${GROUP} per-user`,
      ]);
    });

    test("ids and accounts that hold an at sign", { timeout: 60_000 }, async () => {
      const desk = Desk.open();
      await desk.hears("alice", "hi", {
        source: { platform: "whatsapp", chat: { id: "12@g.us", kind: "group" } },
      });
      await desk.hears("alice", "hi", { source: { account: "second", chat: { id: "-9000", kind: "group" } } });
      const lines = ["why whatsapp:12", "why whatsapp:12@", "why whatsapp:12@g", "why telegram@se", "why telegram@"];
      const [group, other] = ["why whatsapp:12@g.us", "why telegram@second:-9000"];
      expect(await ran(desk, ...lines)).toEqual([group, group, group, other, other]);
    });

    test("an id that a shell would run, as a word and no more", { timeout: 60_000 }, async () => {
      const desk = Desk.open();
      const ids = ["13$(touch owned)", "14`touch owned`;x"];
      for (const id of ids) {
        await desk.hears("alice", "hi", { source: { platform: "web", chat: { id, kind: "group" } } });
      }
      expect(await ran(desk, "why web:13", "why web:14")).toEqual(ids.map((id) => `why web:${id}`));
      expect(existsSync(join(desk.folder, "owned"))).toBe(false);
    });
  });
}

test("a shell that there is no script for is refused", async () => {
  expect(await Desk.open().refuses("completion", "powershell")).toContain("bash, zsh, fish");
});
