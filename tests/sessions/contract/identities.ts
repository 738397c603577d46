import { describe, expect, test } from "vitest";
import type { AccessRule } from "../../../sessions/access.ts";
import { message, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group = { ...account, chatId: "-100" } as const;

/** Rules are people's, not spellings'. */
export function identities(scene: StoreScene): void {
  const { accept, say, claim } = scene;
  const user = (id: string) => ({ ...account, kind: "user", id }) as const;
  const set = (id: string, rule: AccessRule | null) => scene.store.setAccess(user(id), rule, "telegram:root");
  const standing = (...ids: string[]) => scene.store.standing(group, ids);
  const merge = (from: string, to: string) => scene.store.samePerson(account, from, to);
  const entries = async () => (await scene.store.accessEntries()).map(({ id, rule }) => [id, rule]);
  const merged = async () =>
    (await scene.store.audit())
      .filter(({ by }) => by === "platform")
      .map(({ what, where, from, to }) => [what, where, from, to]);

  describe("a rule of a person", () => {
    test("that is made, changed and looked up under an old id is the present one's", async () => {
      await merge("old", "new");
      await merge("older", "old");
      await merge("old", "new");
      expect(await set("old", "approved")).toMatchObject({ changed: true });
      expect(await set("new", "approved")).toMatchObject({ changed: false });
      await scene.reopen();
      expect(await entries()).toEqual([["new", "approved"]]);
      for (const id of ["old", "new"]) expect(await standing(id)).toMatchObject({ user: true });
      expect(await set("old", "owner")).toMatchObject({ changed: true });
      expect(await standing("new")).toMatchObject({ owner: true });
      expect(await set("old", null)).toMatchObject({ changed: true });
      expect(await entries()).toEqual([]);
      expect((await scene.store.audit()).map(({ where }) => where)).toEqual(Array(3).fill("telegram:new"));
    });

    test("that blocks holds for whatever comes under an old id, alone or along with another", async () => {
      await merge("phone", "lid");
      await say("lid", "waits");
      expect(await set("phone", "blocked")).toMatchObject({ changed: true, dropped: 1 });
      for (const ids of [["lid"], ["phone"], ["other", "phone"], ["other", "lid"]]) {
        expect(await standing(...ids)).toMatchObject({ blocked: true });
      }
      expect(await standing("other")).toMatchObject({ blocked: false });
      await set("phone", null);
      expect(await standing("lid")).toMatchObject({ blocked: false });
    });

    test("gives nothing to somebody else whose old number is theirs by now", async () => {
      await merge("phone", "ann");
      await merge("phone", "ben");
      await set("ben", "owner");
      expect(await standing("ann", "phone")).toMatchObject({ owner: false, user: false });
      expect(await standing("ben", "phone")).toMatchObject({ owner: true });
      // Where nothing is known of a number, a rule that names it is whoever's it comes along with.
      await set("number", "approved");
      expect(await standing("ann", "number")).toMatchObject({ user: true });
    });

    test("is the present id's also if it was asked for, or claimed, under an old one", async () => {
      await merge("phone", "lid");
      const inbound = message("phone", "let me in", { source: { chat: { id: "phone", kind: "dm" } } });
      const say = (said: string) => ({ chunks: [{ text: said, plain: said }] });
      const decide = () => ({ kind: "pair", code: "CODE0001", notice: say("code"), full: say("full") }) as const;
      await scene.store.accept(inbound, { ...routing(inbound), decide });
      await set("lid", "approved");
      expect(await scene.store.pairings()).toEqual([]);
      await set("lid", null);
      await scene.store.accept(
        { ...inbound, source: { ...inbound.source, messageId: "again" } },
        { ...routing(inbound), decide },
      );
      expect(await scene.store.approve("CODE0001", "telegram:root", "")).toMatchObject({ kind: "approved" });
      expect(await entries()).toEqual([["lid", "approved"]]);
      await scene.store.setClaim("h");
      expect(await scene.store.claimOwner("h", user("phone"))).toEqual({ kind: "claimed" });
      expect(await entries()).toEqual([["lid", "owner"]]);
    });
  });

  describe("an owner", () => {
    test("cannot be blocked, under no id, and loses nothing by the attempt", async () => {
      await set("phone", "owner");
      await say("lid", "runs");
      await claim();
      await say("lid", "waits");
      await merge("phone", "lid");
      const audited = await scene.store.audit();
      for (const id of ["phone", "lid"]) {
        expect(await set(id, "blocked")).toEqual({ changed: false, dropped: 0, runIds: [], refused: "owner" });
      }
      expect(await entries()).toEqual([["lid", "owner"]]);
      expect(await scene.store.counts()).toMatchObject({ waiting: 1, running: 1 });
      expect(await scene.store.stoppedRuns()).toEqual([]);
      expect(await scene.store.audit()).toEqual(audited);
      await set("phone", null);
      expect(await set("phone", "blocked")).toMatchObject({ changed: true, dropped: 1 });
    });
  });

  describe("somebody", () => {
    test("is known who has ever written to the account, under any of the ids", async () => {
      const knows = (id: string, of: { platform: "telegram"; account: string } = account) =>
        scene.store.knowsUser(of, id);
      await say("phone", "hi");
      await accept(message("eve", "hi", { source: { account: "second" } }));
      expect(await knows("phone")).toBe(true);
      expect(await knows("lid")).toBe(false);
      expect(await knows("eve")).toBe(false);
      expect(await knows("eve", { ...account, account: "second" })).toBe(true);
      expect(await knows("")).toBe(false);
      await merge("phone", "lid");
      await scene.reopen();
      for (const id of ["phone", "lid"]) expect(await knows(id)).toBe(true);
      expect(await knows("phonee")).toBe(false);
    });
  });

  describe("what was decided of two ids of a person", () => {
    test("is audited where a rule counts no more or blocks the other, once", async () => {
      const cases = [
        { old: "owner", own: "blocked", said: ["owner", "blocked"] },
        { old: "blocked", own: "owner", said: ["owner", "blocked"] },
        { old: "owner", own: "approved", said: ["approved", "owner"] },
        { old: "approved", own: "owner", said: ["approved", "owner"] },
        { old: "blocked", own: null, said: [null, "blocked"] },
        { old: "owner", own: null },
        { old: null, own: "blocked" },
        { old: "approved", own: "approved" },
      ] as const;
      const expected: unknown[] = [];
      for (const [n, { old, own, ...rest }] of cases.entries()) {
        await set(`old${n}`, old);
        await set(`own${n}`, own);
        await merge(`old${n}`, `own${n}`);
        await merge(`old${n}`, `own${n}`);
        if ("said" in rest) expected.unshift(["access", `telegram:own${n}`, ...rest.said]);
      }
      expect(await merged()).toEqual(expected);
    });
  });
}
