import type Database from "better-sqlite3";

/**
 * What the gateway has not been told of a message yet. `retry`: it was told and did not take it; its author has to ask
 * again. The others are told at the next start.
 */
export type Owed = "message" | "retry" | "edit" | "delete";

export interface NewMessage {
  id: string;
  chat: string;
  thread: string | null;
  userId: string;
  userName: string;
  isBot: 0 | 1;
  /** Without markup. */
  text: string;
  /** Our own renderer's; null for what people wrote. */
  html: string | null;
  /** What can be picked below it, as JSON. */
  choices: string | null;
  replyTo: string | null;
  forUserId: string | null;
  /** Unique among the messages of one user. */
  idempotencyKey: string | null;
  sentAt: number;
  owed: Owed | null;
}

/** A message with what it refers to. */
export interface MessageRow extends NewMessage {
  /** Its place in the order of arrival. */
  seq: number;
  startsThread: 0 | 1;
  editedAt: number | null;
  deletedAt: number | null;
  quoteUserId: string | null;
  quoteUserName: string | null;
  /** Null if nothing is quoted or the quoted message was deleted. */
  quoteText: string | null;
  quoteIsBot: 0 | 1 | null;
  forUserName: string | null;
  /** A JSON list of what came with it: `{name, mimeType, size}`. */
  files: string;
  replies: number;
}

/** A stretch of the log. */
export interface ErasableIn {
  /** Begins behind this `seq`. */
  after: number;
  upTo: number;
}

/** Where a person said something. */
export interface PersonIn {
  chat: string;
  /** Null for the whole chat. */
  thread: string | null;
  userId: string;
  /** 1 for all that stands there, whoever said it. */
  all: 0 | 1;
}

/** The plus keeps to the stretch of the log, whatever indexes there are. What the gateway has not heard of stays. */
const ERASABLE = "m.seq > @after AND m.seq <= @upTo AND m.deleted_at IS NULL AND +m.owed IS NOT 'message'";

const SELECT = `
  SELECT m.seq, m.id, m.chat, m.thread, m.starts_thread AS startsThread, m.user_id AS userId, m.user_name AS userName,
    m.is_bot AS isBot, m.text, m.html, m.choices, m.reply_to AS replyTo, m.for_user_id AS forUserId,
    m.idempotency_key AS idempotencyKey, m.sent_at AS sentAt, m.edited_at AS editedAt, m.deleted_at AS deletedAt, m.owed,
    q.user_id AS quoteUserId, q.user_name AS quoteUserName, q.is_bot AS quoteIsBot,
    CASE WHEN q.deleted_at IS NULL THEN q.text END AS quoteText, p.name AS forUserName,
    (SELECT json_group_array(json_object('name', f.name, 'mimeType', f.mime_type, 'size', length(f.bytes)) ORDER BY f.n)
      FROM files f WHERE f.message_id = m.id) AS files,
    (SELECT count(*) FROM messages r WHERE r.thread = m.id AND r.deleted_at IS NULL) AS replies
  FROM messages m LEFT JOIN messages q ON q.id = m.reply_to LEFT JOIN people p ON p.id = m.for_user_id`;

