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

/** Those whose ids are numbers; chats of Telegram may have negative ones, and people who write as a chat. */
const NUMBERED: Partial<Record<Platform, RegExp>> = { discord: /^\d{1,20}$/, telegram: /^-?\d{1,20}$/ };

const WITH_SERVERS: readonly Platform[] = ["discord"];

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
  const [platform = "", account = DEFAULT_ACCOUNT, ...more] = text.slice(0, Math.max(0, colon)).split("@");
  const chatId = text.slice(colon + 1);
  const known = PLATFORMS.find((name) => name === platform);
  if (known !== undefined && chatId !== "" && account !== "" && more.length === 0)
    return { platform: known, account, chatId };
  const close = known === undefined && colon > 0 ? suggest(platform, PLATFORMS) : undefined;
  const hint = close === undefined ? "" : ` Did you mean ${close}?`;
  throw new CliError(`"${harmless(text)}" names no ${what}: write platform:id, for example ${EXAMPLES[what]}.${hint}`);
}

/** @throws CliError if the platform has no such ids, or no servers: what is said of it would never hold for anything */
export function demandPossible({ platform, chatId }: ChatName, what: keyof typeof EXAMPLES): void {
  if (what === "server" && !WITH_SERVERS.includes(platform)) {
    throw new CliError(`There are no servers on ${platform}, only on ${WITH_SERVERS.join(", ")}. Nothing was changed.`);
  }
  if (NUMBERED[platform]?.test(chatId) === false) {
    throw new CliError(`"${harmless(chatId)}" is no id on ${platform}: ids there are numbers. Nothing was changed.`);
  }
}

export function formatChatName({ platform, account, chatId }: ChatName): string {
  return formatPlace({ platform, account, id: chatId });
}
