import type { InboundMessage, SourceRecord } from "../../adapters/record.ts";
import type { AcceptOptions, Facts, RoutedPlan } from "../../sessions/inbox.ts";
import { Router } from "../../sessions/router.ts";
import type { ChatSettings } from "../../sessions/settings.ts";
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
  busy?: ChatSettings["busy"];
  ambient?: ChatSettings["ambient"];
  settleMs?: number;
  maxWaiting?: number;
  isCommand?: boolean;
  /** How old the message is when it comes. */
  ageMs?: number;
}

export const registry = new StrategyRegistry();

/** What holds unless a test says otherwise. */
export const SETTINGS: ChatSettings = {
  strategy: "shared",
  addressing: "mention",
  threads: "per-user",
  busy: "collect",
  compaction: 0.8,
  compactionTokens: 200_000,
  ambient: "off",
  tools: "all",
  maxAgeMs: 60_000,
};

/** How the real router would decide. */
export function routing(inbound: InboundMessage, options: RoutingOptions = {}): AcceptOptions {
  const { strategy = "shared", addressing = "mention", busy = "collect", settleMs = 1_000, maxWaiting = 20 } = options;
  const { ambient = "off", isCommand = false, ageMs = 0 } = options;
  const router = new Router({
    registry,
    agent: "main",
    defaults: () => ({ ...SETTINGS, strategy, addressing, busy, ambient }),
    settleMs,
  });
  const tooOld = { chunks: [{ text: "too old", plain: "too old" }] };
  return {
    decide: (facts: Facts) =>
      router.decide(inbound, facts, {
        access: () => "allowed",
        command: () => (isCommand ? (inbound.command ?? { name: "test", args: "" }) : undefined),
        task: ({ name }) => (name === "compact" ? "compact" : undefined),
        ageMs,
        tooOld,
      }),
    overLimit: { chunks: [{ text: "too many", plain: "too many" }] },
    maxWaiting,
  };
}

/** The lane that a message of the group gets under a strategy. */
export function planOf(inbound: InboundMessage, strategy = "shared"): RoutedPlan {
  const settings = { ...SETTINGS, strategy };
  const router = new Router({ registry, agent: "main", defaults: () => settings, settleMs: 0 });
  return router.plan(inbound.source, settings);
}
