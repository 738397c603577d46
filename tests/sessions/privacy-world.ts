import fc from "fast-check";
import type { Fork, RoutedPlan } from "../../sessions/inbox.ts";
import type { Run } from "../../sessions/runs.ts";
import type { Store } from "../../sessions/store.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { message, planOf, routing } from "./messages.ts";

export const PEOPLE = ["alice", "bob", "carol"] as const;
// The first of them more often: something is to come together there.
const ROOMS = ["-100", "-100", "-200"] as const;
const WAYS = ["shared", "shared", "per-user", "per-user", "per-thread", "dm", "private"] as const;
export const account = { platform: "telegram", account: "default" } as const;

type Who = (typeof PEOPLE)[number];
type Way = (typeof WAYS)[number];

/** Something that happens among a few people in a few rooms. */
export type Event =
  | { kind: "turn"; who: Who; room: string; way: Way; tools: number; ends: "done" | "failed" | "stopped" }
  | { kind: "new"; who: Who; room: string; way: Way }
  | { kind: "fork"; room: string }
  | { kind: "time"; ms: number };

const place = { who: fc.constantFrom(...PEOPLE), room: fc.constantFrom(...ROOMS), way: fc.constantFrom(...WAYS) };

export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("turn" as const),
        ...place,
        tools: fc.constantFrom(0, 0, 1, 3),
        ends: fc.constantFrom("done" as const, "done" as const, "done" as const, "failed" as const, "stopped" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("new" as const), ...place }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("fork" as const), room: place.room }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 1_000 }) }) },
  ),
  { minLength: 1, maxLength: 40, size: "max" },
);

/** What was said and where, beside the store that was told all of it. */
export class World {
  readonly store: Store;
  readonly clock: { now: number };
  /** By number: every session that anything was written into. */
  readonly sessions = new Map<number, { key: string; room: string; turns: Array<{ who: string; said: string }> }>();
  readonly rooms = new Map<string, number>();
  readonly #forks = new Map<string, Fork>();
  #said = 0;

  constructor(store: Store, clock: { now: number }) {
    this.store = store;
    this.clock = clock;
  }

  async live(script: readonly Event[]): Promise<void> {
    for (const event of script) {
      if (event.kind === "time") this.clock.now += event.ms;
      else if (event.kind === "turn") await this.#turn(event);
      else if (event.kind === "new") await this.store.endSession(this.#plan(event, "").plan.session, 1_000_000);
      else await this.#fork(event.room);
    }
  }

  async #fork(room: string): Promise<void> {
    const taken = await this.store.forkOf(this.#plan({ who: "alice", room, way: "shared" }, "").plan.session);
    if (taken !== null) this.#forks.set(room, taken);
  }

  #plan({ who, room, way }: { who: string; room: string; way: Way }, said: string) {
    const chat = way === "dm" ? { id: `dm-${who}`, kind: "dm" as const } : { id: room, kind: "group" as const };
    const inbound = message(who, said, { source: { chat }, ...(way === "private" && { private: true }) });
    const strategy = way === "dm" || way === "private" ? "per-user" : way;
    const fork = way === "per-user" ? this.#forks.get(room) : undefined;
    const plan: RoutedPlan = { ...planOf(inbound, strategy), ...(fork === undefined ? {} : { fork }) };
    return { inbound, plan };
  }

  /** Every text of a turn and of the answer to it names its author and where it was said. */
  async #turn(event: Event & { kind: "turn" }): Promise<void> {
    const { who, room, way, tools, ends } = event;
    const said = `${who}/${way}/${this.#said++}`;
    const { inbound, plan } = this.#plan(event, said);
    const accepted = await this.store.accept(inbound, {
      ...routing(inbound),
      ...(way === "private" ? {} : { decide: () => ({ kind: "turn", plan, readyAfterMs: 0 }) }),
    });
    if (accepted.kind !== "turn") throw new Error(`a message became ${accepted.kind}`);
    const claimed = await this.store.claim(accepted.lane);
    if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
    const { run } = claimed;
    for (const step of this.#steps(run, said, tools)) {
      await this.store.journal(run, { message: step });
      this.clock.now += 1;
    }
    const closing: TranscriptMessage = {
      role: "assistant",
      content: [{ type: "text", text: `${said} was not answered` }],
    };
    await this.store.end(run, {
      outcome: ends,
      deliveries: [{ to: run.to, chunks: [{ text: said, plain: said }], forUserId: who }],
      ...(ends === "done" ? {} : { closing }),
    });
    const chat = way === "dm" ? `dm-${who}` : room;
    this.rooms.set(chat, run.chat.ref);
    const session = this.sessions.get(run.sessionId) ?? { key: run.plan.session, room: chat, turns: [] };
    session.turns.push({ who, said });
    this.sessions.set(run.sessionId, session);
  }

  #steps({ author, runId }: Run, said: string, tools: number): TranscriptMessage[] {
    const steps: TranscriptMessage[] = [{ role: "user", content: [{ type: "text", text: said }], author }];
    for (let n = 0; n < tools; n++) {
      const id = `${runId}-${n}`;
      steps.push({
        role: "assistant",
        content: [
          { type: "text", text: `${said} needs a tool` },
          { type: "tool-use", id, name: "look", input: {} },
        ],
      });
      steps.push({ role: "user", content: [{ type: "tool-result", toolUseId: id, text: said, isError: false }] });
    }
    steps.push({ role: "assistant", content: [{ type: "text", text: `${said} is answered` }] });
    return steps;
  }

  /** What every session holds now. */
  async histories(): Promise<Map<number, TranscriptMessage[]>> {
    const all = new Map<number, TranscriptMessage[]>();
    for (const id of this.sessions.keys()) all.set(id, await this.store.history(id));
    return all;
  }
}

/** Everything that is written anywhere in these messages. */
export function textsOf(messages: readonly TranscriptMessage[]): string[] {
  return messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === "text" || block.type === "tool-result" ? [block.text] : [])),
  );
}
