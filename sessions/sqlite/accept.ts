import type { CommandCall, InboundMessage } from "../../adapters/record.ts";
import type { Accepted, AcceptOptions, Decision, Facts, Notice, RoutedPlan } from "../inbox.ts";
import { placesOf } from "../places.ts";
import { acceptQueries, type Open, type Waiting } from "./accept-queries.ts";
import type { StandingOf } from "./access.ts";
import { type Ambient, wordsOf } from "./ambient.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import type { Offers } from "./offers.ts";
import type { Pairings } from "./pairing.ts";
import { payloadOf, planColumn } from "./rows.ts";
import { settingsReader } from "./settings.ts";
import { planIn } from "./stored-json.ts";

type Accept = (message: InboundMessage, options: AcceptOptions) => Accepted;

/** Parts that may join a turn although their author is at the limit: an album has ten at most. */
const MOST_PARTS = 10;

/** Messages that come too late come in heaps: after this long it is another one. */
const TELL_STALE_AGAIN_MS = 60 * 60 * 1000;

/** Which of up to 99 offered commands is picked. */
const BARE_NUMBER = /^\s*\d{1,2}\s*$/;

const DUPLICATE: Accepted = { kind: "duplicate" };
const AMBIENT: Accepted = { kind: "ambient" };
const NOTHING: Open = { waiting: 0, commands: 0, last: null };

/**
 * Decide on a message and insert its row; runs inside a transaction.
 *
 * A burst is what one turn will hold: consecutive messages of one author in one place under one plan. It is fixed on
 * arrival: where somebody else has written in between, or the author is being answered, a new burst begins. Later parts
 * of an album, and the rest of a text that the platform cut, go into the burst of the first part whatever they would
 * have been alone.
 */
