import type { SettingPlace } from "../../sessions/chats.ts";
import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import { type ChatName, demandPossible, formatChatName, PLATFORMS, parseChatName } from "./chat-name.ts";
import { demandId } from "./given-id.ts";
import { CliError } from "./surroundings.ts";
import { harmless } from "./table.ts";

/** Where in a chat, or that it is no chat. */
export interface PlaceOptions {
  thread?: string;
  guild?: boolean;
}

/** A place that settings belong to, as people name it. */
export interface NamedPlace {
  place: SettingPlace;
  /** As it is typed, with `#thread` behind a chat. */
  ref: string;
  /** For people. */
  shown: string;
  /** Undefined for servers and platforms. */
  chat: ChatName | undefined;
  thread: string | undefined;
}

/** Read a chat, a thread in it, a server, or a platform by its bare name. */
export function parsePlace(text: string, { thread, guild = false }: PlaceOptions): NamedPlace {
  demandId(thread, "a thread");
  if (guild && thread !== undefined) throw new CliError("A server has no threads: leave --guild or --thread out.");
  const platform = PLATFORMS.find((name) => name === text);
  if (platform !== undefined) {
    if (guild || thread !== undefined) throw new CliError(`"${text}" is a whole platform: name a place on it.`);
    return { place: { level: "platform", platform }, ref: text, shown: text, chat: undefined, thread };
  }
  const name = parseChatName(text, guild ? "server" : "chat");
  demandPossible(name, guild ? "server" : "chat");
  if (guild) {
    if (name.account !== DEFAULT_ACCOUNT) {
      throw new CliError(
        `The settings of a server hold for every account: write ${name.platform}:${harmless(name.chatId)}, without @.`,
      );
    }
    const place = { level: "guild", platform: name.platform, guildId: name.chatId } as const;
    return { place, ref: formatChatName(name), shown: `the server ${formatChatName(name)}`, chat: undefined, thread };
  }
  const ref = `${formatChatName(name)}${thread === undefined ? "" : `#${thread}`}`;
  const place: SettingPlace =
    thread === undefined ? { level: "chat", ...name } : { level: "thread", ...name, threadId: thread };
  return { place, ref, shown: ref, chat: name, thread };
}
