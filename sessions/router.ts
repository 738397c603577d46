import type { CommandCall, InboundMessage, Platform, SourceRecord } from "../adapters/record.ts";
import type { StrategyRegistry } from "../strategies/index.ts";
import { perUser } from "../strategies/per-user.ts";
import { inPrivate, privately } from "../strategies/places.ts";
import type { Plan, Strategy, StrategySettings } from "../strategies/strategy.ts";
import { forkIn } from "./forks.ts";
import type { Decision, Facts, Fork, Notice, RoutedPlan, SettingLevel } from "./inbox.ts";
import { type ChatSettings, mergeSettings } from "./settings.ts";
import type { Standing } from "./standing.ts";

/** Why a message is not answered. */
export type Denial =
  /** Silence. */
  | null
  /** Told once. */
  | Notice
  /** The chat may ask to be let in. */
  | { code: string; notice: Notice; full: Notice };

/** What access and commands have to say about a message before it is routed. */
export interface Verdict {
  access(standing: Standing): "allowed" | { denied: Denial };
  /** The command that the message is, if it is one that is run and not a turn. */
  command(message: InboundMessage): CommandCall | undefined;
  /** What a command is about that waits in the lane like a message. Default: none does. */
  task?(call: CommandCall): RoutedPlan["task"];
  /** How long ago it was written, in ms, and what its author is told if that is too long. */
  ageMs: number;
  tooOld: Notice;
}

export interface RouterOptions {
  registry: StrategyRegistry;
  /** The persona that answers. */
  agent: string;
  /** What holds on a platform before anything was chosen in the store. */
  defaults(platform: Platform, kind: SourceRecord["chat"]["kind"]): ChatSettings;
  /** How long the parts of an album or of a cut text are waited for, in ms. */
  settleMs: number;
  /** Told when a strategy failed on a message, which then got a plan of `per-user`. */
  onStrategyError?(strategy: string, error: unknown): void;
}

/** Decides what becomes of a message. Pure: what it needs to know comes with the message and the facts. */
export class Router {
  readonly #options: RouterOptions;
  readonly #isStrategy = (name: string) => this.#options.registry.get(name) !== undefined;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  decide(message: InboundMessage, facts: Facts, { access, command, task, ageMs, tooOld }: Verdict): Decision {
    const source = present(message.source, facts.movedTo);
    const settings = this.settings(source, facts.settings);
    const plan = message.private === true ? this.#privatePlan(source) : this.plan(source, settings, facts.root);
    const picked = pickedCall(message, facts.offered);
    const addressed =
      message.addressed ||
      facts.joins ||
      picked !== undefined ||
      settings.addressing === "always" ||
      // Inside a thread that was opened for this very conversation nobody has to name the bot.
      (facts.rootSession !== undefined && facts.rootSession === plan.session);
    const verdict = access(facts.standing);
    if (verdict !== "allowed") return addressed ? deny(verdict.denied) : { kind: "ignore" };
    if (ageMs > settings.maxAgeMs) return addressed ? { kind: "stale", notice: tooOld } : { kind: "ignore" };
    const call = picked ?? command(message);
    const about = call && task?.(call);
    if (about !== undefined) return { kind: "turn", plan: { ...plan, task: about }, readyAfterMs: 0 };
    if (call !== undefined) return { kind: "command", plan, ...(picked !== undefined && { call: picked }) };
    const settles = message.albumId !== undefined || message.mayContinue === true || facts.joins;
    const readyAfterMs = settles ? this.#options.settleMs : 0;
    if (!addressed && message.albumId === undefined)
      return isBackground(message, settings) ? AMBIENT : { kind: "ignore" };
    const fork = message.private === true ? undefined : forkIn(facts.settings, settings.strategy);
    const ways = { ...plan, ...busyIn(settings), ...forkFor(plan, fork) };
    return addressed ? { kind: "turn", plan: ways, readyAfterMs } : { kind: "hold", plan: ways, readyAfterMs };
  }

  /** The settings of a place: each from the narrowest level that has a valid value. */
  settings({ platform, chat }: Pick<SourceRecord, "platform" | "chat">, levels: readonly SettingLevel[]): ChatSettings {
    return mergeSettings(this.#options.defaults(platform, chat.kind), levels, this.#isStrategy);
  }

  plan(source: SourceRecord, settings: Pick<ChatSettings, "strategy" | "threads">, root?: string): RoutedPlan {
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

const AMBIENT: Decision = { kind: "ambient" };

/** What people say to one another, where the chat wants it. A command that is not ours is another bot's, with all that it holds. */
function isBackground({ source, command }: InboundMessage, { ambient }: ChatSettings): boolean {
  return ambient === "recent" && source.chat.kind !== "dm" && command === undefined;
}

function deny(denied: Denial): Decision {
  if (denied === null) return { kind: "ignore" };
  return "code" in denied ? { kind: "pair", ...denied } : { kind: "deny", notice: denied };
}

/** A bare number picks what was offered under it, unless somebody else has written it. */
function pickedCall(
  { text, forwarded }: InboundMessage,
  offered: readonly string[] | undefined,
): CommandCall | undefined {
  if (forwarded !== undefined) return undefined;
  const line = /^\d{1,2}$/.test(text.trim()) ? offered?.[Number(text.trim()) - 1] : undefined;
  return line === undefined ? undefined : callOf(line);
}

/** A command as it is written, without its slash. */
export function callOf(line: string): CommandCall {
  const [name = "", ...rest] = line.trim().split(/\s+/);
  return { name: name.toLowerCase(), args: rest.join(" ") };
}

function busyIn({ busy }: ChatSettings): Pick<RoutedPlan, "busy"> {
  return busy === "collect" ? {} : { busy };
}

/** Only conversations of one person begin with what others have said before. */
function forkFor({ attribution }: RoutedPlan, fork: Fork | undefined): Pick<RoutedPlan, "fork"> {
  return fork === undefined || attribution !== "none" ? {} : { fork };
}

function present(source: SourceRecord, movedTo: string | undefined): SourceRecord {
  return movedTo === undefined ? source : { ...source, chat: { ...source.chat, id: movedTo } };
}

/** The message as part of the interaction that `root` opened, be it in a native thread or in a chain of replies. */
function within(source: SourceRecord, root: string): SourceRecord {
  const kind = source.thread?.kind ?? "reply-chain";
  return { ...source, thread: { ...source.thread, kind, id: root } };
}
