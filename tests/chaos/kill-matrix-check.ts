import { expect } from "vitest";

/** What of a kill can be seen afterwards, from outside. */
export interface Aftermath {
  /** The step that the model was at: it is asked again. */
  again?: string;
  /**
   * A message was on its way: it is sent again, and that is counted. With `taken`, the platform had it already; `maybe`,
   * where an earlier answer may still be being sent.
   */
  sending?: "not taken" | "taken" | "maybe";
  /** What happens at the point is a matter of luck: at most one of the above. */
  any?: boolean;
}

export interface Wanted {
  /** All that is to be said, in order and complete. */
  answers: ReadonlyArray<string | RegExp>;
  /** What the model is to be asked, once each. */
  asks: readonly string[];
  aftermath: Aftermath;
  /** Whether a message that is sent twice stands once. */
  hasKeys: boolean;
}

export interface Found {
  said: readonly string[];
  asked: readonly string[];
  /** Messages of which the program says that they may have been sent twice. */
  counted: number;
}

/** @throws if anything is missing, in another order, there twice, not counted, or was done again for nothing */
export function check({ said, asked, counted }: Found, { answers, asks, aftermath, hasKeys }: Wanted): void {
  const { any = false, again, sending } = aftermath;
  const texts = said.map(squeezed);
  const once = texts.filter((text, index) => text !== texts[index - 1]);
  expect(once, "what the bot has said").toEqual(
    answers.map((each) => (typeof each === "string" ? squeezed(each) : expect.stringMatching(each))),
  );
  const more = [...asked];
  for (const step of asks) {
    expect(more, "what the model was asked").toContain(step);
    more.splice(more.indexOf(step), 1);
  }
  const twice = texts.length - once.length;
  if (any || sending === "maybe") {
    expect(counted, "counted as possibly sent twice").toBeLessThanOrEqual(1);
    expect(twice, "standing twice").toBeLessThanOrEqual(hasKeys ? 0 : counted);
  } else {
    expect(counted, "counted as possibly sent twice").toBe(sending === undefined ? 0 : 1);
    expect(twice, "standing twice").toBe(sending === "taken" && !hasKeys ? 1 : 0);
  }
  if (any) expect(more.length, `asked again: ${more.join(", ")}`).toBeLessThanOrEqual(1);
  else expect(more, "asked again").toEqual(again === undefined ? [] : [again]);
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
