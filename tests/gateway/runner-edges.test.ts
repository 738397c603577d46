import { expect, test } from "vitest";
import { StoreError } from "../../sessions/store.ts";
import { message } from "../sessions/messages.ts";
import { agentThat, answer, noUsage, platform, stage } from "./runner-stage.ts";

const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};
const full = async (): Promise<never> => {
  throw new StoreError("unwritable", "the disk is full");
};

test("a /stop that is written together with the claim breaks the run off", async () => {
  let asked = false;
  const { runner, accept, lane, store } = stage(
    agentThat(async function* () {
      asked = true;
      yield* answer("never");
    }),
  );
  await accept(message("alice", "hi"));
  const [chat] = await store.chats();
  const notice = { chunks: [] };
  const handled = runner.handle(lane);
  const order = { chatRef: chat?.ref ?? 0, userId: "alice", before: 1_000, notice, dropped: notice };
  runner.stop((await store.stop(order)).runIds);
  expect(await handled).toBe("idle");
  expect(asked).toBe(false);
  await store.close();
});

test("a finished reply that waits for the store is not thrown away by what its author adds", async () => {
  const asked: string[] = [];
  const s = stage(
    agentThat(({ messages }) => {
      asked.push(messages.map(({ role }) => role).join(" "));
      return answer(`answer ${asked.length}`);
    }),
    { settings: { busy: "interrupt" } },
  );
  await s.accept(message("alice", "one"), { busy: "interrupt" });
  const { journal } = s.store;
  s.store.journal = (lease, step) => (step.message.role === "assistant" ? full() : journal(lease, step));
  const handled = s.runner.handle(s.lane);
  await settle();
  await s.accept(message("alice", "two"), { busy: "interrupt" });
  await s.runner.interrupt(s.lane, "alice", s.clock.now());
  await settle();
  s.store.journal = journal;
  s.clock.advance(1_000);
  if ((await handled) === "more") await s.runner.handle(s.lane);
  expect(asked).toEqual(["user", "user assistant user"]);
  expect((await s.said()).map(({ text }) => text)).toEqual(["answer 1", "answer 2"]);
  await s.store.close();
});

test("a picture waits for the store like everything else", async () => {
  let blocks: string[] = [];
  const fetchAttachment = async () => ({ bytes: Buffer.from("GIF89a"), mimeType: "image/gif" });
  const s = stage(
    agentThat(({ messages }) => {
      blocks = messages.at(-1)?.content.map(({ type }) => type) ?? [];
      return answer("seen");
    }),
    { adapter: platform({ fetchAttachment }) },
  );
  await s.accept(message("alice", "look", { attachments: [{ kind: "image", ref: "a", bytes: 1 }] }));
  const { putBlob } = s.store;
  s.store.putBlob = full;
  const handled = s.runner.handle(s.lane);
  await settle();
  s.store.putBlob = putBlob;
  s.clock.advance(1_000);
  await handled;
  expect(blocks).toEqual(["text", "image"]);
  await s.store.close();
});

test("what was finished before a crash and cannot be rendered ends with an apology", async () => {
  const render = (text: string) => {
    if (text === "poison") throw new RangeError("too deep");
    return [{ text, plain: text }];
  };
  const s = stage(
    agentThat(() => answer("for bob")),
    { adapter: platform({ render }) },
  );
  await s.accept(message("alice", "hi"));
  await s.accept(message("bob", "hi"));
  const claim = await s.store.claim(s.lane);
  if (claim.kind !== "run") throw new Error("no run");
  await s.store.journal(claim.run, { message: { role: "user", content: [], author: claim.run.author } });
  await s.store.journal(claim.run, { message: { role: "assistant", content: [{ type: "text", text: "poison" }] } });
  expect(await s.runner.handle(s.lane)).toBe("more");
  expect(await s.runner.handle(s.lane)).toBe("idle");
  expect((await s.said()).map(({ text }) => text)).toEqual([expect.stringContaining("went wrong"), "for bob"]);
  await s.store.close();
});

test("a draft is shown no further once its run is over, even if its costs cannot be booked", async () => {
  const sent: string[] = [];
  const drafts = { everyMs: 100, remove: async () => {} };
  const send = async ({ text }: { text: string }) => `${sent.push(text)}`;
  const s = stage(
    agentThat(async function* ({ begun }) {
      begun?.({ usage: noUsage, model: "m" });
      yield { type: "text", text: "half" };
      throw new Error("broken");
    }),
    { adapter: platform({ drafts, send }) },
  );
  await s.accept(message("alice", "hi"));
  s.store.bookUsage = async () => {
    throw new StoreError("unusable", "damaged");
  };
  await expect(s.runner.handle(s.lane)).rejects.toMatchObject({ code: "unusable" });
  expect(s.clock.pending).toBe(0);
  expect(sent).toEqual([]);
  await s.store.close();
});
