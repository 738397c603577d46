import type { SourceRecord } from "../adapters/record.ts";

export type AccessMode = "open" | "off" | "allowlist";

export interface AccessRules {
  dm: AccessMode;
  groups: AccessMode;
  /** `platform:id` of those who may always write. */
  owners: ReadonlySet<string>;
  users: ReadonlySet<string>;
  /** `platform:id` of chats, and of servers with all their chats. */
  chats: ReadonlySet<string>;
}

/**
 * Who may be answered; whoever is not named is not. Owners always are, unless the platform is off for the kind of chat.
 *
 * A person is matched by every id that the platform knows them by.
 */
export function allows({ platform, chat, user }: SourceRecord, rules: AccessRules): boolean {
  const mode = chat.kind === "dm" ? rules.dm : rules.groups;
  if (mode === "off") return false;
  if (mode === "open") return true;
  if (isOwner({ platform, user }, rules)) return true;
  if (chat.guildId !== undefined && rules.chats.has(`${platform}:${chat.guildId}`)) return true;
  return rules.chats.has(`${platform}:${chat.id}`) || names({ platform, user }).some((name) => rules.users.has(name));
}

export function isOwner(source: Pick<SourceRecord, "platform" | "user">, rules: Pick<AccessRules, "owners">): boolean {
  return names(source).some((name) => rules.owners.has(name));
}

function names({ platform, user }: Pick<SourceRecord, "platform" | "user">): string[] {
  // An empty id names nobody: it must not match an entry that was cut short by mistake.
  return [user.id, ...(user.aliases ?? [])].filter((id) => id !== "").map((id) => `${platform}:${id}`);
}
