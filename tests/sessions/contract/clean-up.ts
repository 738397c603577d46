import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { Run } from "../../../sessions/runs.ts";
import { message, type RoutingOptions } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const notice = { chunks: [{ text: "*soon*", plain: "soon" }] };

/** Rows that nobody needs any more. */
export function cleanUp(scene: StoreScene): void {
  const { accept, claim, answer } = scene;
  const daysLater = (days: number) => {
    scene.clock.now += days * DAY_MS;
    return scene.store.cleanUp(scene.clock.now);
  };

  /** A turn that is answered; what is sent is left to the test. */
  async function turn(inbound: InboundMessage, options?: RoutingOptions): Promise<Run> {
    const accepted = await accept(inbound, options);
    const run = await claim("lane" in accepted ? accepted.lane : "");
    const content = [{ type: "text" as const, text: inbound.text }];
    await scene.store.journal(run, { message: { role: "user", content, author: run.author } });
    await scene.store.journal(run, { message: { role: "assistant", content: [{ type: "text", text: "ok" }] } });
    await scene.store.end(run, answer(run, `to ${inbound.text}`));
    return run;
  }
  async function sendAll({ chat }: Run): Promise<void> {
    for (let next = await scene.store.nextChunk(chat.ref); next; next = await scene.store.nextChunk(chat.ref)) {
      await scene.store.chunkSent(next, `sent-${next.deliveryId}`);
    }
  }

  describe("cleaning up", () => {
    test("drops what was sent and the texts of what was dealt with after a week, not before, and once", async () => {
      await sendAll(await turn(message("alice", "one")));
      expect(await daysLater(7)).toBe(0);
      scene.clock.now += 1;
      expect(await daysLater(0)).toBe(2);
      expect(await daysLater(7)).toBe(0);
    });

    test("knows an old message when it is delivered again, and who wrote it", async () => {
      const inbound = message("alice", "one");
      await sendAll(await turn(inbound));
      await daysLater(8);
      expect(await accept(inbound)).toEqual({ kind: "duplicate" });
      expect(await scene.store.recentAuthors(1, 5)).toEqual([{ id: "alice", name: "ALICE" }]);
      expect(await scene.store.knowsUser(account, "alice")).toBe(true);
    });

    test("keeps what was said in conversations, for their history and for their owners to take along", async () => {
      const run = await turn(message("alice", "one"), { strategy: "per-user" });
      await sendAll(run);
      const before = await scene.store.exported({ account, userId: "alice" });
      await daysLater(100);
      expect(await scene.store.history(run.sessionId)).toHaveLength(2);
      expect(await scene.store.exported({ account, userId: "alice" })).toEqual(before);
      expect((await turn(message("alice", "two"), { strategy: "per-user" })).sessionId).toBe(run.sessionId);
    });

    test("touches nothing that waits, runs, is to be sent, or could not be sent", async () => {
      const refused = await turn(message("alice", "refused"));
      const chunk = await scene.store.nextChunk(refused.chat.ref);
      if (chunk === null) throw new Error("nothing to send");
      await scene.store.deliveryFailed(chunk, "refused");
      const unsent = await turn(message("alice", "unsent"));
      await accept(message("bob", "runs"));
      const running = await claim();
      await accept(message("carol", "waits"));
      expect(await daysLater(100)).toBe(2);
      expect(await scene.store.nextChunk(unsent.chat.ref)).toMatchObject({ text: "to unsent" });
      expect(await scene.store.chats()).toMatchObject([{ failed: 1, waiting: 1 }]);
      await scene.reopen();
      const taken = await claim();
      expect(scene.texts(taken)).toEqual(scene.texts(running));
      await scene.store.end(taken, answer(taken, "ok"));
      expect(scene.texts(await claim())).toEqual(["waits"]);
    });

    test("leaves to everybody the ids that came along with their latest message, and no older ones", async () => {
      const known = (aliases?: string[]) =>
        message("lid", "hi", { source: { user: { id: "lid", name: "L", isBot: false, ...(aliases && { aliases }) } } });
      await sendAll(await turn(known(["phone"])));
      await daysLater(8);
      expect(await scene.store.idsOf(account, "phone")).toEqual(["phone", "lid"]);
      await sendAll(await turn(known()));
      const after = await scene.store.idsOf(account, "lid");
      await daysLater(8);
      expect(await scene.store.idsOf(account, "lid")).toEqual(after);
    });

    test("lets be said again what is said once a day or once a conversation, and nothing else", async () => {
      const run = await turn(message("alice", "one"));
      const today = scene.clock.now - (scene.clock.now % DAY_MS);
      const abouts = [`limit:${today}:runs:user:alice`, `limit:context:${run.sessionId}`, "no-thread"] as const;
      const say = () => Promise.all(abouts.map((about) => scene.store.remark(run.to, about, notice)));
      expect(await say()).toEqual([true, true, true]);
      await daysLater(1);
      expect(await say()).toEqual([false, false, false]);
      await daysLater(1);
      expect(await say()).toEqual([true, false, false]);
      await scene.store.endSession(run.plan.session, Number.MAX_SAFE_INTEGER);
      await daysLater(0);
      expect(await say()).toEqual([true, true, false]);
    });

    test("drops pictures that became part of no turn, and none that did", async () => {
      const put = (byte: number) => scene.store.putBlob(new Uint8Array([byte]), "image/png");
      const [lost, shown] = [await put(1), await put(2)];
      await accept(message("alice", "look"));
      const run = await claim();
      const content = [{ type: "image" as const, blob: shown, mimeType: "image/png" }];
      await scene.store.journal(run, { message: { role: "user", content, author: run.author } });
      await daysLater(2);
      expect(await scene.store.blob(lost)).not.toBeNull();
      scene.clock.now += 1;
      await daysLater(0);
      expect(await scene.store.blob(lost)).toBeNull();
      expect(await scene.store.blob(shown)).not.toBeNull();
    });

    test("leaves nothing for forgetting to miss", async () => {
      const run = await turn(message("alice", "one"), { strategy: "per-user" });
      await sendAll(run);
      await daysLater(8);
      const order = { chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" };
      expect(await scene.store.forget(order)).toMatchObject({ sessions: 1 });
      expect(await scene.store.exported({ account, userId: "alice" })).toEqual([]);
      expect(await daysLater(8)).toBe(0);
    });
  });
}
