import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { message } from "../../sessions/messages.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";

const LAUNCHER = join(import.meta.dirname, "../../../bin/parley.js");

/** A gateway's data with some chats, people and rules. */
async function furnished(): Promise<Desk> {
  const desk = Desk.open();
  const chat = { id: "77", kind: "channel", name: "general", guildId: "9", guildName: "Guild" } as const;
  await desk.hears("alice", "hi");
  await desk.hears("bob", "hi", { source: { chat } });
  await desk.hears("alice", "hi", inPrivate("alice", "hi"));
  await desk.isAsked(message("carol", "hi", { source: { chat: { id: "-5", kind: "group" } } }), "ABCD2345");
  await desk.says("access", "block", "telegram:mallory");
  await desk.says("access", "allow", "chat", GROUP);
  await desk.says("owner", "add", "telegram:boss");
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
    expect(await offered(desk, "s")).toEqual(["start", "sessions", "settings", "strategy", "stop"]);
    expect(await desk.says("complete", "--", "acc")).toBe("access\tsay who is answered");
    expect(await offered(desk, "pair", "")).toEqual(["list", "approve", "dismiss", "help"]);
    expect(await offered(desk, "strategy", GROUP, "--f")).toEqual(["--fork", "--fresh"]);
    expect(await offered(desk, "chats", "show", GROUP, "--j")).toEqual(["--json"]);
    expect(await offered(desk, "complet")).toEqual(["completion"]);
  });

  test.each<[string[], string[]]>([
    [
      ["chats", "show", "telegram:"],
      ["telegram:-100", "telegram:-5", "telegram:77", "telegram:alice"],
    ],
    [
      ["settings", "t"],
      ["telegram", "telegram:-100", "telegram:-5", "telegram:77", "telegram:alice"],
    ],
    [["settings", "--guild", ""], ["telegram:9"]],
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
    [["access", "allow", "guild", ""], ["telegram:9"]],
    [["access", "revoke", "chat", ""], ["telegram:-100"]],
    [["access", "revoke", "user", ""], []],
    [["access", "unblock", ""], ["telegram:mallory"]],
    [["owner", "remove", ""], ["telegram:boss"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["usage", "--day", ""], []],
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

/** Shells that ask the program behind a command of its name. */
function installed(desk: Desk): { PATH: string } {
  const bin = join(desk.folder, "bin");
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "parley");
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`);
  chmodSync(file, 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}

const isThere = (shell: string) => spawnSync(shell, ["-c", "exit"]).status === 0;

describe.runIf(isThere("bash"))("in Bash", () => {
  /** What Bash would put in place of the word before the cursor; it has taken the line apart into these words. */
  function completes(desk: Desk, line: string, words: string[]): string[] {
    const script = `
      source <(parley completion bash)
      COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
      COMP_LINE=$1 COMP_POINT=\${#1}; shift
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _parley parley
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const options = { cwd: desk.folder, env: installed(desk), encoding: "utf8" } as const;
    const out = execFileSync("bash", ["--norc", "-c", script, "bash", line, ...words], options);
    return out.split("\n").filter((each) => each !== "");
  }

  test("a command", async () => {
    expect(completes(await furnished(), "parley str", ["parley", "str"])).toEqual(["strategy"]);
  });

  test("nothing yet", async () => {
    expect(
      completes(await furnished(), "parley settings telegram busy ", ["parley", "settings", "telegram", "busy", ""]),
    ).toEqual(["collect", "steer", "interrupt"]);
  });

  test("a chat, of which Bash replaces what stands behind the colon", async () => {
    const words = ["parley", "why", "telegram", ":", "-"];
    expect(completes(await furnished(), "parley why telegram:-", words)).toEqual(["-100", "-5"]);
  });

  test("a chat, right behind the colon", async () => {
    const words = ["parley", "why", "telegram", ":"];
    expect(completes(await furnished(), "parley why telegram:", words)).toEqual(["-100", "-5", "77", "alice"]);
  });

  test("what comes behind a chat", async () => {
    const words = ["parley", "strategy", "telegram", ":", "-100", "per-u"];
    expect(completes(await furnished(), "parley strategy  telegram:-100 per-u", words)).toEqual(["per-user"]);
  });

  test("an id that holds an at sign, and one that a shell would run", async () => {
    const desk = Desk.open();
    for (const id of ["12@g.us", "13$(touch owned)", "13`touch owned`;x"]) {
      await desk.hears("alice", "hi", { source: { chat: { id, kind: "group" } } });
    }
    const words = ["parley", "why", "telegram", ":", "12", "@", "g"];
    expect(completes(desk, "parley why telegram:12@g", words)).toEqual(["g.us"]);
    const evil = completes(desk, "parley why telegram:13", ["parley", "why", "telegram", ":", "13"]);
    expect(evil).toEqual(["13\\$\\(touch\\ owned\\)", "13\\`touch\\ owned\\`\\;x"]);
  });
});

const fish = "fish";
describe.runIf(isThere(fish))("in fish", () => {
  test("commands and chats", async () => {
    const desk = await furnished();
    const options = { cwd: desk.folder, env: { ...installed(desk), HOME: desk.folder }, encoding: "utf8" } as const;
    const ask = (line: string) =>
      execFileSync(fish, ["-c", `parley completion fish | source; complete -C '${line}'`], options);
    expect(ask("parley str")).toContain("strategy\t");
    expect(ask("parley why telegram:-1")).toContain("telegram:-100");
  });
});

describe.runIf(isThere("zsh"))("in zsh", () => {
  test("the script is one that zsh can read", async () => {
    const script = await Desk.open().says("completion", "zsh");
    execFileSync("zsh", ["-n"], { input: script });
  });
});

test("a shell that there is no script for is refused", async () => {
  expect(await Desk.open().refuses("completion", "powershell")).toContain("bash, zsh, fish");
});
