import { type SettingName, settingKinds } from "../../sessions/settings.ts";
import { generalTexts } from "./chat-settings.ts";
import type { Config, PerKind, ServedPlatform, SettingTexts } from "./config.ts";

type Texts = PerKind<SettingTexts>;

const NOTHING: Texts = { dm: {}, groups: {} };

/** What holds in chats on every platform that says nothing else, without limits. */
export function describeChats({ settings }: Config): string {
  return listed(settings.general, NOTHING, (name) => !isLimit(name)).join(", ");
}

/** What everybody may use on platforms that say nothing else. */
export function describeLimits({ settings, limits }: Config): string {
  const said = listed(settings.general, NOTHING, isLimit);
  return [...(said.length === 0 ? ["none"] : said), `warnings from ${limits.warnAt} on`].join(", ");
}

/** Who may talk to the bot on a platform, and what is otherwise than on platforms that say nothing. */
export function describePlatform({ settings, platforms }: Config, platform: ServedPlatform): string {
  const { dm, groups } = platforms[platform].access;
  const own = settings.own[platform];
  const texts = {
    dm: { ...generalTexts(settings, platform, "dm"), ...own.dm },
    groups: { ...generalTexts(settings, platform, "groups"), ...own.groups },
  };
  return [`access ${perKind(dm, groups)}`, ...listed(texts, settings.general, () => true)].join(", ");
}

/** Each setting that is otherwise than known. What the agent is told stays between its author and the agent. */
function listed(texts: Texts, known: Texts, isMeant: (name: SettingName) => boolean): string[] {
  return settingKinds.flatMap(({ name }) => {
    const [dm, groups] = [texts.dm[name], texts.groups[name]];
    if (!isMeant(name) || dm === undefined || groups === undefined) return [];
    if (dm === known.dm[name] && groups === known.groups[name]) return [];
    return name === "extraPrompt" ? ["extra prompt set"] : [`${name} ${perKind(dm, groups)}`];
  });
}

function isLimit(name: SettingName): boolean {
  return name.endsWith("PerDay");
}

function perKind(dm: string, groups: string): string {
  return dm === groups ? dm : `${dm} in direct messages, ${groups} in groups`;
}
