import { describe, expect, test } from "vitest";
import type { Run } from "../../../sessions/runs.ts";
import type { Block } from "../../../sessions/transcript.ts";
import { Desk, GROUP, inPrivate } from "./desk.ts";

const KEY = "agent:main:telegram:group:-100";
const HOSTILE = "Ann\u001b[2J";

async function sumUp(desk: Desk, run: Run, upTo: number, summary: string, askedBy?: string): Promise<void> {
  await desk.store.compact(run, {
    upTo,
    summary,
    clearedTo: upTo,
    method: "model",
    model: "claude",
    tokensBefore: 4_000,
    tokensAfter: 500,
    ...(askedBy !== undefined && { askedBy }),
  });
  await desk.store.end(run, { outcome: "done", deliveries: [], forget: "always" });
}

/** The group's conversation was summed up twice and goes on; Dora's in private is short. */
async function furnished(): Promise<Desk> {
  const desk = Desk.open({ strategy: "shared", agent: { contextTokens: 1_000 } });
  const { lane } = await desk.hears("alice", "what is our secret?");
  await desk.answers(lane, "the cake");
  await desk.hears(HOSTILE, "and where\u001b is it?");
  const run = await desk.begins(lane);
  const call: Block = { type: "tool-use", id: "t", name: "look", input: { where: "cellar" } };
  const author = { id: HOSTILE, name: HOSTILE };
  const turn = [{ type: "text" as const, text: "and where\u001b is it?" }];
  await desk.store.journal(run, { message: { role: "user", content: turn, author } });
  await desk.store.journal(run, { message: { role: "assistant", content: [call] } });
  const found: Block = { type: "tool-result", toolUseId: "t", text: "a cellar", isError: false };
  await desk.store.journal(run, { message: { role: "user", content: [found] } });
  const pdf: Block = { type: "document", blob: "x", mimeType: "application/pdf" };
  await desk.store.journal(run, {
    message: { role: "assistant", content: [{ type: "text", text: "look here" }, pdf] },
  });
  await desk.store.end(run, { outcome: "done", deliveries: [] });
  await desk.hears("alice", "/compact");
  await sumUp(desk, await desk.begins(lane), 2, "Alice asked about the cake.");
  await desk.hears("alice", "/compact");
  await sumUp(desk, await desk.begins(lane), 6, "Alice and Ann\u001b found the cake.\nOpen: who eats it?", "alice");
  await desk.answers((await desk.hears("dora", "hi", inPrivate("dora", "hi"))).lane, "hello");
  return desk;
}

