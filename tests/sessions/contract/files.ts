import { describe, expect, test } from "vitest";
import type { NewDelivery, PendingChunk } from "../../../sessions/outbox.ts";
import type { StoreScene } from "./scene.ts";

/** Files that are sent, and what is left of them. */
export function files(scene: StoreScene): void {
  const { say, claim } = scene;
  const file = (name: string) => ({
    text: name,
    plain: name,
    files: [{ name, mimeType: "text/plain", text: `content of ${name}` }],
  });

  async function begin(changes: Partial<NewDelivery>): Promise<{ chatRef: number; next(): Promise<PendingChunk> }> {
    await say("alice", "hi");
    const run = await claim();
    const chunks = [file("one"), file("two")];
    await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks, ...changes }] });
    const chatRef = run.chat.ref;
    return {
      chatRef,
      async next() {
        const chunk = await scene.store.nextChunk(chatRef);
        if (chunk === null) throw new Error("nothing to send");
        return chunk;
      },
    };
  }

  describe("a chunk's files", () => {
    test("are there as often as it has to be sent, after a crash too", async () => {
      const { next } = await begin({});
      const first = await next();
      expect(first.files).toEqual(file("one").files);
      await scene.store.chunkUnsent(first);
      expect((await next()).files).toEqual(file("one").files);
      await scene.reopen();
      const again = await next();
      expect(again).toMatchObject({ uncertain: true, files: file("one").files });
      await scene.store.chunkSent(again, "m1");
      expect((await next()).files).toEqual(file("two").files);
    });

    test("go outside with an answer whose thread is gone after the first of them was sent", async () => {
      const { next, chatRef } = await begin({
        opened: true,
        to: { platform: "telegram", account: "default", chatId: "-100", threadId: "7" },
      });
      await scene.store.chunkSent(await next(), "m1");
      await scene.store.deliverOutside(await next(), { chunks: [] });
      for (const name of ["one", "two"]) {
        const chunk = await next();
        expect(chunk.files).toEqual(file(name).files);
        await scene.store.chunkSent(chunk, `outside-${name}`);
      }
      expect(await scene.store.nextChunk(chatRef)).toBeNull();
    });
  });
}
