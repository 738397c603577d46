import { describe, expect, test } from "vitest";
import type { StoreScene } from "./scene.ts";

/** What accounts keep for themselves. */
export function vault(scene: StoreScene): void {
  const account = { platform: "whatsapp", account: "default" } as const;
  const read = async (kind: string, ids?: string[]) => Object.fromEntries(await scene.store.vault(account, kind, ids));

  describe("the vault", () => {
    test("gives back what was written, by kind and id, after a restart too", async () => {
      await scene.store.setVault(account, [
        { kind: "session", id: "1.0", value: "a" },
        { kind: "session", id: "2.0", value: "b" },
        { kind: "creds", id: "creds", value: "c" },
      ]);
      await scene.reopen();
      expect(await read("session")).toEqual({ "1.0": "a", "2.0": "b" });
      expect(await read("session", ["2.0", "3.0"])).toEqual({ "2.0": "b" });
      expect(await read("nothing")).toEqual({});
    });

    test("keeps accounts apart", async () => {
      await scene.store.setVault(account, [{ kind: "creds", id: "creds", value: "a" }]);
      const other = { ...account, account: "second" };
      expect(await scene.store.vault(other, "creds")).toEqual(new Map());
      await scene.store.setVault(other, [{ kind: "creds", id: "creds", value: null }]);
      expect(await read("creds")).toEqual({ creds: "a" });
    });

    test("writes in order: what stands last counts, and null removes", async () => {
      const set = (value: string | null) => ({ kind: "k", id: "i", value });
      await scene.store.setVault(account, [set("one"), set(null), set("two")]);
      expect(await read("k")).toEqual({ i: "two" });
      await scene.store.setVault(account, [set("three"), set(null)]);
      expect(await read("k")).toEqual({});
    });

    test("does not read what has expired, and forgets it", async () => {
      const { now } = scene.clock;
      await scene.store.setVault(account, [
        { kind: "seen", id: "short", value: "s", expiresAt: now + 10 },
        { kind: "seen", id: "long", value: "l", expiresAt: now + 1_000 },
        { kind: "seen", id: "for ever", value: "e" },
      ]);
      scene.clock.now += 10;
      expect(await read("seen")).toEqual({ long: "l", "for ever": "e" });
      expect(await read("seen", ["short"])).toEqual({});
      expect(await scene.store.dropExpired()).toBe(1);
      expect(await scene.store.dropExpired()).toBe(0);
      // Written again without an end it stays.
      await scene.store.setVault(account, [{ kind: "seen", id: "long", value: "l" }]);
      scene.clock.now += 10_000;
      expect(await read("seen")).toEqual({ long: "l", "for ever": "e" });
    });
  });
}
