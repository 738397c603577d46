import { encodeKey, place } from "./key.ts";
import { nativeThread, privately, together } from "./places.ts";
import type { Strategy } from "./strategy.ts";

/**
 * One session per person in a chat: nobody reads, pays for, or waits behind anybody else's conversation.
 *
 * Where the platform names nobody there is no one to keep apart: such messages share the chat's session.
 */
export const perUser: Strategy = {
  name: "per-user",
  summary: "Everybody in the chat has a conversation of their own with the agent; nobody waits for anybody else.",
  plan(record, { agent, threads = "per-user" }) {
    if (record.chat.kind === "dm") return privately(record, agent);
    const thread = nativeThread(record);
    if (record.user.id === "" || (thread !== undefined && threads === "shared")) return together(record, agent);
    const session = encodeKey({ ...place(record, agent), thread, user: record.user.id });
    return { session, lane: session, attribution: "none", thread: "stay", replyTo: record.messageId };
  },
};
