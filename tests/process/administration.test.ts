import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { Operator } from "./operator.ts";

test("a person who waits is let in by `pair approve`, is told so, and is answered from then on", async () => {
  const operator = await Operator.open();
  await operator.gateway();
  const alice = await operator.stage.person("Alice");
  await alice.says("hello?", { inPrivate: true });
  const { text } = await alice.hears(/[2-9A-Z]{4}-[2-9A-Z]{4}/, { inPrivate: true });
  const [asked] = (await operator.json("pair", "list")) as Array<{ code: string; user: string }>;
  expect(asked).toMatchObject({ user: alice.id, name: "Alice" });
  expect(text.replaceAll("-", "")).toContain(asked?.code);
  expect(await operator.says("pair", "approve", asked?.code ?? "")).toContain("Let in: Alice");
  await alice.hears("You are let in", { inPrivate: true });
  await alice.says("and now?", { inPrivate: true });
  await alice.hears("Answer to: and now?", { inPrivate: true });
  expect(await operator.json("pair", "list")).toEqual([]);
  expect(await operator.json("audit")).toMatchObject([
    { what: "pairing", where: `telegram:${alice.id}`, to: "approved" },
  ]);
});

test("the first owner is claimed with the code that the start prints, and the log does not hold it", async () => {
  const operator = await Operator.open();
  const gateway = await operator.gateway();
  const code = await gateway.prints((lines) => /\/claim ([2-9A-Z]{4}-[2-9A-Z]{4})/.exec(lines.join("\n"))?.[1]);
  const alice = await operator.stage.person("Alice");
  await alice.says(`/claim ${code}`, { inPrivate: true });
  await alice.hears("You are an owner", { inPrivate: true });
  expect(await operator.json("owner", "list")).toMatchObject([{ ref: `telegram:${alice.id}`, rule: "owner" }]);
  expect(gateway.errors.join("\n").replaceAll("-", "")).not.toContain(code.replace("-", ""));
});

test("a code that `owner code` prints beside a running gateway takes the place of the one before", async () => {
  const operator = await Operator.open();
  const gateway = await operator.gateway();
  const first = await gateway.prints((lines) => /\/claim ([2-9A-Z]{4}-[2-9A-Z]{4})/.exec(lines.join("\n"))?.[1]);
  const { code } = (await operator.json("owner", "code")) as { code: string };
  const alice = await operator.stage.person("Alice");
  await alice.says(`/claim ${first}`, { inPrivate: true });
  await alice.hears("not the code", { inPrivate: true });
  await alice.says(`/claim ${code}`, { inPrivate: true });
  await alice.hears("You are an owner", { inPrivate: true });
});

test("blocking stops what runs, drops what waits, and nobody hears of it; unblocking lets them back in", async () => {
  const operator = await Operator.open({ PARLEY_ACCESS: "open", PARLEY_STRATEGY: "shared" });
  await operator.gateway();
  const { stage, claude } = operator;
  const [mallory, bob] = [await stage.person("Mallory"), await stage.person("Bob")];
  const gate = claude.hold({ when: ({ body }) => lastUserText(body).includes("spam") });
  await mallory.says("spam");
  const [held] = await gate.reached();
  await mallory.says("more of it");
  await bob.says("a question");
  expect(await operator.says("access", "block", `telegram:${mallory.id}`)).toContain(
    "1 answer stopped and 1 waiting message dropped",
  );
  // The request is given up, and the lane goes on with whoever is next.
  await held?.ended;
  await bob.hears("Answer to: a question");
  await mallory.says("hello?");
  await bob.says("another");
  await bob.hears("Answer to: another");
  expect(stage.botSaid().map(({ text }) => text)).toEqual(["Answer to: a question", "Answer to: another"]);
  await operator.says("access", "unblock", `telegram:${mallory.id}`);
  await mallory.says("sorry");
  await mallory.hears("Answer to: sorry");
});

test("`stop` stops what runs in a chat, and its author is told", async () => {
  const operator = await Operator.open({ PARLEY_ACCESS: "open" });
  await operator.gateway();
  const { stage, claude } = operator;
  const gate = claude.hold();
  const alice = await stage.person("Alice");
  await alice.says("think long");
  const [held] = await gate.reached();
  const [lane] = (await operator.json("queue")) as Array<{ chat: string; running: { name: string } }>;
  expect(lane).toMatchObject({ running: { name: "Alice" }, waiting: [] });
  expect(await operator.says("stop", lane?.chat ?? "")).toContain("1 answer stopped");
  await held?.ended;
  await alice.hears("The operator of this bot has stopped");
  expect(await operator.json("queue")).toEqual([]);
});

test("a setting takes effect on the next message, and so does a strategy", async () => {
  const operator = await Operator.open({ PARLEY_ACCESS: "open" });
  await operator.gateway();
  const { stage, claude } = operator;
  const alice = await stage.person("Alice");
  await alice.says("hello");
  await alice.hears("Answer to: hello");
  const [{ chat }] = (await operator.json("chats")) as [{ chat: string }];
  await operator.says("settings", chat, "extraPrompt", "Speak like a pirate.");
  await operator.says("settings", chat, "addressing", "always");
  await operator.says("strategy", chat, "shared");
  await alice.says("not to the bot", { unaddressed: true });
  await alice.hears("Answer to: not to the bot");
  expect(JSON.stringify(claude.requests.at(-1)?.body.system)).toContain("Speak like a pirate.");
  expect(await operator.json("why", chat, alice.id)).toMatchObject({
    strategy: "shared",
    from: "chat",
    session: `agent:main:${chat.replace(":", ":group:")}`,
  });
  expect(await operator.json("usage", chat)).toMatchObject({ users: [{ user: alice.id, name: "Alice", runs: 2 }] });
});

test("conversations are exported and forgotten while the gateway runs and while it does not", async () => {
  const operator = await Operator.open({ PARLEY_ACCESS: "open" });
  const gateway = await operator.gateway();
  const alice = await operator.stage.person("Alice");
  await alice.says("remember me", { inPrivate: true });
  await alice.hears("Answer to: remember me", { inPrivate: true });
  const chat = `telegram:${alice.id}`;
  expect(await operator.says("export", chat, alice.id)).toContain("Answer to: remember me");
  await gateway.end();
  await operator.says("export", chat, alice.id, "--out", "alice.md");
  expect(readFileSync(join(operator.cwd, "alice.md"), "utf8")).toContain("remember me");
  expect(await operator.json("forget", chat, alice.id, "--yes")).toMatchObject({ sessions: 1 });
  await operator.gateway();
  await alice.says("who am I?", { inPrivate: true });
  await alice.hears("Answer to: who am I?", { inPrivate: true });
  expect(JSON.stringify(operator.claude.requests.at(-1)?.body.messages)).not.toContain("remember me");
  expect(existsSync(join(operator.cwd, "data/parley.db"))).toBe(true);
});