/** Every message of people and of the bot, in the order of arrival. */
export class Messages {
  readonly #insert: Database.Statement<[NewMessage]>;
  readonly #byId: Database.Statement<[string], MessageRow>;
  readonly #byKey: Database.Statement<[string, string], MessageRow>;
  readonly #history: Database.Statement<[string, string | null, number, number], MessageRow>;
  readonly #owed: Database.Statement<[], MessageRow>;
  readonly #owe: Database.Statement<[Owed | null, string]>;
  readonly #edit: Database.Statement<[string, number, string]>;
  readonly #erase: Database.Statement<[number, string]>;
  readonly #startThread: Database.Statement<[string]>;
  readonly #latest: Database.Statement<[], number>;
  readonly #saidBefore: Database.Statement<[ErasableIn & { time: number }], string>;
  readonly #saidBy: Database.Statement<[ErasableIn & PersonIn], string>;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(`
      INSERT INTO messages (id, chat, thread, user_id, user_name, is_bot, text, html, choices, reply_to, for_user_id,
        idempotency_key, sent_at, owed)
      VALUES (@id, @chat, @thread, @userId, @userName, @isBot, @text, @html, @choices, @replyTo, @forUserId,
        @idempotencyKey, @sentAt, @owed)`);
    this.#byId = db.prepare(`${SELECT} WHERE m.id = ?`);
    this.#byKey = db.prepare(`${SELECT} WHERE m.user_id = ? AND m.idempotency_key = ?`);
    // The head of a thread stays, as an empty place, for as long as there is a thread to open.
    this.#history = db.prepare(`
      ${SELECT} WHERE m.chat = ? AND m.thread IS ? AND m.seq < ? AND (m.deleted_at IS NULL OR m.starts_thread = 1)
      ORDER BY m.seq DESC LIMIT ?`);
    this.#owed = db.prepare(`${SELECT} WHERE m.owed IN ('message', 'edit', 'delete') ORDER BY m.seq`);
    this.#owe = db.prepare("UPDATE messages SET owed = ? WHERE id = ?");
    this.#edit = db.prepare("UPDATE messages SET text = ?, edited_at = ? WHERE id = ?");
    this.#erase = db.prepare("UPDATE messages SET text = '', html = NULL, choices = NULL, deleted_at = ? WHERE id = ?");
    this.#startThread = db.prepare("UPDATE messages SET starts_thread = 1 WHERE id = ? AND starts_thread = 0");
    this.#latest = db.prepare<[], number>("SELECT coalesce(max(seq), 0) FROM messages").pluck();
    this.#saidBefore = db
      .prepare<[ErasableIn & { time: number }], string>(
        `SELECT m.id FROM messages m WHERE ${ERASABLE} AND m.sent_at < @time`,
      )
      .pluck();
    this.#saidBy = db
      .prepare<[ErasableIn & PersonIn], string>(
        `SELECT m.id FROM messages m WHERE ${ERASABLE} AND +m.chat = @chat AND (@thread IS NULL OR +m.thread = @thread)
           AND (@all OR +m.user_id = @userId OR m.is_bot = 1 AND (m.for_user_id = @userId
             OR EXISTS (SELECT 1 FROM messages q WHERE q.id = m.reply_to AND q.user_id = @userId)))`,
      )
      .pluck();
  }

  add(message: NewMessage): void {
    this.#insert.run(message);
  }

  byId(id: string): MessageRow | undefined {
    return this.#byId.get(id);
  }

  byKey(userId: string, idempotencyKey: string): MessageRow | undefined {
    return this.#byKey.get(userId, idempotencyKey);
  }

  /** The newest messages of a place that came before `beforeSeq`, newest first. */
  history(chat: string, thread: string | null, beforeSeq: number, limit: number): MessageRow[] {
    return this.#history.all(chat, thread, beforeSeq, limit);
  }

  /** What has to be handed over at a start, in the order of arrival. */
  owed(): MessageRow[] {
    return this.#owed.all();
  }

  owe(id: string, owed: Owed | null): void {
    this.#owe.run(owed, id);
  }

  edit(id: string, text: string, editedAt: number): void {
    this.#edit.run(text, editedAt, id);
  }

  erase(id: string, deletedAt: number): void {
    this.#erase.run(deletedAt, id);
  }

  /** The greatest `seq`; 0 where nothing was said. */
  latest(): number {
    return this.#latest.get() ?? 0;
  }

  /** Ids of what was said before a time (epoch ms) and is not erased. */
  saidBefore(time: number, seqs: ErasableIn): string[] {
    return this.#saidBefore.all({ ...seqs, time });
  }

  /** Ids of what a person said somewhere, and of the bot's answers to it, that are not erased. */
  saidBy(place: PersonIn, seqs: ErasableIn): string[] {
    return this.#saidBy.all({ ...seqs, ...place });
  }

  /** @returns whether the thread is new */
  startThread(id: string): boolean {
    return this.#startThread.run(id).changes > 0;
  }
}
