import { encodeKey, place } from "../../strategies/key.ts";
import type { Strategy } from "../../strategies/strategy.ts";

/** A strategy as somebody else might write it: one session per chat, threads included. */
export const wholeChat: Strategy = {
  name: "whole-chat",
  summary: "Everything in the chat is one conversation, threads included.",
  plan(record, { agent }) {
    const session = encodeKey(place(record, agent));
    const attribution = record.chat.kind === "dm" ? "none" : "tagged";
    return { session, lane: session, attribution, thread: "stay", replyTo: record.messageId };
  },
};
