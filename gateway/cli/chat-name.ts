import type { Platform } from "../../adapters/record.ts";
import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import { CliError } from "./surroundings.ts";

interface ChatName {
  platform: Platform;
  account: string;
  chatId: string;
}

const PLATFORMS: readonly Platform[] = ["discord", "telegram", "whatsapp", "web"];

/** A chat as people type it: `platform:id`, or `platform@account:id`. The id is taken as it is. */
export function parseChatName(text: string): ChatName {
  const colon = text.indexOf(":");
  const [platform = "", account = DEFAULT_ACCOUNT] = text.slice(0, Math.max(0, colon)).split("@", 2);
  const chatId = text.slice(colon + 1);
  const known = PLATFORMS.find((name) => name === platform);
  if (known === undefined || chatId === "") {
    throw new CliError(`"${text}" names no chat: write platform:id, for example telegram:-100123 or web:lobby.`);
  }
  return { platform: known, account, chatId };
}

export function formatChatName({ platform, account, chatId }: ChatName): string {
  return `${platform}${account === DEFAULT_ACCOUNT ? "" : `@${account}`}:${chatId}`;
}
