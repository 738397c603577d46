import { expect } from "vitest";
import type { FakeRequest } from "../fakes/anthropic/request.ts";

const MARK = /mark-[a-z]+-\d+/g;
const QUOTE = /<quoted [^>]*>.*?<\/quoted>/gs;

/**
 * Which conversation each text belongs to, kept beside the gateway by whoever knows who wrote it where: every text carries
 * a mark, and what the model is shown is held against the book. What somebody quotes is that person's to show, so quotes
 * say nothing.
 */
export class SessionBook {
  readonly #sessionOf = new Map<string, string>();
  readonly #retired = new Set<string>();
  readonly #copied = new Map<string, Set<string>>();
  readonly #ended = new Map<string, number>();
  #count = 0;

  /** A new text of a conversation. @param session any name that no other conversation has */
  write(who: string, session: string): string {
    this.#count += 1;
    const mark = `mark-${who.toLowerCase()}-${this.#count}`;
    this.#sessionOf.set(mark, this.#present(session));
    return mark;
  }

  /** Its text must never be in a request: it is not for the bot, or was stopped before it was begun. */
  retire(mark: string): void {
    this.#retired.add(mark);
  }

  /** The conversation is begun anew: what was said in it is gone. */
  end(session: string): void {
    this.#ended.set(session, (this.#ended.get(session) ?? 0) + 1);
  }

  /** A conversation begins with what another one held until then. */
  copy(from: string, into: string, until: ReadonlySet<string>): void {
    const own = this.marksOf(from).filter((mark) => until.has(mark));
    this.#copied.set(this.#present(into), new Set(own));
  }

  /** Everything that is to be answered. */
  get expected(): string[] {
    return [...this.#sessionOf.keys()].filter((mark) => !this.#retired.has(mark));
  }

  marksOf(session: string): string[] {
    return this.expected.filter((mark) => this.#sessionOf.get(mark) === this.#present(session));
  }

  #present(session: string): string {
    return `${session} / ${this.#ended.get(session) ?? 0}`;
  }

  /**
   * Each text was put to the model in its own conversation and in no other, with all that had been said there before.
   *
   * @param again true where a crash may have made a request come twice
   */
  check(requests: readonly FakeRequest[], { again = false } = {}): void {
    const put: string[] = [];
    const said = new Map<string, Set<string>>();
    for (const request of requests) {
      const { index } = request;
      const own = ownMarks(request);
      const all = new Set(marksIn(JSON.stringify([request.body.system, request.body.messages]).replaceAll(QUOTE, "")));
      const [session, ...others] = new Set(own.map((mark) => this.#sessionOf.get(mark)));
      expect(others, `request ${index} mixes conversations: ${own}`).toEqual([]);
      if (session === undefined) throw new Error(`request ${index} holds no text that is known: ${own}`);
      const copied = this.#copied.get(session) ?? new Set<string>();
      const foreign = [...all].filter((mark) => this.#sessionOf.get(mark) !== session && !copied.has(mark));
      expect(foreign, `request ${index} for ${own} in ${session} shows what was said elsewhere`).toEqual([]);
      const before = said.get(session) ?? new Set<string>(copied);
      const missing = [...before].filter((mark) => !all.has(mark));
      expect(missing, `request ${index} for ${own} in ${session} has forgotten`).toEqual([]);
      for (const mark of own) before.add(mark);
      said.set(session, before);
      put.push(...own);
    }
    const once = again ? [...new Set(put)] : put;
    expect(once.toSorted()).toEqual(this.expected.toSorted());
  }
}

/** The marks of the turn that is to be answered. */
export function ownMarks({ body }: Pick<FakeRequest, "body">): string[] {
  const last = body.messages.findLastIndex(({ role }) => role === "assistant");
  return marksIn(JSON.stringify(body.messages.slice(last + 1)).replaceAll(QUOTE, ""));
}

export function marksIn(text: string): string[] {
  return [...new Set(text.match(MARK))];
}
