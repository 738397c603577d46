import type { SourceRecord } from "../adapters/record.ts";
import { encodeKey, place } from "./key.ts";
import type { Plan } from "./strategy.ts";

/** A DM is one session, whatever the strategy: nobody else is there. */
export function privately(record: SourceRecord, agent: string): Plan {
  const session = encodeKey(place(record, agent));
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
