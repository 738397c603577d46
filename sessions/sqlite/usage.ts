import type { BotAccount } from "../inbox.ts";
import type { Spent, UsageByUser } from "../limits.ts";
import type { Db } from "./database.ts";
import { CHATS_OF, type People, personAt } from "./people.ts";

interface Since {
  since: number;
  except: number | null;
}

interface Filter {
  chat: number | null;
  since: number;
  until: number;
}

interface Person extends UsageByUser {
  platform: string;
  account: string;
  /** Of the latest row: what it was written under, where no name was written down yet. */
  session: number;
  id: string;
}

const READ = "u.input_tokens + u.cache_read_tokens + u.cache_write_tokens";
const SPENT = `coalesce(sum(${READ} + u.output_tokens), 0) AS tokens, coalesce(sum(${READ}), 0) AS readTokens,
  coalesce(sum(u.cache_read_tokens), 0) AS cachedTokens, count(DISTINCT u.run_id) AS runs`;
const IN_ACCOUNT = "c.platform = @platform AND c.account = @account";

/** What was used, booked to whoever it was used for; a person is one under all ids. Reads only. */
export function usage(db: Db, people: People) {
  const byPerson = db.prepare<BotAccount & Since & { user: string; ids: string }, Spent>(
    `SELECT ${SPENT} FROM usage u JOIN chats c ON c.id = u.chat_id
     WHERE u.user_id IN (SELECT value FROM json_each(@ids)) AND u.at >= @since AND ${IN_ACCOUNT}
       AND ${personAt("u.user_id", "u.at")} = @user AND (@except IS NULL OR u.run_id IS NOT @except)`,
  );
  const inChat = db.prepare<Since & { chat: number }, Spent>(
    `SELECT ${SPENT} FROM usage u
     WHERE u.chat_id IN ${CHATS_OF} AND u.at >= @since AND (@except IS NULL OR u.run_id IS NOT @except)`,
  );
  /** A run that goes on and that nothing is written down for yet, since then. */
  const begun = "NOT EXISTS (SELECT 1 FROM usage u WHERE u.run_id = r.id AND u.at >= @since)";
  const begunByPerson = db.prepare<BotAccount & Since & { user: string }, { n: number }>(
    `SELECT count(*) AS n FROM runs r JOIN chats c ON c.id = r.chat_id
     WHERE r.user_id = @user AND ${IN_ACCOUNT} AND r.id IS NOT @except AND ${begun}`,
  );
  const begunInChat = db.prepare<Since & { chat: number }, { n: number }>(
    `SELECT count(*) AS n FROM runs r WHERE r.chat_id IN ${CHATS_OF} AND r.id IS NOT @except AND ${begun}`,
  );
  const present = db.prepare<[number], { id: number }>("SELECT coalesce(moved_to, id) AS id FROM chats WHERE id = ?");

  const everybody = (where: string) =>
    // With a bare column beside max(), SQLite takes the row that holds the maximum: the latest name.
    db.prepare<Filter, Person & { latest: number }>(
      `SELECT c.platform, c.account, ${personAt("u.user_id", "u.at", "c.platform", "c.account")} AS userId, ${SPENT},
         coalesce(u.user_name, '') AS userName, u.session_id AS session, u.user_id AS id, max(u.id) AS latest
       FROM usage u JOIN chats c ON c.id = u.chat_id WHERE ${where} u.at >= @since AND u.at < @until GROUP BY 1, 2, 3`,
    );
  const everybodyInAll = everybody("");
  const everybodyInChat = everybody(`u.chat_id IN ${CHATS_OF} AND`);
  const begunBy = db.prepare<Filter, Pick<Person, "platform" | "account" | "userId" | "userName" | "runs">>(
    `SELECT c.platform, c.account, r.user_id AS userId, r.user_name AS userName, count(*) AS runs
     FROM runs r JOIN chats c ON c.id = r.chat_id
     WHERE (@chat IS NULL OR r.chat_id IN ${CHATS_OF}) AND r.started_at < @until AND ${begun}
     GROUP BY c.platform, c.account, r.user_id`,
  );
  const nameIn = db.prepare<[number, string], { name: string | null }>(
    "SELECT author_name AS name FROM transcript WHERE session_id = ? AND author_id = ? ORDER BY seq DESC LIMIT 1",
  );

  return {
    spent(
      { account: { platform, account }, userId, chatRef }: { account: BotAccount; userId: string; chatRef: number },
      since: number,
      except?: number,
    ): { user: Spent; chat: Spent } {
      const period = { since, except: except ?? null };
      const chat = { ...period, chat: present.get(chatRef)?.id ?? chatRef };
      const ids = people.idsOf({ platform, account }, userId);
      const person = { ...period, platform, account, user: userId };
      return {
        user: sum(byPerson.get({ ...person, ids }), begunByPerson.get(person)),
        chat: sum(inChat.get(chat), begunInChat.get(chat)),
      };
    },

    byUser(filter: { chatRef?: number; since: number; until?: number }): UsageByUser[] {
      const { chatRef, since, until = Number.MAX_SAFE_INTEGER } = filter;
      const chat = chatRef === undefined ? null : (present.get(chatRef)?.id ?? chatRef);
      const found = new Map<string, UsageByUser>();
      const rows =
        chat === null ? everybodyInAll.all({ chat, since, until }) : everybodyInChat.all({ chat, since, until });
      for (const { platform, account, session, id, userId, userName, tokens, readTokens, cachedTokens, runs } of rows) {
        const name = userName === "" ? (nameIn.get(session, id)?.name ?? "") : userName;
        const spent = { tokens, readTokens, cachedTokens, runs };
        found.set(JSON.stringify([platform, account, userId]), { userId, userName: name, ...spent });
      }
      for (const { platform, account, userId, userName, runs } of begunBy.all({ chat, since, until })) {
        const key = JSON.stringify([platform, account, userId]);
        const so = found.get(key) ?? NOTHING;
        found.set(key, { ...so, userId, userName, runs: runs + so.runs });
      }
      return [...found.values()].sort((a, b) => b.tokens - a.tokens || b.runs - a.runs);
    },
  };
}

const NOTHING: Spent = { tokens: 0, readTokens: 0, cachedTokens: 0, runs: 0 };

function sum(spent: Spent = NOTHING, begun: { n: number } = { n: 0 }): Spent {
  return { ...spent, runs: spent.runs + begun.n };
}