describe("context", () => {
  test("lists how long open conversations are, of all chats or of one, and how they were made shorter", async () => {
    const desk = await furnished();
    const said = await desk.says("context");
    expect(said).toMatch(/^agent:main:telegram:dm:dora +123 +12 % +0$/m);
    expect(said).toMatch(/^agent:main:telegram:group:-100 +500 +50 % +2 +model +\d{4}-\S+Z$/m);
    expect(said).not.toContain("cake");
    expect(await desk.json("context", GROUP)).toEqual([
      { key: KEY, tokens: 500, share: 0.5, compactions: 2, method: "model", at: expect.stringMatching(/Z$/) },
    ]);
    await desk.hears("erik", "hi", inPrivate("erik", "hi"));
    expect(await desk.says("context", "telegram:erik")).toBe("There is no open conversation there.");
    expect(await Desk.open().says("context")).toBe("There is no open conversation.");
  });

  test("does not claim to know a length that nobody has counted", async () => {
    const desk = Desk.open();
    const { lane } = await desk.hears("alice", "hi", {}, { strategy: "shared" });
    await desk.begins(lane);
    expect(await desk.says("context")).toMatch(/^\S+ +not known +0$/m);
    expect(await desk.json("context", KEY)).toEqual({ key: KEY, tokens: null, share: null, compactions: [] });
    expect(await desk.says("context", KEY)).toContain("not known until the next answer");
    expect(await desk.says("context", KEY)).toContain("never made shorter");
  });

  test("of one conversation tells each time that it was made shorter, and nothing of what was said", async () => {
    const desk = await furnished();
    const said = await desk.says("context", KEY);
    expect(said).toMatch(/^500 tokens, 50 % of the model's window\.$/m);
    expect(said).toMatch(/^2 +\S+Z +model +claude +4000 → 500 +alice$/m);
    expect(said).toMatch(/^1 +\S+Z +model +claude +4000 → 500$/m);
    expect(said).not.toContain("cake");
    expect(await desk.json("context", KEY)).toMatchObject({
      key: KEY,
      compactions: [
        { id: "2", model: "claude", tokensBefore: 4_000, tokensAfter: 500, askedBy: "alice" },
        { id: "1", askedBy: null },
      ],
    });
  });

  test("refuses a chat that is not known and a conversation that is not open", async () => {
    const desk = await furnished();
    expect(await desk.refuses("context", "telegram:-999")).toContain("Nothing has come from telegram:-999 yet");
    expect(await desk.refuses("context", `${KEY}:user:nobody`)).toContain("There is no open conversation");
    expect(await desk.refuses("context", "nonsense")).toContain("names no chat");
  });
});

describe("context show", () => {
  test("shows a summary, and with --messages what it stands for as people read it; nothing commands the terminal", async () => {
    const desk = await furnished();
    const summary = await desk.says("context", "show", "2");
    expect(summary).toContain(`Compaction 2 of ${KEY}`);
    expect(summary).toContain("Summed up by the model (claude), asked for by alice: 4000 tokens before, 500 after.");
    expect(summary).toContain("Alice and Ann? found the cake.\nOpen: who eats it?");
    expect(summary).not.toContain("and where");
    const all = await desk.says("context", "show", "2", "--messages");
    expect(all).toContain("[3] Ann?[2J (Ann?[2J):\nand where? is it?");
    expect(all).toContain("[6] answer:\nlook here\n\n(a file)");
    for (const hidden of ["secret", "cellar", "\u001b"]) expect(all).not.toContain(hidden);
    expect(await desk.says("context", "show", "1", "--messages")).toContain("[1] ALICE (alice):\nwhat is our secret?");
  });

  test("tells programs all of it", async () => {
    const desk = await furnished();
    expect(await desk.json("context", "show", "1")).toMatchObject({
      id: "1",
      key: KEY,
      upTo: 2,
      clearedTo: 2,
      summary: "Alice asked about the cake.",
      messages: null,
    });
    const { messages } = (await desk.json("context", "show", "1", "--messages")) as { messages: unknown[] };
    expect(messages).toEqual([
      { seq: 1, role: "user", author: { id: "alice", name: "ALICE" }, content: expect.any(Array) },
      { seq: 2, role: "assistant", author: null, content: [{ type: "text", text: "the cake" }] },
    ]);
  });

  test("of results of tools alone says so", async () => {
    const desk = Desk.open();
    const { lane } = await desk.hears("alice", "hi");
    const run = await desk.begins(lane);
    const content: Block[] = [{ type: "text", text: "hi" }];
    await desk.store.journal(run, { message: { role: "user", content, author: run.author } });
    await desk.store.end(run, { outcome: "done", deliveries: [], cleared: 1 });
    const said = await desk.says("context", "show", "1", "--messages");
    expect(said).toContain("Nothing but results of tools was left out: 0 tokens before, 0 after.");
    expect(said).toContain("left out up to message 1");
    expect(await desk.json("context", "show", "1")).toMatchObject({ upTo: null, summary: null, model: null });
  });

  test("refuses what is no compaction", async () => {
    const desk = await furnished();
    expect(await desk.refuses("context", "show", "9")).toContain("There is no compaction 9");
    expect(await desk.refuses("context", "show", "S1")).toContain('"S1" is no id of a compaction');
  });
});

test("a person's export holds what their own conversations were summed up to, and nothing that several have said", async () => {
  const desk = await furnished();
  const said = await desk.says("export", GROUP, "alice");
  expect(said).toContain("what is our secret?");
  expect(said).not.toContain("Summary");
  const { lane } = await desk.hears("alice", "my own", {}, { strategy: "per-user" });
  await desk.answers(lane, "yours");
  await desk.hears("alice", "/compact", {}, { strategy: "per-user" });
  await sumUp(desk, await desk.begins(lane), 2, "Alice has something of her own.");
  expect(await desk.says("export", GROUP, "alice")).toMatch(
    /### Summary of the beginning, \S+ \S+ UTC\n\nAlice has something of her own\./,
  );
  const { sessions } = (await desk.json("export", GROUP, "alice")) as { sessions: Array<{ summaries: unknown }> };
  expect(sessions.map(({ summaries }) => summaries)).toEqual([
    [],
    [{ at: expect.stringMatching(/Z$/), text: "Alice has something of her own." }],
  ]);
});

test("conversations and compactions are offered to whoever types", async () => {
  const desk = await furnished();
  const offered = async (...words: string[]) =>
    (await desk.says("complete", "--", ...words)).split("\n").map((line) => line.split("\t")[0]);
  expect(await offered("context", "telegram:-")).toEqual([GROUP]);
  expect(await offered("context", "agent:main:telegram:g")).toEqual([KEY]);
  expect(await offered("context", "show", "")).toEqual(["2", "1"]);
  expect(await offered("context", "sh")).toContain("show");
});
