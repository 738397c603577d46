import fc from "fast-check";
import type { Fork, RoutedPlan } from "../../sessions/inbox.ts";
import type { Run } from "../../sessions/runs.ts";
import type { Db } from "../../sessions/sqlite/database.ts";
import { beginsTurn } from "../../sessions/sqlite/turn-starts.ts";
import type { Store } from "../../sessions/store.ts";
import type { Block, TranscriptMessage } from "../../sessions/transcript.ts";
import { given } from "./contract/compacting.ts";
import { message, planOf, routing } from "./messages.ts";

const PEOPLE = ["alice", "bob", "carol"] as const;
const account = { platform: "telegram", account: "default" } as const;
const FAR = 1_000_000;

interface Where {
  who: (typeof PEOPLE)[number];
  room: "-100" | "-200";
  way: "shared" | "per-user" | "dm";
}

/** What takes something away from conversations, or joins them. */
type Change =
  | { kind: "none" }
  | { kind: "prune"; share: number }
  | { kind: "forget"; where: Where; late: boolean }
  | { kind: "merge"; from: Where["who"]; to: Where["who"] }
  | { kind: "move" };

/** Something that happens among a few people, who write in turn while conversations are summed up and erased. */
export type Event =
  | {
      kind: "turn";
      where: Where;
      tools: number;
      cleared: number;
      ends: "done" | "failed" | "unsaid";
      meanwhile: Change;
    }
  | { kind: "sum-up"; where: Where; cut: number; words: boolean; meanwhile: Change }
  | { kind: "new"; where: Where }
  | { kind: "fork"; room: Where["room"] }
  | { kind: "time" }
  | Change;

const where: fc.Arbitrary<Where> = fc.record({
  who: fc.constantFrom(...PEOPLE),
  room: fc.constantFrom("-100", "-100", "-100", "-200"),
  way: fc.constantFrom("shared", "shared", "shared", "per-user", "dm"),
});
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("prune" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("forget" as const), where, late: fc.boolean() }),
  fc.record({
    kind: fc.constant("merge" as const),
    from: fc.constantFrom(...PEOPLE),
    to: fc.constantFrom(...PEOPLE),
  }),
  fc.constant({ kind: "move" as const }),
);
const none = fc.constant<Change>({ kind: "none" });
const meanwhile = fc.oneof({ weight: 2, arbitrary: none }, { weight: 1, arbitrary: change });

export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("turn" as const),
        where,
        tools: fc.constantFrom(0, 0, 1, 2),
        cleared: fc.constantFrom(0, 0, 1, 3, 9),
        ends: fc.constantFrom("done" as const, "done" as const, "failed" as const, "unsaid" as const),
        meanwhile,
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("sum-up" as const),
        where,
        cut: fc.double({ min: 0, max: 1, noNaN: true }),
        words: fc.constantFrom(true, true, true, false),
        meanwhile,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("new" as const), where }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("fork" as const), room: fc.constant("-100" as const) }) },
    { weight: 2, arbitrary: fc.constant({ kind: "time" as const }) },
    { weight: 1, arbitrary: change },
  ),
  { minLength: 1, maxLength: 40, size: "max" },
);

/** A store that is told all of it. A summary holds every word that it stands for, so that one that lives too long is seen. */
export class ContextWorld {
  readonly store: Store;
  readonly db: Db;
  readonly clock: { now: number };
  /** How often something was summed up. */
  summedUp = 0;
  readonly #began: number;
  readonly #ids = new Map<string, string>(PEOPLE.map((who) => [who, who]));
  readonly #rooms = new Map<string, string>();
  #fork: Fork | undefined;
  #said = 0;

  constructor(store: Store, db: Db, clock: { now: number }) {
    this.store = store;
    this.db = db;
    this.clock = clock;
    this.#began = clock.now;
  }

