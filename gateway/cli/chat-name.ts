import type { Platform } from "../../adapters/record.ts";
import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import { formatPlace } from "../chat-place.ts";
import { suggest } from "../config/suggest.ts";
import { CliError } from "./surroundings.ts";
import { harmless } from "./table.ts";

/** A chat, a person or a server, as people type it. */
export interface ChatName {
  platform: Platform;
  account: string;
  chatId: string;
}

export const PLATFORMS: readonly Platform[] = ["discord", "telegram", "whatsapp", "web"];

const EXAMPLES = {
  chat: "telegram:-100123 or web:lobby",
  person: "telegram:123 or discord:81384788765712384",
  server: "discord:197038439483310086",
} as const;

/**
 * Read `platform:id`, or `platform@account:id`. The id is taken as it is.
 *
 * @param what it is to name, for whoever mistyped it
 */
export function parseChatName(text: string, what: keyof typeof EXAMPLES = "chat"): ChatName {
  const colon = text.indexOf(":");
  const [platform = "", account = DEFAULT_ACCOUNT] = text.slice(0, Math.max(0, colon)).split("@", 2);
  const chatId = text.slice(colon + 1);
  const known = PLATFORMS.find((name) => name === platform);
  if (known !== undefined && chatId !== "" && account !== "") return { platform: known, account, chatId };
  const close = known === undefined && colon > 0 ? suggest(platform, PLATFORMS) : undefined;
  const hint = close === undefined ? "" : ` Did you mean ${close}?`;
  throw new CliError(`"${harmless(text)}" names no ${what}: write platform:id, for example ${EXAMPLES[what]}.${hint}`);
}

export function formatChatName({ platform, account, chatId }: ChatName): string {
  return formatPlace({ platform, account, id: chatId });
}
