import type { ChatSummary, SessionSummary } from "../chats.ts";
import type { TranscriptMessage } from "../transcript.ts";
import type { Db } from "./database.ts";
import { type ChatRow, chatOf, type StepRow, stepOf } from "./rows.ts";
import { placeName } from "./settings.ts";

/** SQL for who said a row `t` of a transcript: whoever has another id by now is read under that one. Null if nobody has. */
export const SPEAKER = `(SELECT a.user_id FROM sessions s JOIN chats c ON c.id = s.chat_id
  JOIN aliases a ON a.platform = c.platform AND a.account = c.account AND a.alias = t.author_id AND a.until >= t.at
  WHERE s.id = t.session_id ORDER BY a.until LIMIT 1)`;

/** What people and operators look at; reads only. */
export function overview(db: Db) {
  const chats = db.prepare<[], ChatRow & { last_at: number | null; sessions: number; waiting: number; failed: number }>(
    `SELECT c.*,
       (SELECT max(received_at) FROM inbox i WHERE i.chat_id = c.id) AS last_at,
       (SELECT count(*) FROM sessions s WHERE s.chat_id = c.id AND s.ended_at IS NULL) AS sessions,
       (SELECT count(*) FROM inbox i WHERE i.chat_id = c.id AND i.state = 'waiting'
          AND i.state IN ('held', 'waiting', 'running')) AS waiting,
       (SELECT count(*) FROM deliveries d WHERE d.chat_id = c.id AND d.state = 'failed') AS failed
     FROM chats c WHERE c.moved_to IS NULL ORDER BY c.platform, c.account, c.chat`,
  );
  const sessions = db.prepare<{ chat: number | null }, SessionSummary>(
    `SELECT s.key, s.strategy, s.started_at AS startedAt,
       (SELECT count(*) FROM transcript t WHERE t.session_id = s.id) AS messages,
       coalesce(sum(u.input_tokens + u.cache_read_tokens + u.cache_write_tokens), 0) AS inputTokens,
       coalesce(sum(u.output_tokens), 0) AS outputTokens
     FROM sessions s LEFT JOIN usage u ON u.session_id = s.id
     WHERE s.ended_at IS NULL AND (@chat IS NULL OR s.chat_id = @chat)
     GROUP BY s.id ORDER BY s.key`,
  );
  const strategy = db.prepare<[string], { value: string }>(
    "SELECT value FROM settings WHERE place = ? AND name = 'strategy'",
  );
  const setting = db.prepare<[string, string], { value: string }>(
    "SELECT value FROM settings WHERE place = ? AND name = ?",
  );
  const present = db.prepare<[number], { merged_into: number | null }>("SELECT merged_into FROM sessions WHERE id = ?");
  /** A session that goes on as the end of another is that one. */
  const goesOnAs = (sessionId: number) => present.get(sessionId)?.merged_into ?? sessionId;
  const history = db.prepare<[number], StepRow>(
    `SELECT role, content, coalesce(${SPEAKER}, author_id) AS author_id, author_name FROM transcript t
     WHERE session_id = ? ORDER BY seq`,
  );
  // With a bare column beside max(), SQLite takes the row that holds the maximum: the latest name.
  const participants = db.prepare<[number], { id: string; name: string; turns: number; latest: number }>(
    `SELECT coalesce(${SPEAKER}, author_id) AS id, author_name AS name, count(*) AS turns, max(seq) AS latest
     FROM transcript t WHERE session_id = ? AND author_id IS NOT NULL GROUP BY 1 ORDER BY min(seq)`,
  );
  const counts = db.prepare<[], { waiting: number; running: number; pendingDeliveries: number }>(
    `SELECT (SELECT count(*) FROM inbox WHERE state IN ('waiting', 'running')) - (SELECT count(*) FROM inbox
         WHERE state IN ('waiting', 'running') AND state = 'running') AS waiting,
       (SELECT count(*) FROM runs) AS running,
       (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pendingDeliveries`,
  );

  return {
    chats: (): ChatSummary[] =>
      chats.all().map((row) => {
        const own = strategy.get(
          placeName({ level: "chat", platform: row.platform, account: row.account, chatId: row.chat }),
        );
        return {
          ...chatOf(row),
          ...(row.guild_name === null ? {} : { guildName: row.guild_name }),
          lastAt: row.last_at ?? 0,
          ...(own === undefined ? {} : { strategy: own.value }),
          sessions: row.sessions,
          waiting: row.waiting,
          failed: row.failed,
        };
      }),
    sessions: (chatRef?: number): SessionSummary[] => sessions.all({ chat: chatRef ?? null }),
    setting: (place: Parameters<typeof placeName>[0], name: string): string | null =>
      setting.get(placeName(place), name)?.value ?? null,
    history: (sessionId: number): TranscriptMessage[] => history.all(goesOnAs(sessionId)).map(stepOf),
    participants: (sessionId: number) =>
      participants.all(goesOnAs(sessionId)).map(({ id, name, turns }) => ({ id, name, turns })),
    counts: () => counts.get() ?? { waiting: 0, running: 0, pendingDeliveries: 0 },
  };
}
