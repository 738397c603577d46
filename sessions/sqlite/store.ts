import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Approval } from "../access.ts";
import type { ForCommand } from "../inbox.ts";
import type { StoppedWork } from "../runs.ts";
import type { Store } from "../store.ts";
import { acceptor } from "./accept.ts";
import { accessRules, standingReader } from "./access.ts";
import { ambientMessages } from "./ambient.ts";
import { commandAnswerer } from "./answer-command.ts";
import { approvals } from "./approvals.ts";
import { audit } from "./audit.ts";
import { blobs, hashOf } from "./blobs.ts";
import { bookmarks } from "./bookmarks.ts";
import { changedElsewhere } from "./changes.ts";
import { chatRefs } from "./chat-refs.ts";
import { claimer } from "./claim.ts";
import { cleaning, cleanUpAll } from "./clean-up.ts";
import { codeTrials } from "./code-trials.ts";
import { compactions } from "./compactions.ts";
import { asStoreError, type Db, openDatabase } from "./database.ts";
import { runSteps } from "./end-run.ts";
import { sessionEnder } from "./end-session.ts";
import { enqueuer } from "./enqueue.ts";
import { emptyLog, overwriteDeleted } from "./erasing.ts";
import { exporter } from "./export.ts";
import { Faults, guarded } from "./faults.ts";
import { finishRestore, refuseUnfinished } from "./finish-restore.ts";
import { makeFolder } from "./folder.ts";
import { changesForCommands } from "./for-command.ts";
import { forgetter } from "./forget.ts";
import { forks } from "./fork.ts";
import { GroupCommit } from "./group-commit.ts";
import { lockFolder } from "./lock.ts";
import { chatMover } from "./move-chat.ts";
import { offers } from "./offers.ts";
import { outbox } from "./outbox.ts";
import { overview } from "./overview.ts";
import { pairings } from "./pairing.ts";
import { parked } from "./parked.ts";
import { people } from "./people.ts";
import { personIds } from "./person-ids.ts";
import { prober } from "./probe.ts";
import { pruneAll, pruner } from "./prune.ts";
import { recaller } from "./recall.ts";
import { personMerger } from "./same-person.ts";
import { sessionContexts } from "./session-context.ts";
import { settingsReader, settingsWriter } from "./settings.ts";
import { stopper } from "./stop.ts";
import { takingIn } from "./take-in.ts";
import { usage } from "./usage.ts";
import { vault } from "./vault.ts";
import { waiting } from "./waiting.ts";

export interface SqliteStoreOptions {
  /** Epoch milliseconds. Default: the system's clock. */
  now?: () => number;
  /** When to write what was collected. Default: `setImmediate`. */
  schedule?: (flush: () => void) => void;
  /** When to try again while another process writes. Default: a timer. */
  later?: (ms: number, flush: () => void) => void;
  /** Told of each commit, just before and just behind it. */
  aroundCommit?: (moment: "before" | "after") => void;
}

export const DATABASE_FILE = "parley.db";

/** Messages that become searchable in one transaction: most turns have fewer; more wait for whoever searches or cleans up. */
const INDEXED_WITH_A_TURN = 50;
const INDEXED_AT_ONCE = 500;

/**
 * Open the store in a data folder, for this process alone. A restore that was cut off is finished first.
 *
 * @throws StoreError `locked`, `unwritable` or `unusable`
 */
