import type { ChatKind, Platform } from "../../adapters/record.ts";
import type { SettingPlace } from "../../sessions/chats.ts";
import { type ResolvedSetting, resolveSettings, type SettingName } from "../../sessions/settings.ts";
import type { Store } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Config } from "../config/config.ts";
import { configLevels } from "../config/levels.ts";

/** What settings are resolved with. */
export interface SettingSources {
  config: Config;
  registry: StrategyRegistry;
  store: Store;
}

/** Every setting in the narrowest of the places, with the level that it comes from. @param places widest first */
export async function resolvedAt(
  { config, registry, store }: SettingSources,
  { platform, kind }: { platform: Platform; kind: ChatKind },
  places: readonly SettingPlace[],
): Promise<ResolvedSetting[]> {
  const { defaults, levels } = configLevels(config, platform, kind);
  const stored = await store.settingsAt(places);
  return resolveSettings(defaults, [...levels, ...stored], (name) => registry.get(name) !== undefined);
}

/** @returns undefined where nothing holds */
export function settingIn(resolved: readonly ResolvedSetting[], name: SettingName): string | undefined {
  return resolved.find(({ kind }) => kind.name === name)?.value;
}

/** One setting for programs. */
export function settingJson({ kind, value, from }: ResolvedSetting) {
  return { name: kind.name, value: value ?? null, from };
}
