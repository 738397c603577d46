import type { Command } from "commander";
import { expect, test } from "vitest";
import { buildProgram } from "../../../gateway/cli/program.ts";
import { toJson } from "../../../gateway/cli/report.ts";
import { message } from "../../sessions/messages.ts";
import { Desk, GROUP } from "./desk.ts";

/** Each command with words that make it do something, in an order in which all of them can. */
const examples: string[][] = [
  ["tools"],
  ["chats"],
  ["chats", "show", GROUP],
  ["sessions"],
  ["context"],
  ["context", "show", "1"],
  ["settings", GROUP],
  ["strategy", GROUP],
  ["pair", "list"],
  ["pair", "approve", "ABCD2345"],
  ["pair", "dismiss", "EFGH6789"],
  ["access", "allow", "user", "telegram:1"],
  ["access", "revoke", "user", "telegram:1"],
  ["access", "block", "telegram:1"],
  ["access", "unblock", "telegram:1"],
  ["access", "list"],
  ["owner", "code"],
  ["owner", "add", "telegram:2"],
  ["owner", "list"],
  ["owner", "remove", "telegram:2"],
  ["usage"],
  ["audit"],
  ["queue"],
  ["outbox"],
  ["outbox", "retry", "--all"],
  ["outbox", "drop", "--all"],
  ["why", GROUP, "alice"],
  ["stop", GROUP],
  ["export", GROUP, "alice"],
  ["forget", GROUP, "alice", "--yes"],
  ["backup", "parley.tar", "--force"],
  ["db", "check"],
  ["simulate", "--generate", "--hours", "1", "--strategies", "per-user"],
];
const WITHOUT_JSON = ["start", "check", "restore", "whatsapp link", "whatsapp unlink", "completion", "complete"];

test("every command has --json, and --help names the keys that it prints", async () => {
  const desk = Desk.open();
  const { lane } = await desk.hears("alice", "hi", {}, { strategy: "per-user" });
  await desk.answers(lane, "hello");
  const run = await desk.begins((await desk.hears("alice", "more", {}, { strategy: "per-user" })).lane);
  const tokens = { tokensBefore: 9, tokensAfter: 3 };
  await desk.store.compact(run, { upTo: 2, summary: "hi", clearedTo: 2, method: "model", ...tokens });
  await desk.begins((await desk.hears("alice", "more")).lane);
  await desk.isAsked(message("bob", "hi", { source: { chat: { id: "-2", kind: "group" } } }), "ABCD2345");
  await desk.isAsked(message("bob", "hi", { source: { chat: { id: "-3", kind: "group" } } }), "EFGH6789");
  for (const words of [...examples]) {
    const help = await desk.says(...words, "--help");
    const [, open, keys = ""] = /^As JSON: (\[?){ ([\w, ]+) }/m.exec(help) ?? [];
    const printed = await desk.json(...words);
    const first = open === "[" ? (printed as object[])[0] : printed;
    expect(Array.isArray(printed), words.join(" ")).toBe(open === "[");
    if (words[0] !== "pair" || words[1] !== "list") expect(first, words.join(" ")).toBeDefined();
    expect(Object.keys(first ?? {}), words.join(" ")).toEqual(keys.split(", "));
  }
});

test("no command is left out above", () => {
  const around = { env: {}, cwd: "/", print: () => {}, complain: () => {} };
  const paths = (command: Command, above: string[]): string[] =>
    command.commands.flatMap((each) => {
      const path = [...above, each.name()];
      const own =
        each.commands.length === 0 || ["chats", "context", "outbox"].includes(each.name()) ? [path.join(" ")] : [];
      return [...own, ...paths(each, path)];
    });
  const all = paths(
    buildProgram(around, () => {}),
    [],
  );
  const shown = all.filter((path) => examples.some((words) => words.join(" ").startsWith(path)));
  expect(all.filter((path) => !shown.includes(path)).sort()).toEqual([...WITHOUT_JSON].sort());
});

test("JSON escapes what a terminal could obey, and reads back as it was", () => {
  const hostile = { "\u009b": "a\u001b\u202e\u{e0041}\ud800b\u2028\n" };
  const text = toJson(hostile);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{C}\u2028]/u);
  expect(JSON.parse(text)).toEqual(hostile);
});
