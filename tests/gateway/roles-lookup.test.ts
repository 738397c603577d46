import { expect, test } from "vitest";
import type { Adapter } from "../../adapters/adapter.ts";
import { createLog } from "../../gateway/log.ts";
import { Platforms } from "../../gateway/platforms.ts";
import { Roles } from "../../gateway/roles.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { NOW } from "../sessions/messages.ts";
import { platform } from "./runner-stage.ts";

const alice = { at: { platform: "telegram", account: "default", chatId: "1" }, user: { id: "7" } } as const;

function rolesOn(adapter: Partial<Adapter>) {
  const clock = new VirtualClock(NOW);
  const store = sqliteStore(openDatabase(":memory:"));
  const lists = { owners: new Set<string>(), users: new Set<string>(), chats: new Set<string>() };
  const access = () => ({ dm: "open", groups: "open", ...lists }) as const;
  const platforms = new Platforms([platform(adapter)]);
  return { clock, store, roles: new Roles({ store, platforms, access, log: createLog("silent"), clock }) };
}

test("a platform that does not say who administers a chat is waited for ten seconds: whoever asks has to refuse", async () => {
  const asked = Promise.withResolvers<void>();
  const { roles, clock, store } = rolesOn({
    isAdmin() {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const found = roles.isAdmin(alice);
  await asked.promise;
  clock.advance(10_000);
  expect(await found).toBe("unknown");
  expect(clock.pending).toBe(0);
  await store.close();
});

test.each([true, false])("what a platform says in time counts: %s", async (isAdmin) => {
  const { roles, clock, store } = rolesOn({ isAdmin: async () => isAdmin });
  expect(await roles.isAdmin(alice)).toBe(isAdmin);
  expect(clock.pending).toBe(0);
  await store.close();
});
