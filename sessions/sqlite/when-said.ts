import type { BotAccount } from "../inbox.ts";
import type { Db } from "./database.ts";

/** A message, and when it was sent by this machine's clock, in epoch ms: not before the one, not after the other. */
export interface Said {
  seq: number;
  earliest: number;
  latest: number;
  /** True if it is nothing but a number. */
  isNumber: boolean;
}

interface Row {
  sent_at: number;
  /** Null if it was erased. */
  text: string | null;
}

/** How many messages that came last are looked at. */
const LATELY = 500;
const BARE_NUMBER = /^\s*\d{1,2}\s*$/;

/**
 * When messages were sent, although a platform's clock may go otherwise than this machine's.
 *
 * The shortest way that a message of the account took lately, by both clocks, is what they differ by, and a little more:
 * what seems to have taken longer was held up. Some platforms tell whole seconds alone: then it was sent within that one.
 */
export function whenSaid(db: Db): (account: BotAccount, seq: number) => Said {
  const find = db.prepare<[number], Row>("SELECT sent_at, payload ->> '$.text' AS text FROM inbox WHERE seq = ?");
  const shortestWay = db
    .prepare<[number, string, string], number | null>(
      `SELECT min(received_at - sent_at)
       FROM (SELECT chat_id, received_at, sent_at FROM inbox ORDER BY seq DESC LIMIT ?) i JOIN chats c ON c.id = i.chat_id
       WHERE c.platform = ? AND c.account = ?`,
    )
    .pluck();

  return ({ platform, account }, seq) => {
    const row = find.get(seq);
    if (row === undefined) throw new Error(`message ${seq} is not there`);
    const { sent_at: sentAt, text } = row;
    const earliest = sentAt + (shortestWay.get(LATELY, platform, account) ?? 0);
    const latest = earliest + (sentAt % 1_000 === 0 ? 999 : 0);
    return { seq, earliest, latest, isNumber: BARE_NUMBER.test(text ?? "") };
  };
}