  async play(event: Event): Promise<void> {
    switch (event.kind) {
      case "turn":
        return await this.#turn(event);
      case "sum-up":
        return await this.#sumUp(event);
      case "new":
        await this.store.endSession(this.#heard(event.where, "").plan.session, FAR);
        return;
      case "fork":
        this.#fork =
          (await this.store.forkOf(this.#heard({ ...event, who: "bob", way: "shared" }, "").plan.session)) ?? undefined;
        return;
      case "time":
        this.clock.now += 100;
        return;
      default:
        return await this.#change(event);
    }
  }

  async #change(change: Change): Promise<void> {
    if (change.kind === "prune") {
      await this.store.prune(this.#began + Math.ceil((this.clock.now - this.#began) * change.share));
    } else if (change.kind === "forget") {
      const { who, room, way } = change.where;
      const id = this.#ids.get(who) ?? who;
      const chat = way === "dm" ? id : (this.#rooms.get(room) ?? room);
      const ref = (await this.store.chats()).find((each) => each.id === chat)?.ref;
      // An order of a while ago leaves what was said since then.
      const last = this.db.prepare<[], number>("SELECT coalesce(max(seq), 0) FROM inbox").pluck().get() ?? 0;
      const before = change.late ? Math.max(1, last - 2) : FAR;
      if (ref !== undefined) await this.store.forget({ chatRef: ref, userId: id, before, by: `telegram:${id}` });
    } else if (change.kind === "merge") {
      const [from, to] = [change.from, change.to].map((who) => this.#ids.get(who) ?? who);
      if (from === undefined || to === undefined || from === to) return;
      await this.store.samePerson(account, from, to);
      for (const [who, id] of this.#ids) if (id === from) this.#ids.set(who, to);
    } else if (change.kind === "move") {
      this.#rooms.set("-200", "-100");
      await this.store.moveChat({ ...account, chatId: "-200" }, "-100");
    }
  }

  #heard({ who, room, way }: Where, said: string) {
    const id = this.#ids.get(who) ?? who;
    const group = { id: this.#rooms.get(room) ?? room, kind: "group" as const };
    const inbound = message(id, said, { source: { chat: way === "dm" ? { id, kind: "dm" } : group } });
    const fork = way === "per-user" && group.id === "-100" ? this.#fork : undefined;
    const plan: RoutedPlan = { ...planOf(inbound, way === "dm" ? "per-user" : way), ...(fork && { fork }) };
    return { inbound, plan };
  }

  async #begin(where: Where, said: string): Promise<Run> {
    const { inbound, plan } = this.#heard(where, said);
    const accepted = await this.store.accept(inbound, {
      ...routing(inbound),
      decide: () => ({ kind: "turn", plan, readyAfterMs: 0 }),
    });
    if (accepted.kind !== "turn") throw new Error(`a message became ${accepted.kind}`);
    const claimed = await this.store.claim(accepted.lane);
    if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
    return claimed.run;
  }

  async #turn({ where, tools, cleared, ends, meanwhile }: Event & { kind: "turn" }): Promise<void> {
    const said = `<${this.#said++}>`;
    const run = await this.#begin(where, said);
    const usage = { model: "m", inputTokens: 7, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    for (const step of steps(run, said, tools)) {
      await this.store.journal(run, { message: step, ...(step.role === "assistant" && { usage }) });
      this.clock.now += 1;
    }
    await this.#change(meanwhile);
    const closing: TranscriptMessage = { role: "assistant", content: [text(`${said} failed`)] };
    await this.store.end(run, {
      outcome: ends === "failed" ? "failed" : "done",
      deliveries: [],
      cleared,
      ...(ends === "failed" && { closing }),
      ...(ends === "unsaid" && { forget: "always" }),
    });
  }

  async #sumUp({ where, cut, words, meanwhile }: Event & { kind: "sum-up" }): Promise<void> {
    const run = await this.#begin(where, "/compact");
    const context = await this.store.context(run.sessionId);
    const { messages, compaction } = context;
    const ends = messages.flatMap(({ seq }, index) => {
      const next = messages[index + 1];
      return next === undefined || beginsTurn(next) ? [seq] : [];
    });
    const upTo = ends[Math.floor(cut * (ends.length - 1))];
    await this.#change(meanwhile);
    if (upTo !== undefined) {
      const head = { ...context, messages: messages.filter(({ seq }) => seq <= upTo) };
      const written = await this.store.compact(run, {
        ...(words ? { upTo, summary: given(head).join(" "), method: "model" } : { method: "cleared" }),
        clearedTo: Math.max(upTo, compaction?.clearedTo ?? 0),
        tokensBefore: 9,
        tokensAfter: 3,
      });
      if (written) this.summedUp += 1;
    }
    await this.store.end(run, { outcome: "done", deliveries: [], forget: "always" });
  }
}

function steps({ author, runId }: Run, said: string, tools: number): TranscriptMessage[] {
  const calls = Array.from({ length: tools }, (_, n): TranscriptMessage[] => {
    const id = `${runId}-${n}`;
    return [
      { role: "assistant", content: [{ type: "tool-use", id, name: "look", input: {} }] },
      { role: "user", content: [{ type: "tool-result", toolUseId: id, text: said, isError: false }] },
    ];
  });
  const answer: TranscriptMessage = { role: "assistant", content: [text(`${said} is answered`)] };
  return [{ role: "user", content: [text(said)], author }, ...calls.flat(), answer];
}

function text(said: string): Block {
  return { type: "text", text: said };
}

/** Which turns these words are about. */
export function turnsIn(words: string): string[] {
  return [...new Set(words.match(/<\d+>/g))].toSorted();
}
