import type { ChatSummary } from "../../sessions/chats.ts";
import { FORK_SETTING, forkText } from "../../sessions/forks.ts";
import type { SettingLevel } from "../../sessions/inbox.ts";
import { placesOf } from "../../sessions/places.ts";
import type { Router } from "../../sessions/router.ts";
import type { Store } from "../../sessions/store.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { explainChange, forkSource, type StrategyChange } from "../strategy-change.ts";
import { atTheKeyboard } from "./by.ts";
import { findChat } from "./known-chat.ts";
import { type NamedPlace, type PlaceOptions, parsePlace } from "./place-name.ts";
import { report } from "./report.ts";
import { resolvedAt, type SettingSources } from "./resolved.ts";
import { routerOf } from "./router.ts";
import { knownStrategy, refuseInPrivate } from "./strategy-name.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, table } from "./table.ts";
import { visit } from "./visit.ts";

export interface StrategyOptions extends JsonOption, Pick<PlaceOptions, "thread"> {
  fork?: boolean;
  fresh?: boolean;
}

export const RESET = "reset";

const MOST_PEOPLE = 6;
const NO_FORK =
  "There is no shared conversation that everybody's own could begin with: --fork goes with a change from a shared one " +
  "to `per-user`. Nothing was changed.";

/**
 * Show or set the strategy of a chat or of a thread, and say what that changes for whom. A running gateway uses it from
 * the next message on; what waits keeps its plan.
 */
export async function strategy(
  around: Surroundings,
  chatName: string,
  name: string | undefined,
  options: StrategyOptions,
): Promise<number> {
  const named = parsePlace(chatName, { thread: options.thread });
  if (named.chat === undefined) throw new CliError("Name a chat: `parley settings` sets the strategy of a platform.");
  const config = loadConfig(around);
  const registry = await strategiesOf(config);
  if (options.fork && options.fresh) throw new CliError("Either --fork or --fresh.");
  if (name === undefined && (options.fork || options.fresh)) throw new CliError("Name the strategy that is to hold.");
  if (name === RESET && options.fork) {
    throw new CliError("--fork goes with a strategy by its name: a reset leaves the choice to wider levels.");
  }
  const chosen = name === undefined || name === RESET ? undefined : knownStrategy(name, registry);
  return visit(config.dataDir, async (store) => {
    const chat = await findChat(store, named.chat as NonNullable<NamedPlace["chat"]>);
    const sources = { config, registry, store };
    if (name === undefined) return await present(around, options, named, chat, sources);
    await refuseInPrivate(store, named);
    const router = routerOf(config, registry);
    const change =
      chat === undefined
        ? undefined
        : await proposed(store, router, chat, named, { name: chosen?.name, fork: options.fork ?? false });
    const source = change?.fork ? forkSource(router, change) : undefined;
    const fork = source === undefined ? null : await store.forkOf(source);
    if (options.fork && fork === null) throw new CliError(NO_FORK);
    const values = {
      strategy: chosen?.name ?? null,
      [FORK_SETTING]: fork === null || chosen === undefined ? null : forkText(chosen.name, fork),
    };
    const meaning = change === undefined ? undefined : explainChange(router, change, harmless);
    await store.setSettings(named.place, values, atTheKeyboard());
    return report(around, options, {
      value: { place: named.ref, strategy: chosen?.name ?? null, fork: fork !== null, meaning: meaning ?? null },
      *lines() {
        const holds = chosen?.name ?? change?.after.strategy;
        const now = chosen === undefined ? `what holds by default${holds === undefined ? "" : `, ${holds}`}` : holds;
        yield `${harmless(named.shown)}: ${now}, from the next message on`;
        yield meaning ?? "Note: nothing has come from this chat yet.";
      },
    });
  });
}

async function present(
  around: Surroundings,
  options: JsonOption,
  named: NamedPlace,
  chat: ChatSummary | undefined,
  sources: SettingSources,
): Promise<number> {
  const { platform } = named.place;
  const known = chat ?? {
    kind: "group" as const,
    ...(named.chat as NonNullable<typeof named.chat>),
    id: named.chat?.chatId ?? "",
  };
  const resolved = await resolvedAt(sources, { platform, kind: known.kind }, placesOf(known, named.thread));
  const own = resolved.find(({ kind }) => kind.name === "strategy");
  const choices = sources.registry.list().map(({ name, summary }) => ({ name, summary }));
  return report(around, options, {
    value: { place: named.ref, strategy: own?.value ?? null, from: own?.from ?? "default", choices },
    *lines() {
      yield `${harmless(named.shown)}: ${own?.value} (${own?.from})`;
      if (chat?.kind === "dm") yield "A private chat is one conversation, whatever the strategy.";
      yield "";
      yield* table(
        ["STRATEGY", "MEANING"],
        choices.map(({ name, summary }) => [name, summary]),
      );
    },
  });
}

/** The settings of the place as they are, and as they would be. `name` is undefined for what wider levels say. */
async function proposed(
  store: Store,
  router: Router,
  chat: ChatSummary,
  { thread }: NamedPlace,
  { name, fork }: { name: string | undefined; fork: boolean },
): Promise<StrategyChange> {
  const narrowest = thread === undefined ? "chat" : "thread";
  const levels = await store.settingsAt(placesOf(chat, thread));
  const wider = levels.filter(({ level }) => level !== narrowest);
  const { strategy: _, ...rest } = levels.find(({ level }) => level === narrowest)?.values ?? {};
  const next: SettingLevel = { level: narrowest, values: name === undefined ? rest : { ...rest, strategy: name } };
  return {
    chat,
    threadId: thread,
    people: (await store.recentAuthors(chat.ref, MOST_PEOPLE)).toReversed(),
    before: router.settings({ platform: chat.platform, chat }, levels),
    after: router.settings({ platform: chat.platform, chat }, [...wider, next]),
    fork,
  };
}
