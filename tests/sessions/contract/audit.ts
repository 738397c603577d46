import { describe, expect, test } from "vitest";
import type { SettingPlace } from "../../../sessions/chats.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** Who changed what. */
export function audit(scene: StoreScene): void {
  const telegram = { platform: "telegram", account: "default" } as const;
  const chat = { level: "chat", ...telegram, chatId: "-100" } as const;
  const thread = { level: "thread", ...telegram, chatId: "-100", threadId: "7" } as const;
  const set = (place: SettingPlace, values: Record<string, string | null>, by = "telegram:root") =>
    scene.store.setSettings(place, values, by);
  const wheres = async (where?: string) =>
    (await scene.store.audit(where === undefined ? {} : { where })).map((entry) => entry.where);

  describe("settings", () => {
    test("are set together, with who changed them, from what and to what; what is so already is no change", async () => {
      await set(chat, { strategy: "per-user", busy: "steer" });
      scene.clock.now += 5;
      await set(chat, { strategy: "shared", busy: "steer", model: null }, "cli:op");
      await set(chat, { busy: null });
      await set(chat, { busy: null });
      await scene.reopen();
      expect(await scene.store.settingsAt([chat])).toEqual([{ level: "chat", values: { strategy: "shared" } }]);
      const where = "telegram:-100";
      expect((await scene.store.audit()).map(({ id: _, at: __, ...entry }) => entry)).toEqual([
        { by: "telegram:root", what: "setting busy", where, from: "steer", to: null },
        { by: "cli:op", what: "setting strategy", where, from: "per-user", to: "shared" },
        { by: "telegram:root", what: "setting busy", where, from: null, to: "steer" },
        { by: "telegram:root", what: "setting strategy", where, from: null, to: "per-user" },
      ]);
    });

    test("of several places come widest first as given; places without any are left out", async () => {
      await set(thread, { threads: "shared" });
      await set({ level: "platform", platform: "telegram" }, { busy: "steer" });
      const places: SettingPlace[] = [
        { level: "platform", platform: "telegram" },
        { level: "guild", platform: "telegram", guildId: "g" },
        { ...chat, chatId: "another" },
        chat,
        thread,
      ];
      expect(await scene.store.settingsAt(places)).toEqual([
        { level: "platform", values: { busy: "steer" } },
        { level: "thread", values: { threads: "shared" } },
      ]);
      expect(await scene.store.settingsAt([])).toEqual([]);
    });
  });

  describe("the audit", () => {
    test("gives the newest first, no more than asked for, and what is no change of settings or access as well", async () => {
      for (let n = 0; n < 120; n++) await set(chat, { maxAgeMs: String(n) });
      const entry = { by: "cli:op", what: "sessions forgotten", where: "telegram:-100", from: null, to: "3" };
      await scene.store.addAudit(entry);
      const all = await scene.store.audit();
      expect(all).toHaveLength(100);
      expect(all[0]).toMatchObject({ ...entry, at: scene.clock.now });
      expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a));
      expect(await scene.store.audit({ limit: 2 })).toEqual(all.slice(0, 2));
    });

    test("of a place holds what is in it: a chat's threads, a server's chats, a platform's everything", async () => {
      const channel = { id: "c1", kind: "channel" as const, guildId: "g" };
      await scene.accept(message("alice", "hi", { source: { platform: "discord", chat: channel } }));
      await set(chat, { busy: "steer" });
      await set(thread, { busy: "collect" });
      await set({ ...chat, chatId: "-1000" }, { busy: "steer" });
      await set({ ...chat, account: "second" }, { busy: "steer" });
      await set({ level: "platform", platform: "telegram" }, { busy: "steer" });
      await set({ level: "guild", platform: "discord", guildId: "g" }, { busy: "steer" });
      await set({ level: "chat", platform: "discord", account: "default", chatId: "c1" }, { busy: "steer" });
      await set({ level: "chat", platform: "discord", account: "default", chatId: "c2" }, { busy: "steer" });
      expect(await wheres("telegram:-100")).toEqual(["telegram:-100#7", "telegram:-100"]);
      expect(await wheres("telegram:-100#7")).toEqual(["telegram:-100#7"]);
      expect(await wheres("telegram@second:-100")).toEqual(["telegram@second:-100"]);
      expect(await wheres("telegram@second")).toEqual(["telegram@second:-100"]);
      expect(await wheres("discord:g")).toEqual(["discord:c1", "discord:g"]);
      expect(await wheres("telegram")).toHaveLength(5);
      expect(await wheres("discord")).toHaveLength(3);
      expect(await wheres("tele")).toEqual([]);
      expect(await wheres()).toHaveLength(8);
    });

    test("stays as it was written when a chat or a person goes by another id", async () => {
      await scene.say("alice", "hi");
      await set(chat, { busy: "steer" });
      await scene.store.setAccess({ ...telegram, kind: "user", id: "alice" }, "approved", "cli:op");
      const before = await scene.store.audit();
      await scene.store.moveChat({ ...telegram, chatId: "-100" }, "-200");
      await scene.store.samePerson(telegram, "alice", "alicia");
      expect(await scene.store.audit()).toEqual(before);
    });
  });
}
