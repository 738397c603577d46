import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Groups } from "../../../adapters/whatsapp/worker/groups.ts";
import type { Line } from "../../../adapters/whatsapp/worker/line.ts";
import { Mappings } from "../../../adapters/whatsapp/worker/mappings.ts";
import { MemoryVault } from "../memory-vault.ts";

const GROUP = "120363000000000001@g.us";

/** A connection, on which the test answers what is asked about groups. */
function asking(vault = new MemoryVault()) {
  const told = { asked: 0, stored: [] as unknown[][], migrated: [] as string[] };
  const rules = {
    answer: async (): Promise<unknown> => ({ participants: [] }),
    migrate: async (_phone: string) => {},
  };
  const sock = {
    ws: new EventEmitter(),
    groupMetadata: () => {
      told.asked += 1;
      return rules.answer();
    },
    signalRepository: {
      lidMapping: { storeLIDPNMappings: async (pairs: unknown[]) => void told.stored.push(pairs) },
      migrateSession: async (phone: string) => {
        told.migrated.push(phone);
        await rules.migrate(phone);
      },
    },
  };
  const mappings = new Mappings(vault);
  const groups = new Groups(mappings);
  groups.use({ sock, isOpen: true } as unknown as Line);
  return { groups, mappings, told, rules };
}

const people = Array.from({ length: 50 }, (_, n) => ({
  id: `${100 + n}@lid`,
  phoneNumber: `${1555000 + n}@s.whatsapp.net`,
}));

test("the members of a group are learned all at once, and those who are known not at all", async () => {
  const vault = new MemoryVault();
  await vault.write([
    { kind: "lid-mapping", id: "100_reverse", value: '"1555000"' },
    { kind: "lid-mapping", id: "1555000", value: '"100"' },
  ]);
  const { groups, mappings, told, rules } = asking(vault);
  rules.answer = async () => ({ participants: people });
  await groups.metadata(GROUP);
  expect(told.stored.map((pairs) => pairs.length)).toEqual([49]);
  expect(told.migrated.length).toBe(49);
  expect(mappings.isSame("149@lid", "1555049@s.whatsapp.net")).toBe(true);
  groups.forget(GROUP);
  await groups.metadata(GROUP);
  expect(told.stored[1]).toEqual([]);
});

test("one member whose session cannot be moved does not hide the others", async () => {
  const { groups, told, rules } = asking();
  rules.answer = async () => ({
    participants: people.map((each, n) => ({ ...each, admin: n === 49 ? "admin" : null })),
  });
  rules.migrate = async (phone) => {
    if (phone === "1555000@s.whatsapp.net") throw new Error("a broken session");
  };
  expect(await groups.isAdmin(GROUP, "1555049@s.whatsapp.net")).toBe(true);
  expect(told.migrated.length).toBe(50);
});

test.each([
  [403, 1],
  [404, 1],
  [408, 2],
  [503, 2],
])("after a failure with %i, a group is asked about %i times in a minute", async (code, times) => {
  const { groups, told, rules } = asking();
  rules.answer = async () => {
    throw Object.assign(new Error("no"), { data: code });
  };
  await expect(groups.metadata(GROUP)).rejects.toThrow();
  await expect(groups.metadata(GROUP)).rejects.toThrow();
  expect(told.asked).toBe(times);
});

test("whether the bot may write is known only where it is seen among the members", async () => {
  const { groups, rules } = asking();
  const silent = async (participants: unknown[], announce = true) => {
    rules.answer = async () => ({ announce, participants });
    groups.forget(GROUP);
    return await groups.isSilent(GROUP, { id: "1555000:7@s.whatsapp.net", lid: "100:7@lid" });
  };
  expect(await silent(people)).toBe(true);
  expect(await silent(people, false)).toBe(false);
  expect(await silent(people.slice(1))).toBe(false);
  expect(await silent([{ id: "1555000@s.whatsapp.net", admin: "superadmin" }])).toBe(false);
});
