import type { ChatKind, Platform } from "../../adapters/record.ts";
import type { SettingLevel } from "../../sessions/inbox.ts";
import { generalTexts } from "./chat-settings.ts";
import { type Config, type SettingTexts, servedPlatforms } from "./config.ts";

/**
 * What the configuration says about a platform's chats of one kind, by where it comes from.
 *
 * @returns `defaults`: what is built in, or said at the top of the file; `levels`: at most one, with what the platform's
 *   own section says. Both in the spelling of stored settings
 */
export function configLevels(
  config: Pick<Config, "settings" | "agent">,
  platform: Platform,
  kind: ChatKind,
): { defaults: SettingTexts; levels: SettingLevel[] } {
  const column = kind === "dm" ? "dm" : "groups";
  const own = config.settings.own[platform][column];
  return {
    defaults: { ...generalTexts(config.settings, platform, column), model: config.agent.model },
    levels: Object.keys(own).length === 0 ? [] : [{ level: "platform", values: own }],
  };
}

/** The strategies that the configuration names, by the path of the setting: only a registry knows whether they exist. */
export function strategyChoices({ settings }: Pick<Config, "settings">): ReadonlyMap<string, string> {
  const said = servedPlatforms.map((platform) => [`${platform}.strategy`, settings.own[platform].dm.strategy] as const);
  const all = [["strategy", settings.general.dm.strategy] as const, ...said];
  return new Map(all.flatMap(([path, name]) => (name === undefined ? [] : [[path, name]])));
}
