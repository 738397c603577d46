import type { ChatSummary } from "../../sessions/chats.ts";
import type { Store } from "../../sessions/store.ts";
import { formatPlace } from "../chat-place.ts";
import type { Config } from "../config/config.ts";
import { idsOf } from "./rules.ts";

/** Whether a chat is answered, and why. */
export type ChatStanding =
  /** Everybody is, whom nobody has blocked. */
  | "open"
  /** Nobody is. */
  | "off"
  /** Everybody in it, for an owner has approved it, its server, or the person whose private chat it is. */
  | "approved"
  /** The configuration names it, its server, or the person whose private chat it is. */
  | "configured"
  /** The person whose private chat it is. */
  | "owner"
  | "blocked"
  /** It has asked, and an owner has not approved it yet. */
  | "asking"
  /** Only owners and people whom the configuration names. */
  | "closed";

export async function accessOf(store: Store, config: Config, chat: ChatSummary) {
  const { platform, account, id: chatId, guildId } = chat;
  const mode = config.platforms[platform].access[chat.kind === "dm" ? "dm" : "groups"];
  return { mode, standing: await standing() };

  async function standing(): Promise<ChatStanding> {
    if (mode === "off") return "off";
    const [author] = chat.kind === "dm" ? await store.recentAuthors(chat.ref, 1) : [];
    const people = author === undefined ? [] : await idsOf(store, { kind: "user", platform, account, id: author.id });
    const configured = (list: readonly string[], ids: readonly string[]) =>
      ids.some((id) => list.includes(`${platform}:${id}`));
    const {
      owner,
      blocked,
      user,
      chat: approved,
    } = await store.standing({ platform, account, chatId, guildId }, people);
    if (configured(config.owners, people)) return "owner";
    if (blocked) return "blocked";
    if (owner) return "owner";
    if (mode === "open") return "open";
    const places = guildId === undefined ? [chatId] : [chatId, guildId];
    if (configured(config.allow.users, people) || configured(config.allow.chats, places)) return "configured";
    if (chat.kind === "dm" ? user : approved) return "approved";
    const asks =
      mode === "pairing" && (await store.pairings()).some((pairing) => formatPlace(pairing.chat) === formatPlace(chat));
    return asks ? "asking" : "closed";
  }
}

export function accessText({ mode, standing }: { mode: string; standing: ChatStanding }): string {
  return `${SAID[standing]} (mode ${mode})`;
}

const SAID: Readonly<Record<ChatStanding, string>> = {
  open: "everybody is answered",
  off: "nobody is answered",
  approved: "approved",
  configured: "allowed by the configuration",
  owner: "answered, as an owner",
  blocked: "blocked",
  asking: "waits for an owner's approval: see `parley pair list`",
  closed: "not approved: only owners and people whom the configuration names are answered",
};