export function acceptor(
  db: Db,
  {
    chats,
    ambient,
    offers,
    pairings,
    standingOf,
    enqueue,
    now,
  }: {
    chats: ChatRefs;
    ambient: Ambient;
    offers: Offers;
    pairings: Pairings;
    standingOf: StandingOf;
    enqueue: Enqueue;
    now: () => number;
  },
): Accept {
  const settings = settingsReader(db);
  const queries = acceptQueries(db);

  return (message, { decide, overLimit, maxWaiting }) => {
    const { source } = message;
    const known = chats.known(source);
    const threadId = source.thread?.kind === "native" ? source.thread.id : null;
    const mine = (known === undefined ? undefined : queries.open.get(known.ref, source.user.id)) ?? NOTHING;
    const sibling = known === undefined ? undefined : joinedTurn(known.ref);
    const decision = decide(facts(sibling?.state === "waiting"));
    if (decision.kind === "ignore") return { kind: "ignored" };
    if (decision.kind === "ambient" && wordsOf(message) === "") return { kind: "ignored" };

    // What is not for the bot leaves no trace: from here on something is written.
    const chatRef = chats.of(source, known);
    if (decision.kind === "ambient") return ambient.add(chatRef, threadId, message, now()) ? AMBIENT : DUPLICATE;
    if (decision.kind === "deny") return deny(decision.notice);
    if (decision.kind === "pair") return pair(decision);
    if (decision.kind === "stale") return stale(decision.notice);
    if (decision.kind === "command") return command(decision);
    if (decision.kind === "hold") {
      return write({ state: "held", decision }) === null ? DUPLICATE : { kind: "held" };
    }
    return sibling?.state === "waiting" ? join(sibling, decision) : begin(decision);

    function joinedTurn(chat: number): Waiting | undefined {
      if (message.command !== undefined || mine.last === null) return undefined;
      return message.albumId === undefined
        ? queries.longText.get(mine.last, threadId, now())
        : queries.albumPart.get(chat, source.user.id, message.albumId);
    }

    function facts(joins: boolean): Facts {
      const movedTo = known?.movedTo;
      const chatId = movedTo ?? source.chat.id;
      const { guildId } = source.chat;
      const levels = settings(placesOf({ ...source, id: chatId, guildId }, threadId ?? undefined));
      // A native thread says itself where a message belongs; a reply does so where there is none.
      const link =
        known === undefined
          ? undefined
          : threadId !== null
            ? threadLink(known.ref, threadId)
            : message.replyTo && queries.root.get(known.ref, "message", message.replyTo.messageId);
      const { platform, account, chat, user } = source;
      const names = user.aliases === undefined ? [user.id] : [user.id, ...user.aliases];
      const standing = standingOf({ platform, account, chatId, guildId: chat.guildId }, names);
      const rootSession = link?.session ?? undefined;
      return { settings: levels, root: link?.root, rootSession, joins, movedTo, standing, offered: offered() };
    }

    /** What a bare number may pick. */
    function offered(): readonly string[] | undefined {
      if (known === undefined || message.command !== undefined || !BARE_NUMBER.test(message.text)) return undefined;
      const offer = offers.at({ chatRef: known.ref, userId: source.user.id, threadId });
      return offer?.numbered ? offer.commands : undefined;
    }

    /** The conversation has gone on: a number that is written later need not be about what was offered before. */
    function voidOffer(): void {
      offers.voidNumbered({ chatRef, userId: source.user.id, threadId });
    }

    /** A thread that somebody opened from a message has that message's id: it belongs where the message does. */
    function threadLink(chat: number, thread: string) {
      const opened = queries.root.get(chat, "thread", thread);
      if (opened !== undefined) return opened;
      const from = queries.root.get(chat, "message", thread);
      return from && { root: from.root, session: queries.sessionOf.get(chat, from.root)?.session ?? null };
    }

    function command(decision: Decision & { kind: "command" }): Accepted {
      const unanswered = mine.commands + (queries.unsentTo.get(chatRef, source.user.id)?.n ?? 0);
      if (unanswered >= maxWaiting) return refuse(false);
      const seq = write({ state: "waiting", decision, isCommand: true });
      return seq === null ? DUPLICATE : { kind: "command", seq };
    }

    function begin(decision: Decision & { kind: "turn" }): Accepted {
      if (mine.waiting >= maxWaiting) return refuse(true);
      const { plan } = decision;
      const readyAt = now() + decision.readyAfterMs;
      const continued = continuedBurst(plan);
      const seq = write({ state: "waiting", decision, burst: continued });
      if (seq === null) return DUPLICATE;
      voidOffer();
      const burst = continued ?? seq;
      if (message.albumId !== undefined) {
        const { session, lane } = plan;
        queries.release.run(session, lane, planColumn(plan), burst, readyAt, chatRef, source.user.id, message.albumId);
      }
      if (plan.root !== undefined) queries.linkBurst.run(plan.root, plan.lane, burst);
      // It opens its thread (a forum's post), which is then the conversation's own.
      if (threadId === source.messageId) queries.linkThread.run(chatRef, threadId, threadId, plan.session);
      return { kind: "turn", seq, lane: plan.lane, chatRef, readyAt };
    }

    /** The burst that the message goes on with; null if it begins one, which is then named by its own number. */
    function continuedBurst(plan: RoutedPlan): number | null {
      // What has an answer of its own is answered by itself.
      if (mine.waiting === 0 || source.user.id === "" || message.replyToken !== undefined) return null;
      const before = queries.lastInLane.get(plan.lane);
      const continues =
        before?.state === "waiting" &&
        before.user_id === source.user.id &&
        before.thread_id === threadId &&
        before.session === plan.session &&
        before.undisturbed === 1 &&
        before.reply_token === null &&
        samePlan(before.plan, planColumn(plan));
      return continues ? before.burst : null;
    }

    function join(sibling: Waiting, decision: Decision & { kind: "turn" }): Accepted {
      if (mine.waiting >= maxWaiting + MOST_PARTS) return refuse(true);
      const readyAt = now() + decision.readyAfterMs;
      const seq = write({ state: "waiting", decision, like: sibling });
      if (seq === null) return DUPLICATE;
      voidOffer();
      queries.grow.run(readyAt, sibling.lane, sibling.burst);
      const { root } = planIn(sibling.plan);
      if (root !== undefined) queries.linkBurst.run(root, sibling.lane, sibling.burst);
      return { kind: "turn", seq, lane: sibling.lane, chatRef, readyAt };
    }

    function refuse(tell: boolean): Accepted {
      const refused = queries.lastRefused.get(chatRef, source.user.id)?.seq ?? 0;
      const told = refused > (mine.last ?? 0);
      if (write({ state: "refused", failure: "over-limit", content: false }) === null) return DUPLICATE;
      if (!told && tell) enqueue(chatRef, reply(overLimit));
      return { kind: "over-limit", told: !told && tell, chatRef };
    }

    // One row stands for all that a chat without access ever says: strangers cannot fill the disk.
    function deny(notice: Notice | undefined): Accepted {
      if (notice === undefined || queries.denied.get(chatRef) !== undefined) {
        return { kind: "denied", told: false, chatRef };
      }
      if (write({ state: "refused", failure: "denied", content: false }) === null) return DUPLICATE;
      enqueue(chatRef, reply(notice));
      return { kind: "denied", told: true, chatRef };
    }

    /** Ask for access, once while a request of the chat lives: whoever says more meanwhile has been told. */
    function pair({ code, notice, full }: Decision & { kind: "pair" }): Accepted {
      const { platform, account, chat, user } = source;
      const untold: Accepted = { kind: "denied", told: false, chatRef };
      const kind = chat.kind === "dm" ? "user" : "chat";
      const subject = kind === "user" ? user.id : (known?.movedTo ?? chat.id);
      if (subject === "") return untold;
      const asking = { account: { platform, account }, kind, subject } as const;
      const room = pairings.room(asking, code);
      if (room === "waits" || (room === "full" && queries.toldOfFull.run(chatRef).changes === 0)) return untold;
      if (room === "free") {
        if (write({ state: "refused", failure: "pairing", content: false }) === null) return DUPLICATE;
        pairings.ask(asking, { code, chatRef, threadId, user });
      }
      enqueue(chatRef, reply(room === "free" ? notice : full));
      return { kind: "denied", told: true, chatRef };
    }

    /** Of all that came too late together, the first is told so. */
    function stale(notice: Notice): Accepted {
      const last = queries.lastStale.get(chatRef, source.user.id)?.received_at ?? Number.NEGATIVE_INFINITY;
      if (write({ state: "refused", failure: "stale", content: false }) === null) return DUPLICATE;
      // A clock that was put back silences nobody for longer.
      const told = Math.abs(now() - last) < TELL_STALE_AGAIN_MS;
      if (!told) enqueue(chatRef, reply(notice));
      return { kind: "stale", told: !told, chatRef };
    }

    function reply({ chunks }: Notice) {
      const { messageId, user } = source;
      const { replyToken } = message;
      return { threadId: threadId ?? undefined, replyTo: messageId, forUserId: user.id, replyToken, chunks };
    }

    /** @returns the row's number, or null if the message is there already */
    function write(row: {
      state: string;
      decision?: Extract<Decision, { plan: unknown }>;
      like?: Waiting;
      burst?: number | null;
      isCommand?: boolean;
      failure?: string;
      content?: boolean;
    }): number | null {
      const { decision, like } = row;
      const call = decision?.kind === "command" ? decision.call : undefined;
      const at = now();
      const { changes, lastInsertRowid } = queries.insert.run({
        chat_id: chatRef,
        message_id: source.messageId,
        thread_id: threadId,
        user_id: source.user.id,
        user_name: source.user.name,
        is_command: row.isCommand ? 1 : 0,
        state: row.state,
        session: like?.session ?? decision?.plan.session ?? null,
        // A command waits for nobody: it stands in no lane.
        lane: row.isCommand ? null : (like?.lane ?? decision?.plan.lane ?? null),
        plan: like?.plan ?? (decision === undefined ? null : planColumn(decision.plan)),
        payload: row.content === false ? "{}" : payloadOf(picked(message, call)),
        album: message.albumId ?? null,
        continues: message.mayContinue ? 1 : 0,
        burst: like?.burst ?? row.burst ?? null,
        ready_at: decision !== undefined && "readyAfterMs" in decision ? at + decision.readyAfterMs : at,
        sent_at: source.sentAt,
        received_at: at,
        failure: row.failure ?? null,
      });
      return changes === 0 ? null : Number(lastInsertRowid);
    }
  };
}

/** The message as the command that its author picked with it. */
function picked(message: InboundMessage, call: CommandCall | undefined): InboundMessage {
  return call === undefined ? message : { ...message, command: call };
}

/** Plans that differ only in the message they quote are one plan. */
function samePlan(left: string, right: string): boolean {
  const strip = (plan: string) => ({ ...planIn(plan), replyTo: undefined });
  return left === right || JSON.stringify(strip(left)) === JSON.stringify(strip(right));
}
