import type { Db } from "../../sessions/sqlite/database.ts";
import { TOKENS } from "./echo-agent.ts";
import type { Said, SimulatedPlatform } from "./platform.ts";
import type { Asked } from "./world.ts";

/** What became of what was asked. */
export interface Account {
  answered: number;
  /** Refused in words, by why. */
  refused: Record<string, number>;
  /** How often whom for being over a limit. */
  overLimit: Record<string, number>;
  /** What must not be. */
  wrong: string[];
}

interface Row {
  place: string;
  state: string;
  failure: string | null;
  /** Messages that were answered together. */
  turn: string;
  user: string;
}

/**
 * Look at what stands on the platforms: every message is named by one message of the bot's, in the same chat, or its turn
 * is quoted by one that says why it is not answered.
 */
export function settle(db: Db, asked: readonly Asked[], platforms: readonly SimulatedPlatform[]): Account {
  const account: Account = { answered: 0, refused: {}, overLimit: {}, wrong: [] };
  const rows = new Map(messages(db).map((row) => [row.place, row]));
  const naming = new Map<string, Said[]>();
  const quoted = new Set<string>();
  for (const { name, said } of platforms) {
    for (const each of said.values()) {
      const named = new Set(each.text.match(TOKENS));
      for (const token of named) naming.set(token, [...(naming.get(token) ?? []), each]);
      if (named.size === 0 && each.replyTo !== undefined) quoted.add(placeOf(name, each.chat, each.replyTo));
    }
  }
  const turnsTold = new Set<string>();
  const peopleTold = new Set<string>();
  for (const { place, turn, user, state } of rows.values()) {
    if (!quoted.has(place)) continue;
    turnsTold.add(turn);
    if (state === "refused") peopleTold.add(user);
  }

  for (const { platform, chat, user, messageId, token } of asked) {
    const place = placeOf(platform, chat, messageId);
    const row = rows.get(place);
    const answers = naming.get(token) ?? [];
    const what = `${place} (${row?.state} ${row?.failure ?? ""}, ${answers.length} answers)`;
    if (row === undefined || answers.length > 1) account.wrong.push(what);
    else if (answers.length === 1) {
      if (answers[0]?.chat !== chat || row.state !== "done") account.wrong.push(`${what}: elsewhere, or not done`);
      account.answered += 1;
    } else {
      const told = row.state === "refused" ? peopleTold.has(row.user) : turnsTold.has(row.turn);
      if (!told) account.wrong.push(`${what}: nobody was told`);
      const why = row.state === "done" ? "kept back" : (row.failure ?? row.state);
      account.refused[why] = (account.refused[why] ?? 0) + 1;
      if (why === "over-limit") account.overLimit[user] = (account.overLimit[user] ?? 0) + 1;
    }
  }
  return account;
}

function messages(db: Db): Row[] {
  return db
    .prepare<[], Row>(
      `SELECT c.platform || ' ' || c.chat || ' ' || i.message_id AS place, i.state, i.failure,
         coalesce('run ' || i.run_id, 'burst ' || coalesce(i.burst, i.seq)) AS turn,
         i.chat_id || ' ' || i.user_id AS user
       FROM inbox i JOIN chats c ON c.id = i.chat_id`,
    )
    .all();
}

function placeOf(platform: string, chat: string, messageId: string): string {
  return `${platform} ${chat} ${messageId}`;
}
