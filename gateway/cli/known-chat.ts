import type { ChatSummary } from "../../sessions/chats.ts";
import type { Store } from "../../sessions/store.ts";
import { formatPlace } from "../chat-place.ts";
import { suggest } from "../config/suggest.ts";
import { type ChatName, formatChatName } from "./chat-name.ts";
import { CliError } from "./surroundings.ts";
import { harmless } from "./table.ts";

/** @returns undefined if nothing has ever come from the chat */
export async function findChat(
  store: Store,
  { platform, account, chatId }: ChatName,
): Promise<ChatSummary | undefined> {
  const chats = await store.chats();
  return chats.find((chat) => chat.id === chatId && chat.platform === platform && chat.account === account);
}

/** @throws CliError if nothing has ever come from the chat */
export async function knownChat(store: Store, name: ChatName): Promise<ChatSummary> {
  const chat = await findChat(store, name);
  if (chat !== undefined) return chat;
  const shown = formatChatName(name);
  const close = suggest(shown, (await store.chats()).map(formatPlace));
  const hint = close === undefined ? "" : ` Did you mean ${harmless(close)}?`;
  throw new CliError(
    `Nothing has come from ${harmless(shown)} yet: \`parley chats\` lists the chats there are.${hint}`,
  );
}
