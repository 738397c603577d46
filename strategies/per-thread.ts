import { encodeKey, place } from "./key.ts";
import { privately } from "./places.ts";
import type { Strategy } from "./strategy.ts";

/**
 * One session per interaction: a message outside any thread starts one, named by the message that started it; what is
 * said inside continues it, by whomever.
 *
 * Where native threads can be opened one is opened from the message; elsewhere the thread is the chain of replies.
 */
export const perThread: Strategy = {
  name: "per-thread",
  summary: "Every new question gets a thread with a conversation of its own, shared by those who join it.",
  plan(record, { agent }) {
    if (record.chat.kind === "dm") return privately(record, agent);
    const session = encodeKey({ ...place(record, agent), thread: record.thread?.id ?? record.messageId });
    return { session, lane: session, attribution: "tagged", thread: continues(record), replyTo: record.messageId };
  },
};

function continues({ thread, chat }: Parameters<Strategy["plan"]>[0]): "stay" | "open" | "reply-chain" {
  if (thread !== undefined) return thread.kind === "native" ? "stay" : "reply-chain";
  return chat.opensThreads === true ? "open" : "reply-chain";
}
