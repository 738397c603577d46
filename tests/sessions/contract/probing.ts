import { describe, expect, test } from "vitest";
import type { StoreScene } from "./scene.ts";

/** Finding out whether the store takes writes. */
export function probing(scene: StoreScene): void {
  describe("a probe", () => {
    test("passes where writes pass, and changes nothing", async () => {
      await scene.say("alice", "hi");
      const look = async () => [
        await scene.store.counts(),
        await scene.store.lanesWithWork(),
        await scene.store.chats(),
        await scene.store.audit(),
      ];
      const before = await look();
      scene.store.changedElsewhere();
      await scene.store.probe();
      expect(await look()).toEqual(before);
      expect(scene.store.changedElsewhere()).toBe(false);
      expect(scene.texts(await scene.claim())).toEqual(["hi"]);
    });

    test("fails where the store is closed", async () => {
      await scene.store.close();
      await expect(scene.store.probe()).rejects.toMatchObject({ code: "closed" });
    });
  });
}
