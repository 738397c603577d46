import type { BotAccount } from "../inbox.ts";
import type { StoppedWork } from "../runs.ts";
import type { Db } from "./database.ts";
import type { People } from "./people.ts";

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";
const within = (table: string) =>
  `EXISTS (SELECT 1 FROM chats c WHERE c.id = ${table}.chat_id AND c.platform = @platform AND c.account = @account)`;
/** By the present id, or by any other that came along with the message. */
const said = (table: string) =>
  `(${table}.user_id IN (@id, @present)
    OR EXISTS (SELECT 1 FROM json_each(${table}.payload, '$.aliases') WHERE value IN (@id, @present)))`;

/**
 * Take from a person, in every chat of the account, what waits, commands among it, and mark what runs as stopped; runs
 * inside a transaction. Nobody is told: whoever is blocked gets no word.
 */
export function blocker(db: Db, people: People): (account: BotAccount, userId: string) => StoppedWork {
  type Person = { platform: string; account: string; id: string; present: string };
  const drop = db.prepare<Person>(
    `UPDATE inbox INDEXED BY inbox_author SET state = 'dropped', failure = 'blocked', effect = NULL
     WHERE ${OPEN} AND state IN ('held', 'waiting') AND ${said("inbox")} AND ${within("inbox")}`,
  );
  const stop = db.prepare<Person, number>(
    `UPDATE runs SET stopped = 1
     WHERE ${within("runs")} AND (user_id IN (@id, @present)
       OR EXISTS (SELECT 1 FROM inbox i WHERE i.run_id = runs.id AND i.state = 'running' AND ${said("i")}))
     RETURNING id`,
  );
  stop.pluck();

  // What was said beside the bot: its row is known when it is delivered again, and nobody is shown its words.
  const unsay = db.prepare<Person>(
    `UPDATE ambient SET text = '', forwarded = NULL WHERE text <> '' AND (user_id IN (@id, @present)
       OR EXISTS (SELECT 1 FROM json_each(ambient.aliases) WHERE value IN (@id, @present))) AND ${within("ambient")}`,
  );

  return ({ platform, account }, id) => {
    const person = { platform, account, id, present: people.present({ platform, account }, id) };
    unsay.run(person);
    return { dropped: drop.run(person).changes, runIds: stop.all(person) };
  };
}
