import type { SettingPlace } from "./chats.ts";
import type { ChatInfo } from "./inbox.ts";

/** The places whose settings hold in a chat, or in one of its threads, widest first. */
export function placesOf(
  { platform, account, id, guildId }: Pick<ChatInfo, "platform" | "account" | "id" | "guildId">,
  threadId?: string,
): SettingPlace[] {
  const places: SettingPlace[] = [{ level: "platform", platform }];
  if (guildId !== undefined) places.push({ level: "guild", platform, guildId });
  places.push({ level: "chat", platform, account, chatId: id });
  if (threadId !== undefined) places.push({ level: "thread", platform, account, chatId: id, threadId });
  return places;
}
