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
    this.#erase = db.prepare("UPDATE messages SET text = '', html = NULL, deleted_at = ? WHERE id = ?");
    this.#startThread = db.prepare("UPDATE messages SET starts_thread = 1 WHERE id = ? AND starts_thread = 0");
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

  /** @returns whether the thread is new */
  startThread(id: string): boolean {
    return this.#startThread.run(id).changes > 0;
  }
}
