import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Store } from "../store.ts";
import { acceptor } from "./accept.ts";
import { bookmarks } from "./bookmarks.ts";
import { chatRefs } from "./chat-refs.ts";
import { claimer } from "./claim.ts";
import { asStoreError, type Db, openDatabase } from "./database.ts";
import { runSteps } from "./end-run.ts";
import { enqueuer } from "./enqueue.ts";
import { makeFolder } from "./folder.ts";
import { GroupCommit } from "./group-commit.ts";
import { lockFolder } from "./lock.ts";
import { chatMover } from "./move-chat.ts";
import { outbox } from "./outbox.ts";
import { overview } from "./overview.ts";
import { personMerger } from "./same-person.ts";
import { settingsWriter } from "./settings.ts";
import { stopper } from "./stop.ts";
import { vault } from "./vault.ts";
import { waiting } from "./waiting.ts";

export interface SqliteStoreOptions {
  /** Epoch milliseconds. Default: the system's clock. */
  now?: () => number;
  /** When to write what was collected. Default: `setImmediate`. */
  schedule?: (flush: () => void) => void;
}

export const DATABASE_FILE = "parley.db";

/**
 * Open the store in a data folder, for this process alone.
 *
 * @throws StoreError `locked`, `unwritable` or `unusable`
 */
export function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Store {
  const lock = lockFolder(folder);
  try {
    return sqliteStore(openDatabase(join(folder, DATABASE_FILE)), options, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Open the store beside a process that may be running a gateway on it: to look on, to change settings, and for an
 * account's credentials, of which the vault says who may use them. Transactions of both wait for each other; messages and
 * runs are the gateway's alone.
 *
 * @throws StoreError `unwritable` or `unusable`
 */
export function visitSqliteStore(folder: string, options: SqliteStoreOptions = {}): Store {
  try {
    makeFolder(folder);
  } catch (error) {
    throw asStoreError(error, folder);
  }
  return sqliteStore(openDatabase(join(folder, DATABASE_FILE)), options, () => {});
}

/** The store on an open database, which it closes. Reads see what is committed; writes go through group commit. */
export function sqliteStore(db: Db, options: SqliteStoreOptions = {}, released: () => void = () => {}): Store {
  const { now = Date.now, schedule } = options;
  const commit = new GroupCommit(db, schedule);
  const chats = chatRefs(db);
  const enqueue = enqueuer(db, now);
  const accept = acceptor(db, chats, enqueue, now);
  const claim = claimer(db, chats, randomUUID(), now);
  const steps = runSteps(db, chats, enqueue, now);
  const sending = outbox(db, chats, enqueue);
  const marks = bookmarks(db);
  const secrets = vault(db, now);
  const queue = waiting(db, chats);
  const views = overview(db);
  const setSetting = settingsWriter(db, now);
  const moveChat = chatMover(db, chats, now);
  const mergePerson = personMerger(db, chats, now);
  const stop = stopper(db, chats, enqueue);
  const endSession = db.prepare(
    "UPDATE sessions SET ended_at = ? WHERE key = ? AND ended_at IS NULL AND began_with < ?",
  );
  const putBlob = db.prepare("INSERT INTO blobs (hash, mime_type, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const getBlob = db.prepare<[string], { bytes: Buffer }>("SELECT bytes FROM blobs WHERE hash = ?");
  let closed = false;

  return {
    accept: (message, accepting) => commit.run(() => accept(message, accepting)),
    edit: (message) => commit.run(() => queue.edit(message)),
    remove: (place, messageId, by) => commit.run(() => queue.remove(place, messageId, by)),
    dropHeld: (olderThan) => commit.run(() => queue.dropHeld(olderThan)),
    pendingCommands: async () => queue.pendingCommands(),
    command: async (seq) => queue.command(seq),

    claim: (lane, executing = new Set()) => commit.run(() => claim(lane, executing)),
    history: async (sessionId) => views.history(sessionId),
    journal: (lease, step) => commit.run(() => steps.journal(lease, step)),
    threadOpened: (lease, threadId) => commit.run(() => steps.threadOpened(lease, threadId)),
    draftBegun: (lease, draft) => commit.run(() => steps.draftBegun(lease, draft)),
    draftShown: (lease, messageId) => commit.run(() => steps.draftShown(lease, messageId)),
    end: (lease, ending) => commit.run(() => steps.end(lease, ending)),
    park: (lease) => commit.run(() => steps.park(lease)),
    lanesWithWork: async () => queue.lanesWithWork(),
    stop: (order) => commit.run(() => stop(order)),
    putBlob(bytes, mimeType) {
      const hash = createHash("sha256").update(bytes).digest("hex");
      return commit.run(() => {
        putBlob.run(hash, mimeType, bytes);
        return hash;
      });
    },
    blob: async (hash) => getBlob.get(hash)?.bytes ?? null,

    chatsWithDeliveries: async () => sending.chatsWithDeliveries(),
    platformOf: async (chatRef) => chats.info(chatRef).platform,
    nextChunk: (chatRef) => commit.run(() => sending.nextChunk(chatRef)),
    chunkSent: (chunk, messageId) => commit.run(() => sending.chunkSent(chunk, messageId)),
    chunkUnsent: (chunk) => commit.run(() => sending.chunkUnsent(chunk)),
    deliveryFailed: (chunk, failure, instead) => commit.run(() => sending.deliveryFailed(chunk, failure, instead)),
    deliverOutside: (chunk) => commit.run(() => sending.deliverOutside(chunk)),
    dropDraft: (chunk) => commit.run(() => sending.dropDraft(chunk)),
    remark: (to, about, notice) => commit.run(() => sending.remark(to, about, notice)),
    answerCommand: (seq, deliveries) =>
      commit.run(() => {
        const chat = queue.endCommand(seq);
        if (chat === undefined) return;
        for (const { to, ...delivery } of deliveries) {
          // A chat may have got another id since the command was read.
          const ref = chats.find(to.platform, to.account, to.chatId) ?? chat;
          enqueue(ref, { ...delivery, threadId: to.threadId });
        }
      }),

    bookmarks: async (account) => marks.read(account),
    setBookmarks: (account, entries) => commit.run(() => marks.write(account, entries)),

    vault: async (account, kind, ids) => secrets.read(account, kind, ids),
    setVault: (account, entries) => commit.run(() => secrets.write(account, entries)),
    dropExpired: () => commit.run(() => secrets.dropExpired()),

    chats: async () => views.chats(),
    sessions: async ({ chatRef } = {}) => views.sessions(chatRef),
    setting: async (place, name) => views.setting(place, name),
    setSetting: (place, name, value, by) => commit.run(() => setSetting(place, name, value, by)),
    endSession: (key, before) => commit.run(() => endSession.run(now(), key, before).changes > 0),
    lane: async (lane) => queue.lane(lane),
    participants: async (sessionId) => views.participants(sessionId),
    samePerson: (account, from, to) => commit.run(() => mergePerson(account, from, to)),
    moveChat: (from, toChatId) => commit.run(() => moveChat(from, toChatId)),
    counts: async () => views.counts(),

    async close() {
      if (closed) return;
      closed = true;
      commit.close();
      db.close();
      released();
    },
  };
}
