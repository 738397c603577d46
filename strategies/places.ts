import type { SourceRecord } from "../adapters/record.ts";
import { encodeKey, type KeyParts, place } from "./key.ts";
import type { Plan } from "./strategy.ts";

/** A DM is one session, whatever the strategy: nobody else is there. */
export function privately(record: SourceRecord, agent: string): Plan {
  const session = encodeKey(place(record, agent));
  return { session, lane: session, attribution: "none", thread: "stay", replyTo: record.messageId };
}

/**
 * Names the place of what people ask in private, in a chat of several: an own session, apart from what they say there for
 * all to hear. No platform has a thread of that name.
 */
const IN_PRIVATE = "private";

/** The key of somebody's private session in a chat. */
export function privateKey(
  chat: Pick<KeyParts, "agent" | "platform" | "account" | "kind" | "chat">,
  user: string,
): string {
  return encodeKey({ ...chat, thread: IN_PRIVATE, user });
}

/** A question in a chat of several that nobody but its author sees: no strategy puts it where others write. */
export function inPrivate(record: SourceRecord, agent: string): Plan {
  const session = privateKey(place(record, agent), record.user.id);
  return { session, lane: session, attribution: "none", thread: "stay", replyTo: record.messageId };
}

/** One session for everybody in the chat, or in the native thread where the message stands in one. */
export function together(record: SourceRecord, agent: string): Plan {
  const session = encodeKey({ ...place(record, agent), thread: nativeThread(record) });
  return { session, lane: session, attribution: "tagged", thread: "stay", replyTo: record.messageId };
}

/** Reply chains are threads for `per-thread` alone: elsewhere a reply is an ordinary message of its chat. */
export function nativeThread(record: SourceRecord): string | undefined {
  return record.thread?.kind === "native" ? record.thread.id : undefined;
}
