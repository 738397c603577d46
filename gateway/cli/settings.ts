import { FORK_SETTING } from "../../sessions/forks.ts";
import { placesOf } from "../../sessions/places.ts";
import { type ResolvedSetting, type SettingKind, settingKind, settingKinds } from "../../sessions/settings.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { suggest } from "../config/suggest.ts";
import { humanValue } from "../setting-words.ts";
import { atTheKeyboard } from "./by.ts";
import { findChat } from "./known-chat.ts";
import { type NamedPlace, type PlaceOptions, parsePlace } from "./place-name.ts";
import { report } from "./report.ts";
import { resolvedAt, type SettingSources, settingJson } from "./resolved.ts";
import { knownStrategy, refuseInPrivate } from "./strategy-name.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, shortened, table } from "./table.ts";
import { visit } from "./visit.ts";

export interface SettingsOptions extends JsonOption, PlaceOptions {
  reset?: boolean;
}

/**
 * Show what holds in a place, one setting of it, or set one there. A running gateway uses it from the next message on.
 *
 * @param words the value, in words that belong together
 */
export async function settings(
  around: Surroundings,
  where: string,
  name: string | undefined,
  words: string[],
  options: SettingsOptions,
): Promise<number> {
  const named = parsePlace(where, options);
  const kind = name === undefined ? undefined : knownSetting(name);
  if (options.reset && (kind === undefined || words.length > 0)) {
    throw new CliError("--reset takes the name of one setting, and no value.");
  }
  const config = loadConfig(around);
  const registry = await strategiesOf(config);
  const value = words.length === 0 ? null : checkedValue(kind as SettingKind, words.join(" "), registry);
  return visit(config.dataDir, async (store) => {
    const sources = { config, registry, store };
    if (kind === undefined) return showAll(around, options, named, sources);
    if (value === null && !options.reset) return showOne(around, options, named, kind, sources);
    if (kind.name === "strategy") await refuseInPrivate(store, named);
    // A conversation to take along belongs to the choice of strategy that is replaced.
    const values = { [kind.name]: value, ...(kind.name === "strategy" && { [FORK_SETTING]: null }) };
    await store.setSettings(named.place, values, atTheKeyboard());
    const unknown = named.chat !== undefined && (await findChat(store, named.chat)) === undefined;
    return report(around, options, {
      value: { place: named.ref, level: named.place.level, name: kind.name, value },
      *lines() {
        const shown = value === null ? "what wider levels say" : humanValue(kind.name, value);
        yield `${harmless(named.shown)}: ${kind.name} is ${harmless(shown)}, from the next message on`;
        if (unknown) yield "Note: nothing has come from this chat yet.";
      },
    });
  });
}

function knownSetting(name: string): SettingKind {
  const kind = settingKind(name);
  if (kind !== undefined) return kind;
  const names = settingKinds.map((each) => each.name);
  const close = suggest(name, names);
  const hint = close === undefined ? "" : ` Did you mean ${close}?`;
  throw new CliError(`There is no setting "${harmless(name)}": choose one of ${names.join(", ")}.${hint}`);
}

function checkedValue(kind: SettingKind, text: string, registry: StrategyRegistry): string {
  if (kind.name === "strategy") return knownStrategy(text, registry).name;
  const value = kind.parse(text);
  if (value !== undefined) return value;
  const choices = kind.expected.split(", ").filter((choice) => kind.parse(choice) !== undefined);
  const close = suggest(text, choices);
  const hint = close === undefined ? "" : ` Did you mean ${close}?`;
  throw new CliError(
    `"${harmless(shortened(text))}" is no value for ${kind.name}: expected ${choices.length > 1 ? "one of " : ""}${kind.expected}.${hint}`,
  );
}

/** What holds in a place; on a platform and in a server that may differ between private chats and others. */
async function resolvedIn({ place, chat, thread }: NamedPlace, sources: SettingSources) {
  const { platform } = place;
  if (place.level === "platform") {
    return {
      groups: await resolvedAt(sources, { platform, kind: "group" }, [place]),
      dms: await resolvedAt(sources, { platform, kind: "dm" }, [place]),
    };
  }
  if (chat === undefined) {
    return {
      groups: await resolvedAt(sources, { platform, kind: "channel" }, [{ level: "platform", platform }, place]),
    };
  }
  const known = await findChat(sources.store, chat);
  const { kind, ...rest } = known ?? { kind: "group" as const, ...chat, id: chat.chatId };
  return { groups: await resolvedAt(sources, { platform, kind }, placesOf(rest, thread)) };
}

async function showAll(
  around: Surroundings,
  options: JsonOption,
  named: NamedPlace,
  sources: SettingSources,
): Promise<number> {
  const { groups, dms } = await resolvedIn(named, sources);
  return report(around, options, {
    value: {
      place: named.ref,
      level: named.place.level,
      settings: groups.map(settingJson),
      ...(dms === undefined ? {} : { inPrivate: dms.map(settingJson) }),
    },
    lines() {
      const cells = ({ kind, value, from }: ResolvedSetting) => [shortened(humanValue(kind.name, value)), from];
      if (dms === undefined)
        return table(
          ["SETTING", "VALUE", "FROM"],
          groups.map((each) => [each.kind.name, ...cells(each)]),
        );
      const rows = groups.map((each, index) => [
        each.kind.name,
        ...cells(each),
        ...cells(dms[index] as ResolvedSetting),
      ]);
      return table(["SETTING", "IN GROUPS", "FROM", "IN PRIVATE", "FROM"], rows);
    },
  });
}

async function showOne(
  around: Surroundings,
  options: JsonOption,
  named: NamedPlace,
  kind: SettingKind,
  sources: SettingSources,
): Promise<number> {
  const { groups, dms } = await resolvedIn(named, sources);
  const only = (list: readonly ResolvedSetting[]) => list.find((each) => each.kind === kind) as ResolvedSetting;
  const inPrivate = dms === undefined ? undefined : only(dms);
  return report(around, options, {
    value: {
      place: named.ref,
      level: named.place.level,
      ...settingJson(only(groups)),
      ...(inPrivate === undefined ? {} : { inPrivate: settingJson(inPrivate) }),
      summary: kind.summary,
      expected: kind.expected,
    },
    *lines() {
      const said = ({ value, from }: ResolvedSetting) => `${harmless(humanValue(kind.name, value))} (${from})`;
      const differs = inPrivate !== undefined && said(inPrivate) !== said(only(groups));
      yield `${harmless(named.shown)}: ${kind.name} is ${said(only(groups))}${differs ? `, in private ${said(inPrivate)}` : ""}`;
      yield `${kind.summary}. Takes ${kind.expected}.`;
    },
  });
}
