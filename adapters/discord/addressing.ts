import type { CommandCall } from "../record.ts";
import { resolved } from "./content.ts";
import type { DiscordMessage } from "./payload.ts";
import type { BotIdentity, Scene } from "./scene.ts";

/** A mention of a person or a role that a text begins with. */
const LEADING_MENTION = /^\s*<@(?:!?(?<user>\d{1,20})|&(?<role>\d{1,20}))>\s*/;

/** The name ends where Discord's own command names end, so that a path is none. */
const COMMAND = /^\s*\/(?<name>[\w-]{1,32})(?:\s+(?<args>[\s\S]*))?$/;

/** What shows a mention as it is written: blocks of code, code within a line, and a sign behind a backslash. */
const VERBATIM = /```[\s\S]*?```|(?<!`)(`{1,2})(?!`)[\s\S]*?(?<!`)\1(?!`)|\\[\s\S]/g;

/**
 * Whether a message names the bot, or the role that stands for it alone: in Discord's lists, or in its text outside of
 * code. Calls to everyone address nobody.
 */
export function isAddressed(
  { content, mention_ids, mention_roles }: DiscordMessage,
  { id, roleIds = [] }: BotIdentity,
): boolean {
  if (mention_ids.includes(id) || mention_roles.some((role) => roleIds.includes(role))) return true;
  const shown = content.replace(VERBATIM, " ");
  return shown.includes(`<@${id}>`) || shown.includes(`<@!${id}>`);
}

/** The command that a text begins with, in a DM or right behind a mention of the bot; any other slash is just a slash. */
export function commandOf({ content, mentions }: DiscordMessage, scene: Scene): CommandCall | undefined {
  const { bot, channel } = scene;
  const mention = content.match(LEADING_MENTION);
  const { user, role } = mention?.groups ?? {};
  const named = user === bot.id || (role !== undefined && bot.roleIds?.includes(role) === true);
  if (!named && channel.kind !== "dm") return undefined;
  const { name, args } = content.slice(named ? mention?.[0].length : 0).match(COMMAND)?.groups ?? {};
  if (name === undefined) return undefined;
  return { name: name.toLowerCase(), args: resolved(args ?? "", mentions, scene).trim() };
}
