import type { InboundMessage, SourceRecord } from "../../adapters/record.ts";
import type { AcceptOptions, Facts, RoutedPlan } from "../../sessions/inbox.ts";
import { Router } from "../../sessions/router.ts";
import { StrategyRegistry } from "../../strategies/index.ts";

/** The one moment that tests happen at. */
export const NOW = 1_800_000_000_000;

let messageNumber = 0;

/** A message of a group, to vary: ids differ from message to message, everything else is given. */
export function message(
  user: string,
  text: string,
  changes: Partial<Omit<InboundMessage, "source">> & { source?: Partial<SourceRecord> } = {},
): InboundMessage {
  const { source, ...rest } = changes;
  messageNumber += 1;
  return {
    text,
    attachments: [],
    addressed: true,
    ...rest,
    source: {
      platform: "telegram",
      account: "default",
      chat: { id: "-100", kind: "group", name: "Team" },
      user: { id: user, name: user.toUpperCase(), isBot: false },
      messageId: `m${messageNumber}`,
      sentAt: NOW,
      ...source,
    },
  };
}

export interface RoutingOptions {
  strategy?: string;
  addressing?: "mention" | "always";
  settleMs?: number;
  maxWaiting?: number;
  isCommand?: boolean;
}

export const registry = new StrategyRegistry();

/** How the real router would decide. */
export function routing(inbound: InboundMessage, options: RoutingOptions = {}): AcceptOptions {
  const { strategy = "shared", addressing = "mention", settleMs = 1_000, maxWaiting = 20, isCommand = false } = options;
  const router = new Router({
    registry,
    agent: "main",
    defaults: () => ({ strategy, addressing, threads: "per-user" }),
    settleMs,
  });
  return {
    decide: (facts: Facts) => router.decide(inbound, facts, { access: "allowed", isCommand }),
    overLimit: { chunks: [{ text: "too many", plain: "too many" }] },
    maxWaiting,
  };
}

/** The lane that a message of the group gets under a strategy. */
export function planOf(inbound: InboundMessage, strategy = "shared"): RoutedPlan {
  const router = new Router({
    registry,
    agent: "main",
    defaults: () => ({ strategy, addressing: "mention", threads: "per-user" }),
    settleMs: 0,
  });
  return router.plan(inbound.source, { strategy, addressing: "mention", threads: "per-user" });
}
