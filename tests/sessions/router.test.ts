import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import type { Facts } from "../../sessions/inbox.ts";
import { message, type RoutingOptions, routing } from "./messages.ts";

const standing: Facts["standing"] = { owner: false, blocked: false, user: false, chat: false, claimable: false };
const facts: Facts = { settings: [], joins: false, standing };

/** What becomes of a message that does not address the bot, in a chat that wants background. */
function decided(inbound: InboundMessage, options: RoutingOptions = {}, known: Partial<Facts> = {}): string {
  return routing(inbound, { ambient: "recent", ...options }).decide({ ...facts, ...known }).kind;
}

const aside = (text: string, changes: Parameters<typeof message>[2] = {}) =>
  message("bob", text, { addressed: false, ...changes });

describe("what is not for the bot", () => {
  test("is background where the chat wants it, and nothing where it does not", () => {
    expect(decided(aside("lunch?"))).toBe("ambient");
    expect(decided(aside("lunch?"), { ambient: "off" })).toBe("ignore");
  });

  test.each<[string, string, InboundMessage, RoutingOptions]>([
    ["a question", "turn", message("bob", "lunch?"), {}],
    ["everything where the bot answers always", "turn", aside("lunch?"), { addressing: "always" }],
    ["a command", "command", aside("/status", { command: { name: "status", args: "" } }), { isCommand: true }],
    ["what comes too late", "ignore", aside("lunch?"), { ageMs: 60_001 }],
    ["a part of an album, which may still be asked about", "hold", aside("", { albumId: "a" }), {}],
  ])("does not take in %s", (_, kind, inbound, options) => {
    expect(decided(inbound, options)).toBe(kind);
  });

  test("is nothing in private", () => {
    expect(decided(aside("hm", { source: { chat: { id: "1", kind: "dm" } } }))).toBe("ignore");
  });
});

describe("what is only passed on", () => {
  const offered = ["confirm"];

  test("picks nothing that was offered", () => {
    expect(decided(message("bob", "1"), {}, { offered })).toBe("command");
    expect(decided(message("bob", "1", { forwarded: {} }), {}, { offered })).toBe("turn");
    expect(decided(aside("1", { forwarded: {} }), {}, { offered })).toBe("ambient");
  });
});
