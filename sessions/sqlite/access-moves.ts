import type { BotAccount } from "../inbox.ts";
import type { Db } from "./database.ts";

type Move = { platform: string; account: string; from: string; to: string };

interface MovedRule {
  blocked: boolean;
  change?: { from: string | null; to: string | null };
}

/** What was decided of a person or a chat is found under another id from now on; runs inside a transaction. */
export function accessMover(db: Db) {
  // Of two rules that meet, the one that lets in less.
  const copyRule = db.prepare<Move & { kind: "user" | "chat" }>(
    `INSERT INTO access (platform, account, id, kind, rule, name, changed_at, changed_by)
     SELECT platform, account, @to, kind, rule, name, changed_at, changed_by FROM access
     WHERE platform = @platform AND account = @account AND id = @from AND kind = @kind
     ON CONFLICT (platform, account, id, kind) DO UPDATE SET rule = excluded.rule, name = excluded.name,
       changed_at = excluded.changed_at, changed_by = excluded.changed_by
     WHERE excluded.rule = 'blocked' OR (excluded.rule = 'owner' AND access.rule = 'approved')`,
  );
  const dropRule = db.prepare<Move & { kind: "user" | "chat" }>(
    "DELETE FROM access WHERE platform = @platform AND account = @account AND id = @from AND kind = @kind",
  );
  const ruleOf = db.prepare<[string, string, string], { rule: string }>(
    "SELECT rule FROM access WHERE platform = ? AND account = ? AND id = ? AND kind = 'user'",
  );
  // Of two requests the later one stays: its code is what was said last.
  const dropEarlier = db.prepare<Move & { kind: "user" | "chat" }>(
    `DELETE FROM pairings WHERE platform = @platform AND account = @account AND kind = @kind
       AND subject IN (@from, @to) AND code <> (SELECT code FROM pairings
         WHERE platform = @platform AND account = @account AND kind = @kind AND subject IN (@from, @to)
         ORDER BY created_at DESC, subject = @to DESC LIMIT 1)`,
  );
  const moveRequest = db.prepare<Move & { kind: "user" | "chat" }>(
    `UPDATE pairings SET subject = @to
     WHERE platform = @platform AND account = @account AND kind = @kind AND subject = @from`,
  );
  const settle = db.prepare<Move & { kind: "user" | "chat" }>(
    `DELETE FROM pairings WHERE platform = @platform AND account = @account AND kind = @kind AND subject = @to
       AND EXISTS (SELECT 1 FROM access WHERE platform = @platform AND account = @account AND id = @to AND kind = @kind)`,
  );
  const ownRequests = db.prepare<Move>(
    "UPDATE pairings SET user_id = @to WHERE platform = @platform AND account = @account AND user_id = @from",
  );
  const requestsIn = db.prepare<[number, number]>("UPDATE pairings SET chat_id = ? WHERE chat_id = ?");
  const copyTrials = db.prepare<{ from: string; to: string }>(
    `INSERT INTO code_trials (who, wrong, expires_at) SELECT @to, wrong, expires_at FROM code_trials WHERE who = @from
     ON CONFLICT (who) DO UPDATE SET wrong = max(wrong, excluded.wrong),
       expires_at = max(expires_at, excluded.expires_at)`,
  );
  const dropTrials = db.prepare<[string]>("DELETE FROM code_trials WHERE who = ?");
  const LATER = `ON CONFLICT (chat_id, user_id) DO UPDATE SET thread_id = excluded.thread_id,
       commands = excluded.commands, numbered = excluded.numbered,
       expires_at = excluded.expires_at WHERE excluded.expires_at >= offers.expires_at`;
  const WITHIN = "chat_id IN (SELECT id FROM chats WHERE platform = @platform AND account = @account)";
  const copyOffers = db.prepare<Move>(
    `INSERT INTO offers (chat_id, user_id, thread_id, commands, numbered, expires_at)
     SELECT chat_id, @to, thread_id, commands, numbered, expires_at FROM offers WHERE user_id = @from AND ${WITHIN} ${LATER}`,
  );
  const dropOffers = db.prepare<Move>(`DELETE FROM offers WHERE user_id = @from AND ${WITHIN}`);
  const copyOffersOf = db.prepare<{ from: number; to: number }>(
    `INSERT INTO offers (chat_id, user_id, thread_id, commands, numbered, expires_at)
     SELECT @to, user_id, thread_id, commands, numbered, expires_at FROM offers WHERE chat_id = @from ${LATER}`,
  );
  const dropOffersOf = db.prepare<[number]>("DELETE FROM offers WHERE chat_id = ?");

  function moveRule(move: Move, kind: "user" | "chat"): void {
    copyRule.run({ ...move, kind });
    dropRule.run({ ...move, kind });
    dropEarlier.run({ ...move, kind });
    moveRequest.run({ ...move, kind });
    settle.run({ ...move, kind });
  }

  return {
    /**
     * @returns whether the person is blocked, and the rule that counts no more beside the one that does; `null` for none
     * that has become a block
     */
    person(account: BotAccount, from: string, to: string): MovedRule {
      const move = { platform: account.platform, account: account.account, from, to };
      const rule = (id: string) => ruleOf.get(account.platform, account.account, id)?.rule ?? null;
      const [old, own] = [rule(from), rule(to)];
      moveRule(move, "user");
      ownRequests.run(move);
      copyOffers.run(move);
      dropOffers.run(move);
      const who = (id: string) => `${account.platform}:${id}`;
      copyTrials.run({ from: who(from), to: who(to) });
      dropTrials.run(who(from));
      const now = rule(to);
      const isLost = old !== null && old !== own && (own !== null || old === "blocked");
      return { blocked: now === "blocked", ...(isLost && { change: { from: own === now ? old : own, to: now } }) };
    },
    /** @param refs the numbers of the chat and of the one that it became */
    chat(account: BotAccount, from: string, to: string, refs: { from: number; to: number }): void {
      moveRule({ platform: account.platform, account: account.account, from, to }, "chat");
      if (refs.from === refs.to) return;
      requestsIn.run(refs.to, refs.from);
      copyOffersOf.run(refs);
      dropOffersOf.run(refs.from);
    },
  };
}
