import fc from "fast-check";
import { expect, test } from "vitest";
import { Marks } from "../../adapters/discord/bookmarks.ts";
import { isSnowflake } from "../../adapters/discord/ids.ts";
import { Journal } from "../../adapters/whatsapp/worker/journal.ts";
import { Mappings } from "../../adapters/whatsapp/worker/mappings.ts";
import { Sent } from "../../adapters/whatsapp/worker/sent.ts";
import { fileReader } from "../../agents/anthropic-files.ts";
import { toRequest } from "../../agents/anthropic-request.ts";
import type { Block } from "../../sessions/transcript.ts";
import { MemoryBookmarks } from "../adapters/memory-bookmarks.ts";
import { MemoryVault } from "../adapters/memory-vault.ts";
import { agentThat, answer, stage } from "../gateway/runner-stage.ts";
import { message } from "../sessions/messages.ts";
import { corpus } from "./corpus.ts";
import { hostileText, hostileValue } from "./hostile.ts";
import { mutated } from "./mutate.ts";
import { runs } from "./runs.ts";

/** What the columns hold that are JSON, when nothing is wrong with them. */
const HONEST = {
  "inbox.plan": { attribution: "tagged", thread: "stay", replyTo: "m1", strategy: "shared", agent: "main", root: "m1" },
  "inbox.payload": {
    text: "hello",
    attachments: [{ kind: "image", ref: "x" }],
    forwarded: { userId: "7", name: "Bob" },
    aliases: ["+1"],
    replyToken: "t",
  },
  "journal.content": [
    { type: "text", text: "x" },
    { type: "tool-use", id: "t1", name: "clock", input: {} },
  ],
  "transcript.content": [{ type: "tool-result", toolUseId: "t1", text: "x", isError: false }],
  "runs.draft": { threadId: "1", messageId: "2" },
  "chunks.files": [{ name: "a.txt", mimeType: "text/plain", text: "x" }],
  "chunks.choices": [{ label: "Yes", command: "confirm" }],
  "offers.commands": ["confirm"],
} as const;
type Column = keyof typeof HONEST;
const columns = Object.keys(HONEST) as Column[];

/** What is left of it: another value, or a text that was cut or changed somewhere. */
const damaged = fc.constantFrom(...columns).chain((column) =>
  fc.tuple(
    fc.constant(column),
    fc.oneof(
      mutated([HONEST[column]]).map((value) => JSON.stringify(value) ?? ""),
      hostileValue.map((value) => JSON.stringify(value) ?? ""),
      hostileText,
      fc.nat(100).map((length) => JSON.stringify(HONEST[column]).slice(0, length)),
    ),
  ),
);

/** A gateway that was killed in the middle of a run, with more that waits and something to be sent. */
async function interrupted() {
  const theatre = stage(agentThat(() => answer("here you are")));
  const { accept, runner, store, lane } = theatre;
  await accept(message("alice", "first"), { settleMs: 0 });
  await runner.handle(lane);
  await accept(message("alice", "second"), { settleMs: 0 });
  const claim = await store.claim(lane);
  if (claim.kind !== "run") throw new Error("there is nothing to run");
  await store.journal(claim.run, { message: { role: "user", content: [{ type: "text", text: "second" }] } });
  await accept(message("bob", "third"), { settleMs: 0 });
  await accept(message("carol", "/status", { command: { name: "status", args: "" } }), { isCommand: true });
  return theatre;
}

async function expectGoesOn(damages: ReadonlyArray<readonly [Column, string]>): Promise<void> {
  const { db, store, runner, accept, lane, said } = await interrupted();
  db.prepare("INSERT INTO offers VALUES (1, 'carol', NULL, '[]', 0, 9e15)").run();
  for (const [column, json] of damages) {
    const [table, name] = column.split(".");
    db.prepare(`UPDATE ${table} SET ${name} = ?`).run(json);
  }
  for (const { message: command } of await store.pendingCommands()) {
    await store.command(command.seq);
    await store.answerCommand(command.seq, []);
  }
  await store.offer(1, "carol", undefined);
  // Whoever waits has had a turn: the interrupted run, and that of the other person.
  for (let turns = 0; turns < 4; turns++) await runner.handle(lane);
  expect(await runner.handle(lane)).toBe("idle");
  await accept(message("alice", "fourth"), { settleMs: 0 });
  await runner.handle(lane);
  expect(db.prepare("SELECT count(*) FROM inbox WHERE state IN ('waiting', 'running')").pluck().get()).toBe(0);
  expect((await said()).filter(({ text }) => text === "here you are").length).toBeGreaterThanOrEqual(4);
  const history = await store.history(1);
  await toRequest({ ...EMPTY, messages: history });
  await store.close();
}

