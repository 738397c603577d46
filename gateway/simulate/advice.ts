import { count } from "../words.ts";
import type { Prices } from "./prices.ts";
import type { Conversation } from "./questions.ts";
import { dollars, seconds } from "./shown.ts";
import type { Tally } from "./tally.ts";

/** From this share of questions on that take up what others said, a conversation that people share is of use. */
const REFERS = 0.2;
/** Whoever waits so much longer, and at least so long, is better served by themselves. */
const MUCH_LONGER = 3;
const LONG_MS = 60_000;
/** What costs this much less is worth another way of talking. */
const MUCH_CHEAPER = 0.7;
/** Fewer say nothing about how people talk. */
const FEW_QUESTIONS = 20;
/** If more of the questions than this have no answer, what the others cost is beside the point. */
const MANY_UNANSWERED = 0.05;

/**
 * Which strategy suits a log, and why, in words. The rule: where people take up what others said, they need to share a
 * conversation, the whole chat's unless they then wait long for one another; where they do not, everybody has one of their
 * own, or one for each question if that is much cheaper. Where there is too little to go by, it says so.
 *
 * @returns undefined if the strategies that it knows were not all replayed, or nobody was answered
 */
export function advice(
  { questions, aboutOthers }: Pick<Conversation, "questions" | "aboutOthers">,
  tallies: readonly Tally[],
  prices: Prices,
): string | undefined {
  const of = (name: string) => tallies.find((tally) => tally.name === name && tally.answered > 0);
  const [own, threads, together] = [of("per-user"), of("per-thread"), of("tagged-hybrid") ?? of("shared")];
  if (own === undefined || threads === undefined || together === undefined) return undefined;
  if (questions < FEW_QUESTIONS) return `No advice: ${count(questions, "question")} to the bot say too little.`;
  const failing = [own, threads, together].find(({ answered }) => answered < (1 - MANY_UNANSWERED) * questions);
  if (failing !== undefined) {
    return (
      `No advice: under ${failing.name} ${count(questions - failing.answered, "question")} of ${questions} were not ` +
      "answered. A larger window may help."
    );
  }
  const each = (tally: Tally) => tally.cost(prices) / tally.answered;
  const told = (tally: Tally) =>
    `${tally.name} costs ${dollars(each(tally))} an answer, with 95 % of them within ${seconds(tally.wait(0.95))}`;
  const share = questions === 0 ? 0 : aboutOthers / questions;
  const refer = `${Math.round(100 * share)} % of the questions take up what somebody else said`;

  if (share >= REFERS) {
    const slow = together.wait(0.95) > LONG_MS && together.wait(0.95) > MUCH_LONGER * threads.wait(0.95);
    return slow
      ? `Suits: per-thread. ${refer}, so people need one another's context, but in one conversation they wait long: ${told(together)}; ${told(threads)}.`
      : `Suits: ${together.name}. ${refer}, so people need one another's context: ${told(together)}; ${told(own)}.`;
  }
  const cheaper = each(threads) < MUCH_CHEAPER * each(own);
  return cheaper
    ? `Suits: per-thread. ${refer}, so one conversation for everybody is of little use, and one for each question is much cheaper than one for each person: ${told(threads)}; ${told(own)}; ${told(together)}. Where people should not have to open or answer in threads: per-user.`
    : `Suits: per-user. ${refer}, so one conversation for everybody is of little use: ${told(own)}; ${told(together)}.`;
}