export function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Store {
  const lock = lockFolder(folder);
  try {
    finishRestore(folder);
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
 * @throws StoreError `unwritable`, `unusable`, or `locked` while a restore is not finished
 */
export function visitSqliteStore(folder: string, options: SqliteStoreOptions = {}): Store {
  try {
    makeFolder(folder);
  } catch (error) {
    throw asStoreError(error, folder);
  }
  refuseUnfinished(folder);
  return sqliteStore(openDatabase(join(folder, DATABASE_FILE)), options, () => {});
}

/** The store on an open database, which it closes. Reads see what is committed; writes go through group commit. */
export function sqliteStore(db: Db, options: SqliteStoreOptions = {}, released: () => void = () => {}): Store {
  const { now = Date.now, schedule, later, aroundCommit } = options;
  overwriteDeleted(db);
  const faults = new Faults(db.name);
  const commit = new GroupCommit(db, { schedule, later, around: aroundCommit, faults });
  const chats = chatRefs(db);
  const enqueue = enqueuer(db, now);
  const log = audit(db, now);
  const trials = codeTrials(db, now);
  const persons = people(db);
  const idsOf = personIds(db, persons);
  const rules = accessRules(db, { people: persons, trials, addAudit: log.add, now });
  const requests = pairings(db, { chats, rules, trials, addAudit: log.add, enqueue, now });
  const offered = offers(db, chats, now);
  const standing = standingReader(db, persons);
  const beside = ambientMessages(db, chats);
  const deciding = { chats, ambient: beside, offers: offered, pairings: requests, standingOf: standing, enqueue, now };
  const accept = acceptor(db, deciding);
  const pictures = blobs(db, now);
  const contexts = sessionContexts(db, now);
  const forking = forks(db, { chats, people: persons, blobs: pictures, contexts });
  const claim = claimer(db, { chats, forking, holder: randomUUID(), now });
  const joining = takingIn(db, now);
  const steps = runSteps(db, { chats, enqueue, blobs: pictures, contexts, joining, now });
  const consents = approvals(db, { chats, people: persons, offers: offered, enqueue, now });
  const recall = recaller(db);
  const used = usage(db, persons);
  const forget = forgetter(db, { chats, people: persons, blobs: pictures, contexts, addAudit: log.add, now });
  const exported = exporter(db, persons);
  const prune = pruner(db, pictures, contexts);
  const untidy = cleaning(db, pictures);
  const sending = outbox(db, chats, enqueue);
  const parking = parked(db, { chats, enqueue, addAudit: log.add, now });
  const marks = bookmarks(db);
  const secrets = vault(db, now);
  const queue = waiting(db, chats, beside);
  const views = overview(db);
  const shortened = compactions(db, now);
  const answerCommand = commandAnswerer({ chats, offers: offered, people: persons, enqueue, queue });
  const settingsAt = settingsReader(db);
  const setSettings = settingsWriter(db, log.add, now);
  const hasChanged = changedElsewhere(db);
  const trial = prober(db);
  const moveChat = chatMover(db, chats, now);
  const mergePerson = personMerger(db, { chats, people: persons, addAudit: log.add, now });
  const stop = stopper(db, { chats, enqueue, addAudit: log.add });
  const endSession = sessionEnder(db, log.add, now);
  const changeFor = changesForCommands(db);
  /** Commit a change that may be a command's. */
  const change = <T>(command: ForCommand | undefined, does: () => T, hasEffect: (result: T) => boolean): Promise<T> =>
    commit.run(() => changeFor(command, does, hasEffect));
  /** Make searchable what is not yet: of one session, or of all. */
  async function catchUp(sessionId?: number): Promise<void> {
    for (let taken = INDEXED_AT_ONCE; taken === INDEXED_AT_ONCE; ) {
      taken = await commit.run(() => recall.index(INDEXED_AT_ONCE, sessionId));
    }
  }
  let closed = false;
  let closing: Promise<void> = Promise.resolve();

  return guarded(faults, {
    accept: (message, accepting) => commit.run(() => accept(message, accepting)),
    edit: (message) => commit.run(() => queue.edit(message)),
    remove: (place, messageId, by) => commit.run(() => queue.remove(place, messageId, by)),
    dropHeld: (olderThan) => commit.run(() => queue.dropHeld(olderThan)),
    pendingCommands: async () => queue.pendingCommands(),
    command: async (seq) => queue.command(seq),

    claim: (lane, executing = new Set()) => commit.run(() => claim(lane, executing)),
    history: async (sessionId) => views.history(sessionId),
    journal: (lease, step) => commit.run(() => steps.journal(lease, step)),
    bookUsage: (lease, usage) => commit.run(() => steps.bookUsage(lease, usage)),
    following: async (lease) => joining.following(lease),
    takeIn: (lease, messages, added) => commit.run(() => steps.takeIn(lease, messages, added)),
    threadOpened: (lease, threadId) => commit.run(() => steps.threadOpened(lease, threadId)),
    draftBegun: (lease, draft) => commit.run(() => steps.draftBegun(lease, draft)),
    draftShown: (lease, messageId) => commit.run(() => steps.draftShown(lease, messageId)),
    end(lease, ending) {
      const ended = commit.run(() => steps.end(lease, ending));
      // In the same transaction; but what cannot be searched yet must not keep a run from ending.
      commit.run(() => recall.index(INDEXED_WITH_A_TURN)).catch(() => {});
      return ended;
    },
    park: (lease) => commit.run(() => steps.park(lease)),
    lanesWithWork: async () => queue.lanesWithWork(),
    stop: (order, command) => change(command, () => stop(order), hasStopped),
    stoppedRuns: async () => queue.stoppedRuns(),
    ambient: async (place, bounds) => beside.latest(place, bounds),
    approvals: async (runId) => consents.of(runId),
    askApproval: (lease, question) => commit.run(() => consents.ask(lease, question)),
    moveApproval: (lease, toolUseId, to) => commit.run(() => consents.move(lease, toolUseId, to)),
    answerApproval: (who, yes, command) =>
      change(
        command,
        () => consents.answer(who, yes, command),
        ({ kind }) => kind === "answered",
      ),
    async recall(sessionId, words, limit) {
      if (recall.isBehind(sessionId)) await catchUp(sessionId);
      return recall.find(sessionId, words, limit);
    },
    putBlob(bytes, mimeType) {
      const hash = hashOf(bytes);
      return commit.run(() => pictures.put(hash, bytes, mimeType));
    },
    blob: async (hash) => pictures.get(hash),

    context: async (sessionId) => shortened.context(sessionId),
    compact: (lease, compaction) => commit.run(() => shortened.compact(lease, compaction)),
    compactions: async (key) => shortened.compactions(key),
    compacted: async (id) => shortened.compacted(id),
    contextSize: async (key) => shortened.contextSize(key),

    chatsWithDeliveries: async () => sending.chatsWithDeliveries(),
    nextDelivery: async (chatRef) => sending.nextDelivery(chatRef),
    platformOf: async (chatRef) => chats.info(chatRef).platform,
    nextChunk: (chatRef) => commit.run(() => sending.nextChunk(chatRef)),
    chunkSent: (chunk, messageId) => commit.run(() => sending.chunkSent(chunk, messageId)),
    chunkUnsent: (chunk, code) => commit.run(() => sending.chunkUnsent(chunk, code)),
    chunkFailed: (chunk, failure) => commit.run(() => sending.chunkFailed(chunk, failure)),
    deliveryFailed: (chunk, failure, instead) => commit.run(() => sending.deliveryFailed(chunk, failure, instead)),
    deliverOutside: (chunk, notice) => commit.run(() => sending.deliverOutside(chunk, notice)),
    dropDraft: (chunk) => commit.run(() => sending.dropDraft(chunk)),
    deliveries: async (chatRef) => parking.list(chatRef),
    retryDeliveries: (choice, by) => commit.run(() => parking.retry(choice, by)),
    async dropDeliveries(choice, by) {
      const change = await commit.run(() => parking.drop(choice, by));
      if (change.done.length > 0) emptyLog(db);
      return change;
    },
    remark: (to, about, notice) => commit.run(() => sending.remark(to, about, notice)),
    answerCommand: (seq, deliveries, offer) => commit.run(() => answerCommand(seq, deliveries, offer)),
    offer: async (chatRef, userId, threadId) => offered.at({ chatRef, userId, threadId: threadId ?? null }),

    bookmarks: async (account) => marks.read(account),
    setBookmarks: (account, entries) => commit.run(() => marks.write(account, entries)),

    vault: async (account, kind, ids) => secrets.read(account, kind, ids),
    setVault: (account, entries) => commit.run(() => secrets.write(account, entries)),
    dropExpired: () =>
      commit.run(() => {
        for (const each of [requests, offered, trials]) each.dropExpired();
        return secrets.dropExpired();
      }),

    standing: async (place, userIds) => standing(place, userIds),
    accessEntries: async () => rules.entries(),
    knowsUser: async (account, userId) => persons.hasWritten(account, userId),
    idsOf: async (account, userId) => idsOf(account, userId),
    setAccess: (subject, rule, by, command) =>
      change(
        command,
        () => rules.set(subject, rule, by),
        ({ refused }) => refused === undefined,
      ),
    pairings: async () => requests.all(),
    approve: (code, by, notice, whole, command) =>
      change(command, () => requests.approve(code, by, notice, whole), isApproved),
    dismiss: (code, by, command) => change(command, () => requests.dismiss(code, by), isApproved),
    async setClaim(hash, instead, by, command) {
      await change(command, () => rules.setClaim(hash, instead, by), Boolean);
    },
    claimOwner: (hash, user, command) =>
      change(
        command,
        () => rules.claimOwner(hash, user),
        ({ kind }) => kind === "claimed",
      ),

    audit: async (filter) => log.read(filter),
    addAudit: (entry) => commit.run(() => log.add(entry)),

    chats: async () => views.chats(),
    sessions: async ({ chatRef } = {}) => views.sessions(chatRef),
    setting: async (place, name) => views.setting(place, name),
    settingsAt: async (places) => settingsAt(places),
    async setSettings(place, values, by, command) {
      await change(command, () => setSettings(place, values, by), Boolean);
    },
    recentAuthors: async (chatRef, limit) => persons.recentAuthors(chatRef, limit),
    forkOf: async (key) => forking.of(key),
    endSession: (key, before, origin, command) => change(command, () => endSession(key, before, origin), Boolean),
    lane: async (lane) => queue.lane(lane),
    lanes: async (chatRef) => queue.lanes(chatRef),
    participants: async (sessionId) => views.participants(sessionId),
    samePerson: (account, from, to) => commit.run(() => mergePerson(account, from, to)),
    moveChat: (from, toChatId) => commit.run(() => moveChat(from, toChatId)),
    counts: async () => views.counts(),

    spent: async (who, since, except) => used.spent(who, since, except),
    usageByUser: async (filter) => used.byUser(filter),

    async forget(order, command) {
      const work = await change(
        command,
        () => forget(order),
        () => true,
      );
      emptyLog(db);
      return work;
    },
    exported: async (query) => exported(query),
    async prune(before, summedUpBefore) {
      const turns = await pruneAll((mark) => commit.run(() => prune(before, mark, summedUpBefore)));
      emptyLog(db);
      return turns;
    },

    async cleanUp(at, ambientMs) {
      const rows = await cleanUpAll(untidy, (batch) => commit.run(batch), at, ambientMs);
      await catchUp();
      return rows;
    },

    async probe() {
      trial.place();
      trial.room();
      await commit.run(() => trial.page());
    },
    changedElsewhere: () => !closed && hasChanged(),

    close() {
      if (closed) return closing;
      closed = true;
      closing = commit.close().then(() => {
        db.close();
        released();
      });
      return closing;
    },
  });
}

function isApproved({ kind }: Approval): boolean {
  return kind === "approved";
}

function hasStopped({ dropped, runIds }: StoppedWork): boolean {
  return dropped + runIds.length > 0;
}
