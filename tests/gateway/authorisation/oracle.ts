import type { InboundMessage, Platform } from "../../../adapters/record.ts";
import type { AccessMode } from "../../../gateway/config/config.ts";

/** A message's author in its place. */
export type Source = InboundMessage["source"];

/**
 * Who may do what, written down a second time, from what is promised and not from how it is done: a few sets and
 * tables that the test itself changes.
 */
export class Oracle {
  /** `platform:id` */
  readonly configuredOwners: ReadonlySet<string>;
  readonly allowedUsers: ReadonlySet<string>;
  /** Chats and servers. */
  readonly allowedChats: ReadonlySet<string>;
  readonly modes: Record<Platform, { dm: AccessMode; groups: AccessMode }>;
  /** `platform account chat user` of who administers what. */
  readonly admins = new Set<string>();
  lookUpsFail = false;
  /** Rules by `["platform","account","kind","id"]`, as they were made rightfully. */
  readonly rules = new Map<string, string>();
  /** Settings by `["place","name"]`, likewise. */
  readonly settings = new Map<string, string>();
  /** The code that the first owner claims with, while there is one. */
  claimCode: string | null = null;

  constructor(given: Pick<Oracle, "configuredOwners" | "allowedUsers" | "allowedChats">) {
    this.configuredOwners = given.configuredOwners;
    this.allowedUsers = given.allowedUsers;
    this.allowedChats = given.allowedChats;
    const open = { dm: "open", groups: "open" } as const;
    this.modes = { telegram: { ...open }, discord: { ...open }, whatsapp: { ...open }, web: { ...open } };
  }

  hasRule({ platform, account }: Source, kind: "user" | "chat" | "guild", id: string, rule: string): boolean {
    return this.rules.get(JSON.stringify([platform, account, kind, id])) === rule;
  }

  isOwner(source: Source): boolean {
    if (this.isConfiguredOwner(source)) return true;
    const is = (rule: string) => namesOf(source).some((id) => this.hasRule(source, "user", id, rule));
    return is("owner") && !is("blocked");
  }

  isConfiguredOwner({ platform, user }: Source): boolean {
    return namesOf({ user }).some((id) => this.configuredOwners.has(`${platform}:${id}`));
  }

  isAdmin(source: Source): boolean {
    if (this.isOwner(source)) return true;
    const { platform, account, chat, user } = source;
    return !this.lookUpsFail && user.id !== "" && this.admins.has([platform, account, chat.id, user.id].join(" "));
  }

  /** Whether anybody there answers what this person writes there. */
  isLetIn(source: Source): boolean {
    const { platform, chat, user } = source;
    const mode = this.modes[platform][chat.kind === "dm" ? "dm" : "groups"];
    if (mode === "off") return false;
    if (this.isConfiguredOwner(source)) return true;
    const ids = namesOf({ user });
    if (ids.some((id) => this.hasRule(source, "user", id, "blocked"))) return false;
    if (mode === "open" || ids.some((id) => this.hasRule(source, "user", id, "owner"))) return true;
    if (ids.some((id) => this.allowedUsers.has(`${platform}:${id}`))) return true;
    const places = [chat.id, ...(chat.guildId === undefined ? [] : [chat.guildId])];
    if (places.some((id) => this.allowedChats.has(`${platform}:${id}`))) return true;
    if (chat.kind === "dm") return ids.some((id) => this.hasRule(source, "user", id, "approved"));
    const { guildId } = chat;
    return (
      this.hasRule(source, "chat", chat.id, "approved") ||
      (guildId !== undefined && this.hasRule(source, "guild", guildId, "approved"))
    );
  }

  /** Until there is an owner anybody may try a code, let in or not: where others read it, it is void then. */
  mayTryToClaim(source: Source): boolean {
    const mode = this.modes[source.platform][source.chat.kind === "dm" ? "dm" : "groups"];
    const blocked = namesOf(source).some((id) => this.hasRule(source, "user", id, "blocked"));
    return mode !== "off" && (!blocked || this.isConfiguredOwner(source)) && this.isUnowned;
  }

  /** Whoever has the code is the first owner, where nobody else reads it. */
  mayClaim({ source, replyToken }: Pick<InboundMessage, "source" | "replyToken">): boolean {
    const alone = source.chat.kind === "dm" || replyToken !== undefined;
    return alone && source.user.id !== "" && this.mayTryToClaim(source);
  }

  get isUnowned(): boolean {
    return this.claimCode !== null && ![...this.rules.values()].includes("owner");
  }

  /** Whether somebody may ask to be let in there. */
  mayAsk(source: Source): boolean {
    const mode = this.modes[source.platform][source.chat.kind === "dm" ? "dm" : "groups"];
    const blocked = namesOf(source).some((id) => this.hasRule(source, "user", id, "blocked"));
    return mode === "pairing" && !blocked && !this.isLetIn(source);
  }
}

function namesOf({ user }: Pick<Source, "user">): string[] {
  return [user.id, ...(user.aliases ?? [])].filter((id) => id !== "");
}