test("whatever is damaged in the database, it blocks nobody's lane, and everybody who waits is answered", async () => {
  for (const { input } of corpus<Array<[Column, string]>>("stored")) await expectGoesOn(input);
  const property = fc.asyncProperty(fc.array(damaged, { minLength: 1, maxLength: 3 }), expectGoesOn);
  await fc.assert(property, runs(50));
});

/** A request whose files hold their own names. */
const EMPTY = {
  model: "m",
  maxTokens: 1,
  system: "",
  tools: [],
  readFile: fileReader(async (hash) => new TextEncoder().encode(hash)),
};

test("what a session holds goes to the model in a form that it takes, whatever the blocks are", async () => {
  const block = fc.oneof(
    fc.record({ type: fc.constant("text"), text: hostileText }),
    fc.record({ type: fc.constant("image"), blob: hostileText, mimeType: hostileText }),
    fc.record({ type: fc.constant("document"), blob: hostileText, mimeType: hostileText, name: hostileText }),
    fc.record({
      type: fc.constant("document"),
      blob: hostileText,
      mimeType: fc.constant("text/plain"),
      name: hostileText,
    }),
    fc.record({ type: fc.constant("tool-use"), id: hostileText, name: hostileText, input: hostileValue }),
    fc.record({ type: fc.constant("tool-result"), toolUseId: hostileText, text: hostileText, isError: fc.boolean() }),
    fc.record({ type: fc.constant("opaque"), provider: fc.constantFrom("anthropic", "x"), data: hostileValue }),
  ) as fc.Arbitrary<Block>;
  const turn = fc.record({
    role: fc.constantFrom("user" as const, "assistant" as const),
    content: fc.array(block, { maxLength: 4 }),
    background: hostileText,
  });
  const property = fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (messages) => {
    const request = await toRequest({ ...EMPTY, messages });
    for (const [at, { role }] of request.messages.entries()) expect(role).toBe(at % 2 === 0 ? "user" : "assistant");
  });
  await fc.assert(property, runs(500));
});

test("whatever the vault holds, what can be read of it is read, and nothing is thrown", async () => {
  const entry = { id: "E", order: 1, at: 1, attrs: { id: "1", from: "1@lid" }, plaintext: "AQ==" };
  const text = fc.oneof(
    mutated([entry, { to: "1@lid", content: "AQ==" }, "490"]).map((value) => JSON.stringify(value) ?? ""),
    hostileText,
  );
  const property = fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (values) => {
    const vault = new MemoryVault();
    const kinds = ["received", "seen", "sent", "lid-mapping"];
    for (const kind of kinds) {
      await vault.write(
        values.map((value, at) => ({ kind, id: kind === "lid-mapping" ? "1_reverse" : `${at}`, value })),
      );
    }
    const journal = new Journal(vault);
    const good = journal.entry("good", { id: "2", from: "1@lid" });
    await journal.keep(good);
    expect((await journal.waiting()).map(({ id }) => id)).toContain("good");
    const mappings = new Mappings(vault);
    await mappings.load(["1@lid"]);
    expect(mappings.person("1@lid").id).toBe("1@lid");
    for (const [at] of values.entries()) {
      await journal.find(`${at}`);
      await new Sent(vault, mappings).again({ id: `${at}`, remoteJid: "1@lid" });
    }
  });
  await fc.assert(property, { ...runs(300), examples: [[[""]]] });
});

test("whatever the bookmarks hold, only marks are read, and they go forward from there", async () => {
  const text = fc.oneof(
    fc.constantFrom("1", "300000000000000001", "99999999999999999999", "0", "-1", "1e5"),
    hostileText,
  );
  const property = fc.asyncProperty(
    fc.dictionary(fc.oneof(fc.constantFrom("300", "dm:300", "guild:5"), hostileText), text),
    async (kept) => {
      const bookmarks = new MemoryBookmarks();
      await bookmarks.write(new Map(Object.entries(kept)));
      const marks = new Marks(async () => {});
      await marks.load(bookmarks);
      for (const [, mark] of marks.entries()) expect(isSnowflake(mark)).toBe(true);
      marks.begin("300", "400000000000000000");
      marks.advance("300", "18446744073709551615");
      expect(marks.get("300")).toBe("18446744073709551615");
      await marks.stop();
    },
  );
  await fc.assert(property, { ...runs(300), examples: [[{ "300": "1e5" }]] });
});
