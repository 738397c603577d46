import type { InboundMessage, Platform, SourceRecord } from "../adapters/record.ts";
import type { StrategyRegistry } from "../strategies/index.ts";
import { perUser } from "../strategies/per-user.ts";
import { inPrivate, privately } from "../strategies/places.ts";
import type { Plan, Strategy, StrategySettings } from "../strategies/strategy.ts";
import type { Decision, Facts, Notice, RoutedPlan } from "./inbox.ts";

/** Settings of a chat after the levels were laid over one another. */
export interface ChatSettings {
  strategy: string;
  /** `mention`: in groups only messages that address the bot are turns. `always`: every message is. */
  addressing: "mention" | "always";
  threads: NonNullable<StrategySettings["threads"]>;
  /** What is older than this when it comes is not answered, in ms. */
  maxAgeMs: number;
}

/** What access and commands have to say about a message before it is routed. */
export interface Verdict {
  /** `denied` with a notice is told once; without one it is silence. */
  access: "allowed" | { denied: Notice | null };
  /** True if the message is a command that is run, not a turn. */
  isCommand: boolean;
  /** How long ago it was written, in ms, and what its author is told if that is too long. */
  ageMs: number;
  tooOld: Notice;
}

export interface RouterOptions {
  registry: StrategyRegistry;
  /** The persona that answers. */
  agent: string;
  /** What holds on a platform before any chat has chosen. */
  defaults(platform: Platform): ChatSettings;
  /** How long the parts of an album or of a cut text are waited for, in ms. */
  settleMs: number;
  /** Told when a strategy failed on a message, which then got a plan of `per-user`. */
  onStrategyError?(strategy: string, error: unknown): void;
}

/** Decides what becomes of a message. Pure: what it needs to know comes with the message and the facts. */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  decide(message: InboundMessage, facts: Facts, { access, isCommand, ageMs, tooOld }: Verdict): Decision {
    const source = present(message.source, facts.movedTo);
    const settings = this.settings(source.platform, facts);
    const plan = message.private === true ? this.#privatePlan(source) : this.plan(source, settings, facts.root);
    const addressed =
      message.addressed ||
      facts.joins ||
      settings.addressing === "always" ||
      // Inside a thread that was opened for this very conversation nobody has to name the bot.
      (facts.rootSession !== undefined && facts.rootSession === plan.session);
    if (access !== "allowed") {
      return addressed && access.denied !== null ? { kind: "deny", notice: access.denied } : { kind: "ignore" };
    }
    if (ageMs > settings.maxAgeMs) return addressed ? { kind: "stale", notice: tooOld } : { kind: "ignore" };
    if (isCommand) return { kind: "command", plan };
    const settles = message.albumId !== undefined || message.mayContinue === true || facts.joins;
    const readyAfterMs = settles ? this.#options.settleMs : 0;
    if (addressed) return { kind: "turn", plan, readyAfterMs };
    return message.albumId === undefined ? { kind: "ignore" } : { kind: "hold", plan, readyAfterMs };
  }

  /** The chat's settings: the narrowest level that has a valid value wins. */
  settings(platform: Platform, { settings: levels }: Pick<Facts, "settings">): ChatSettings {
    const merged = { ...this.#options.defaults(platform) };
    for (const { values } of levels) {
      const { strategy, addressing, threads, maxAgeMs } = values;
      if (strategy !== undefined && this.#options.registry.get(strategy) !== undefined) merged.strategy = strategy;
      if (addressing === "mention" || addressing === "always") merged.addressing = addressing;
      if (threads === "per-user" || threads === "shared") merged.threads = threads;
      if (maxAgeMs !== undefined && /^\d{1,15}$/.test(maxAgeMs)) merged.maxAgeMs = Number(maxAgeMs);
    }
    return merged;
  }

  plan(source: SourceRecord, settings: ChatSettings, root?: string): RoutedPlan {
    const { agent } = this.#options;
    const record = root === undefined ? source : within(source, root);
    const chosen = this.#options.registry.get(settings.strategy) as Strategy;
    const [strategy, plan] = this.#planBy(chosen, record, { agent, threads: settings.threads });
    return {
      ...plan,
      strategy: strategy.name,
      agent,
      ...(plan.thread === "stay" ? {} : { root: root ?? source.messageId }),
    };
  }

  /** What is asked in private is nobody's but its author's, whatever the chat has chosen. */
  #privatePlan(source: SourceRecord): RoutedPlan {
    const { agent } = this.#options;
    const plan = source.chat.kind === "dm" ? privately(source, agent) : inPrivate(source, agent);
    return { ...plan, strategy: perUser.name, agent };
  }

  /** A strategy from outside may fail on a message. That message is then everybody's own: nothing is lost or overheard. */
  #planBy(strategy: Strategy, record: SourceRecord, settings: StrategySettings): [Strategy, Plan] {
    try {
      const plan = strategy.plan(record, settings);
      if (plan.session !== "" && typeof plan.session === "string" && typeof plan.lane === "string")
        return [strategy, plan];
      this.#options.onStrategyError?.(strategy.name, new Error("its plan names no session or no lane"));
    } catch (error) {
      this.#options.onStrategyError?.(strategy.name, error);
    }
    return [perUser, perUser.plan(record, settings)];
  }
}

function present(source: SourceRecord, movedTo: string | undefined): SourceRecord {
  return movedTo === undefined ? source : { ...source, chat: { ...source.chat, id: movedTo } };
}

/** The message as part of the interaction that `root` opened, be it in a native thread or in a chain of replies. */
function within(source: SourceRecord, root: string): SourceRecord {
  const kind = source.thread?.kind ?? "reply-chain";
  return { ...source, thread: { ...source.thread, kind, id: root } };
}
