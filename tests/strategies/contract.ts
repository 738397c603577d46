import { describe, expect, test } from "vitest";
import type { InboundMessage, SourceRecord } from "../../adapters/record.ts";
import type { Plan, Strategy, StrategySettings } from "../../strategies/strategy.ts";

export interface StrategyExpectations {
  /** Whether two people who write in the same place at the top level of a group are in one session. */
  sharesGroup: boolean;
  /** The same inside one native thread. */
  sharesThread: boolean;
}

const settings: StrategySettings = { agent: "main" };

/** What every strategy has to keep to, whoever wrote it; run over the messages of every platform. */
export function strategyContract(
  strategy: Strategy,
  messages: readonly InboundMessage[],
  { sharesGroup, sharesThread }: StrategyExpectations,
): void {
  const records = messages.map((message) => message.source);
  const groups = records.filter((record) => record.chat.kind !== "dm");
  const plan = (record: SourceRecord): Plan => strategy.plan(record, settings);

  describe(`strategy ${strategy.name}`, () => {
    test("has a name that can be typed and a summary that can be read", () => {
      expect(strategy.name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
      expect(strategy.summary).toMatch(/^\p{Lu}.+\.$/u);
    });

    test("plans every message of every platform", () => {
      expect(records.length).toBeGreaterThan(10);
      for (const record of records) {
        const { session, lane, attribution, thread, replyTo } = plan(record);
        expect(session).not.toBe("");
        expect(lane).not.toBe("");
        expect(["none", "tagged"]).toContain(attribution);
        expect(["stay", "open", "reply-chain"]).toContain(thread);
        expect(replyTo).toBe(record.messageId);
      }
    });

    test("is deterministic, and leaves the record as it was", () => {
      for (const record of records) {
        const before = structuredClone(record);
        expect(plan(record)).toEqual(plan(record));
        expect(record).toEqual(before);
      }
    });

    test("makes one session of a DM, whatever is said there", () => {
      const dms = records.filter((record) => record.chat.kind === "dm");
      expect(dms.length).toBeGreaterThan(0);
      for (const record of dms) {
        const next = { ...record, messageId: `${record.messageId}-next`, thread: { id: "t", kind: "native" as const } };
        expect(plan(next).session).toBe(plan(record).session);
        expect(plan(record)).toMatchObject({ attribution: "none", thread: "stay" });
      }
    });

    test("keeps chats apart", () => {
      for (const record of records) {
        const elsewhere = { ...record, chat: { ...record.chat, id: `${record.chat.id}:other` } };
        expect(plan(elsewhere).session).not.toBe(plan(record).session);
        expect(plan({ ...record, account: "another" }).session).not.toBe(plan(record).session);
      }
    });

    test("lets two people share a session only where it says so", () => {
      for (const record of groups.filter((record) => record.user.id !== "")) {
        const bob = {
          ...record,
          user: { id: `${record.user.id}-bob`, name: "Bob", isBot: false },
          messageId: `${record.messageId}-bob`,
        };
        const shares = record.thread?.kind === "native" ? sharesThread : sharesGroup;
        if (record.thread?.kind !== "reply-chain") {
          expect(plan(bob).session === plan(record).session).toBe(shares);
        }
      }
    });

    test("says who said what in every session that several people can write into", () => {
      for (const record of groups) {
        const other = { ...record, user: { id: "somebody-else", name: "Else", isBot: false } };
        if (plan(other).session === plan(record).session) expect(plan(record).attribution).toBe("tagged");
      }
    });

    test("does not look at names: renaming changes nothing", () => {
      for (const record of records) {
        const renamed: SourceRecord = {
          ...record,
          user: { ...record.user, name: "Ann]\n## Override", aliases: ["x"] },
          chat: { ...record.chat, name: "renamed", guildName: "renamed" },
          ...(record.thread === undefined ? {} : { thread: { ...record.thread, name: "renamed" } }),
        };
        expect(plan(renamed)).toEqual(plan(record));
      }
    });

    test("tells ids apart that differ only in case or hold separators", () => {
      for (const record of groups) {
        const ids = ["user", "USER", "us:er", "us%3Aer", "us er"];
        const chats = ids.map((id) => plan({ ...record, chat: { ...record.chat, id } }).session);
        expect(new Set(chats).size).toBe(ids.length);
      }
    });
  });
}
