import { describe, expect, test } from "vitest";
import type { StopOrder } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** Who is told, and what is written down, when answers are stopped. */
export function stopping(scene: StoreScene): void {
  const { accept, say, claim, lane } = scene;
  const text = (said: string) => ({ chunks: [{ text: said, plain: said }] });
  const audit = { by: "telegram:admin", where: "telegram:-100" };

  async function stop(order: Partial<StopOrder> & Pick<StopOrder, "userId">) {
    const [chat] = await scene.store.chats();
    const notice = { notice: text("an admin stopped it"), dropped: text("stopped") };
    return scene.store.stop({ chatRef: chat?.ref ?? 0, before: 1_000_000, audit, ...notice, ...order });
  }
  async function told(): Promise<Array<string | undefined>> {
    const readers: Array<string | undefined> = [];
    for (const chatRef of await scene.store.chatsWithDeliveries()) {
      for (let chunk = await scene.store.nextChunk(chatRef); chunk; chunk = await scene.store.nextChunk(chatRef)) {
        readers.push(chunk.forUserId);
        await scene.store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
      }
    }
    return readers;
  }
  const entries = async () => (await scene.store.audit()).map(({ id: _, at: __, ...entry }) => entry);
  const entry = (to: string) => ({ ...audit, what: "answers stopped", from: null, to });

  describe("an order to stop", () => {
    test("that hits somebody else's work is audited with who lost something; one's own is nobody's business", async () => {
      await say("alice", "runs");
      const run = await claim();
      await say("bob", "waits");
      expect(await stop({ userId: "bob" })).toEqual({ dropped: 1, runIds: [] });
      expect(await stop({ userId: "admin" })).toEqual({ dropped: 0, runIds: [] });
      expect(await entries()).toEqual([]);
      expect(await stop({ userId: "admin", lane })).toEqual({ dropped: 0, runIds: [run.runId] });
      await scene.reopen();
      expect(await entries()).toEqual([entry("alice")]);
    });

    test("for everybody's is audited with all of them, and with nothing if there was nothing", async () => {
      expect(await stop({ userId: "admin", everybody: true })).toEqual({ dropped: 0, runIds: [] });
      expect(await entries()).toEqual([]);
      await say("alice", "runs");
      await claim();
      await say("bob", "waits");
      await say("bob", "waits as well");
      await accept(message("admin", "mine"));
      await stop({ userId: "admin", everybody: true });
      expect(await entries()).toEqual([entry("alice, bob, admin")]);
      const unasked = await stop({ userId: "admin", everybody: true, audit: undefined });
      expect(unasked.dropped).toBe(0);
    });

    test("is no loss to whoever was stopped before: the run is named again, and nobody is told twice", async () => {
      await say("alice", "runs");
      const { runId } = await claim();
      await stop({ userId: "admin", everybody: true });
      expect(await told()).toEqual(["alice"]);
      expect(await stop({ userId: "admin", everybody: true })).toEqual({ dropped: 0, runIds: [runId] });
      await say("bob", "waits");
      expect(await stop({ userId: "admin", everybody: true })).toEqual({ dropped: 1, runIds: [runId] });
      expect(await told()).toEqual(["bob"]);
      expect(await entries()).toEqual([entry("bob"), entry("alice")]);
    });
  });

  describe("ending a session", () => {
    test("is audited where others share it, if there was one", async () => {
      await say("alice", "hi");
      const run = await claim();
      await scene.store.end(run, scene.answer(run, "ok"));
      const { session } = run.plan;
      expect(await scene.store.endSession(session, 1_000_000, audit)).toBe(true);
      expect(await scene.store.endSession(session, 1_000_000, audit)).toBe(false);
      expect(await entries()).toEqual([{ ...audit, what: "shared conversation", from: session, to: "begun anew" }]);
      await say("alice", "hi again");
      await claim();
      expect(await scene.store.endSession(session, 1_000_000)).toBe(true);
      expect(await entries()).toHaveLength(1);
    });
  });
}
