import type { Adapter, SendErrorCode } from "../adapters/adapter.ts";
import type { Notice } from "../sessions/inbox.ts";
import type { PendingChunk } from "../sessions/outbox.ts";

const PLACE_GONE: ReadonlySet<string> = new Set(["chat-gone", "thread-gone"] satisfies SendErrorCode[]);

const KEPT_BACK =
  "I had an answer for you a good while ago and could not send it, so I kept it back. Ask again if you still need it.";
const NOT_TAKEN = "I had an answer for you, but it cannot be posted here.";
const REST_NOT_TAKEN = "I could not post the rest of this answer here. Ask again if you still need it.";
const UNSURE = "I cannot tell whether my answer arrived here. If you do not see it, ask again.";

export const THREAD_GONE =
  "I could not answer in the thread of this question: it is gone or locked, or I may not write there. So I answer here; an " +
  "admin of this chat may want to look at that.";

/**
 * What whoever was to read an answer is told when it is parked, wherever anything can be said. What answers nobody is
 * parked in silence: these words as well, so that none are followed by others.
 *
 * @param reason the code for which it is parked
 * @param doubtful whether any of the sends may have been taken
 */
export function wordOn(
  { isAnswer, index }: Pick<PendingChunk, "isAnswer" | "index">,
  { reason, doubtful }: { reason: string; doubtful: boolean },
  adapter: Adapter,
): Notice | undefined {
  if (!isAnswer || PLACE_GONE.has(reason)) return undefined;
  if (index > 0) return { chunks: adapter.render(REST_NOT_TAKEN) };
  if (doubtful) return { chunks: adapter.render(UNSURE) };
  return { chunks: adapter.render(reason === "expired" ? KEPT_BACK : NOT_TAKEN) };
}
