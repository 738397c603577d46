import type { AccessChange, AccessEntry, AccessRule, Claiming, Subject } from "../access.ts";
import type { BotAccount } from "../inbox.ts";
import type { Standing } from "../standing.ts";
import { type AddAudit, auditPlace } from "./audit.ts";
import { blocker } from "./block.ts";
import type { CodeTrials } from "./code-trials.ts";
import type { Db } from "./database.ts";
import type { People } from "./people.ts";

type Named = Subject & { name?: string | undefined };

export interface AccessRulesOptions {
  people: People;
  trials: CodeTrials;
  addAudit: AddAudit;
  now: () => number;
}

/**
 * Rules that owners made; writing runs inside a transaction. A person's rule stands with the id that the person goes by
 * now, whichever is named.
 */
export function accessRules(db: Db, { people, trials, addAudit, now }: AccessRulesOptions) {
  const find = db.prepare<[string, string, string, string], AccessRule>(
    "SELECT rule FROM access WHERE platform = ? AND account = ? AND id = ? AND kind = ?",
  );
  find.pluck();
  const all = db.prepare<[], Omit<AccessEntry, "name"> & { name: string | null }>(
    `SELECT kind, platform, account, id, rule, name, changed_by AS by, changed_at AS at
     FROM access ORDER BY rule = 'blocked', rule = 'approved', platform, account, kind, id`,
  );
  const put = db.prepare(
    `INSERT INTO access (platform, account, id, kind, rule, name, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (platform, account, id, kind) DO UPDATE SET rule = excluded.rule, name = coalesce(excluded.name, name),
       changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
  );
  const remove = db.prepare("DELETE FROM access WHERE platform = ? AND account = ? AND id = ? AND kind = ?");
  const settle = db.prepare(
    `DELETE FROM pairings WHERE platform = ? AND account = ? AND kind = ?
       AND subject IN (SELECT value FROM json_each(?))`,
  );
  const settleGuild = db.prepare(
    `DELETE FROM pairings WHERE platform = ? AND account = ? AND kind = 'chat'
       AND chat_id IN (SELECT id FROM chats WHERE guild = ?)`,
  );
  const claim = db.prepare<[], string>("SELECT hash FROM owner_claim");
  claim.pluck();
  const setClaim = db.prepare<[string]>(
    "INSERT INTO owner_claim (id, hash) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash",
  );
  const forgetClaim = db.prepare("DELETE FROM owner_claim");
  const anyOwner = db.prepare("SELECT 1 FROM access WHERE rule = 'owner' LIMIT 1");
  const ownerAmong = db.prepare<[string, string, string]>(
    `SELECT 1 FROM access WHERE platform = ? AND account = ? AND kind = 'user' AND rule = 'owner'
       AND id IN (SELECT value FROM json_each(?)) LIMIT 1`,
  );
  const block = blocker(db, people);

  const present = <T extends Subject>(subject: T): T =>
    subject.kind === "user" ? { ...subject, id: people.present(subject, subject.id) } : subject;
  const namesOf = (subject: Subject): string =>
    subject.kind === "user" ? people.idsOf(subject, subject.id) : JSON.stringify([subject.id]);

  /** @returns false if it is so already */
  function change(subject: Named, rule: AccessRule | null, by: string, what: string) {
    const { kind, platform, account, id, name } = subject;
    const before = find.get(platform, account, id, kind) ?? null;
    if (before === rule) return false;
    if (rule === null) remove.run(platform, account, id, kind);
    else {
      put.run(platform, account, id, kind, rule, name ?? null, now(), by);
      // What asked for it has its answer.
      if (kind === "guild") settleGuild.run(platform, account, id);
      else settle.run(platform, account, kind, namesOf(subject));
    }
    // A code for the first owner is none for the second.
    if (rule === "owner") forgetClaim.run();
    addAudit({ by, what, where: auditPlace(platform, { account, id }), from: before, to: rule });
    return true;
  }

  return {
    entries: (): AccessEntry[] =>
      all.all().map(({ name, ...entry }) => ({ ...entry, ...(name === null ? {} : { name }) })),

    set(subject: Named, rule: AccessRule | null, by: string): AccessChange {
      if (subject.id === "") throw new TypeError("an empty id names nobody");
      if (subject.kind !== "user" && rule !== null && rule !== "approved") {
        throw new TypeError(`a ${subject.kind} cannot be ${rule}`);
      }
      const nothing = { dropped: 0, runIds: [] };
      const person = present(subject);
      if (rule === "blocked" && ownerAmong.get(person.platform, person.account, namesOf(person)) !== undefined) {
        return { ...nothing, changed: false, refused: "owner" };
      }
      // Also if it is so already: whoever says it again must be sure that nothing goes on.
      const stopped = rule === "blocked" ? block(subject, subject.id) : nothing;
      return { ...stopped, changed: change(person, rule, by, "access") };
    },

    /** Let in what asked for it. Somebody who is an owner stays one. @returns false if it is blocked */
    approve(asking: Named, by: string): boolean {
      const subject = present(asking);
      const rule = find.get(subject.platform, subject.account, subject.id, subject.kind);
      if (rule === "blocked") return false;
      if (rule === undefined) change(subject, "approved", by, "pairing");
      return true;
    },

    /** @returns false if it is so already */
    setClaim(hash: string | null, instead?: string, by?: string): boolean {
      const stored = claim.get() ?? null;
      if (stored === hash || (instead !== undefined && stored !== instead)) return false;
      if (hash !== null) setClaim.run(hash);
      else {
        forgetClaim.run();
        if (instead !== undefined && by !== undefined) {
          addAudit({ by, what: "owner code", where: by, from: "waiting", to: null });
        }
      }
      return true;
    },

    claimOwner(hash: string, claimant: Named): Claiming {
      const stored = claim.get();
      if (stored === undefined || anyOwner.get() !== undefined) return { kind: "nothing-to-claim" };
      const by = `${claimant.platform}:${claimant.id}`;
      const user = present(claimant);
      const { platform, account, id } = user;
      return trials.attempt<Claiming>(by, () => {
        const barred = user.kind !== "user" || id === "" || find.get(platform, account, id, "user") === "blocked";
        if (barred || hash !== stored) return undefined;
        change(user, "owner", by, "owner");
        return { kind: "claimed" };
      });
    },
  };
}

export type AccessRules = ReturnType<typeof accessRules>;

const NAMES_AT_ONCE = 6;

export type StandingOf = (
  place: BotAccount & { chatId: string; guildId?: string | undefined },
  userIds: readonly string[],
) => Standing;

/**
 * What the rules say of a person in a place. On every message's way: a look into an index for each name, and one query for
 * as many names as people have.
 */
export function standingReader(db: Db, people: People): StandingOf {
  const rules = db.prepare<Array<string | null>, { kind: string; id: string; rule: string }>(
    `SELECT kind, id, rule FROM access WHERE platform = ? AND account = ? AND id IN (?, ?, ?, ?, ?, ?)
     UNION ALL
     SELECT 'claim', '', '' FROM owner_claim WHERE NOT EXISTS (SELECT 1 FROM access WHERE rule = 'owner')`,
  );

  return ({ platform, account, chatId, guildId }, [userId = "", ...aliases]) => {
    const standing = { owner: false, blocked: false, user: false, chat: false, claimable: false };
    const present = (id: string) => people.present({ platform, account }, id);
    const own = new Set([present(userId), ...aliases]);
    // What came along may be somebody else's by now: it gives nothing of theirs.
    const names = [...new Set([chatId, guildId ?? null, ...own, ...aliases.map(present)])];
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const some = names.slice(at, at + NAMES_AT_ONCE);
      while (some.length < NAMES_AT_ONCE) some.push(null);
      for (const { kind, id, rule } of rules.all(platform, account, ...some)) {
        if (kind === "claim") standing.claimable = true;
        else if (kind === "chat") standing.chat ||= id === chatId;
        else if (kind === "guild") standing.chat ||= id === guildId;
        else if (rule === "blocked") standing.blocked ||= own.has(id) || aliases.some((alias) => present(alias) === id);
        else if (!own.has(id)) continue;
        else if (rule === "owner") standing.owner = true;
        else standing.user = true;
      }
    }
    return standing;
  };
}
