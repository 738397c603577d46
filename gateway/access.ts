import type { SourceRecord } from "../adapters/record.ts";
import type { Standing } from "../sessions/standing.ts";
import type { AccessMode } from "./config/config.ts";

/** What the configuration says. */
export interface AccessRules {
  dm: AccessMode;
  groups: AccessMode;
  /** `platform:id` of those who may always write. */
  owners: ReadonlySet<string>;
  users: ReadonlySet<string>;
  /** `platform:id` of chats, and of servers with all their chats. */
  chats: ReadonlySet<string>;
}

/** `stranger`: not known, and to be told so; `asks`: not known, and let in once an owner has approved. */
export type Admission = "allowed" | "silence" | "stranger" | "asks";

/**
 * Who may be answered; whoever is not named is not.
 *
 * A person is matched by every id that the platform knows them by. Whoever the configuration names as an owner cannot be
 * blocked. An approved person is answered in private, an approved chat is answered whoever writes there.
 */
export function admit(source: SourceRecord, rules: AccessRules, standing: Standing): Admission {
  const { platform, chat, user } = source;
  const mode = chat.kind === "dm" ? rules.dm : rules.groups;
  const owner = isConfiguredOwner(source, rules);
  if (mode === "off" || (standing.blocked && !owner)) return "silence";
  if (mode === "open" || owner || standing.owner) return "allowed";
  if (names({ platform, user }).some((name) => rules.users.has(name))) return "allowed";
  if (chat.guildId !== undefined && rules.chats.has(`${platform}:${chat.guildId}`)) return "allowed";
  if (rules.chats.has(`${platform}:${chat.id}`)) return "allowed";
  if (chat.kind === "dm" ? standing.user : standing.chat) return "allowed";
  return mode === "pairing" ? "asks" : "stranger";
}

export function isConfiguredOwner(
  source: Pick<SourceRecord, "platform"> & { user: Pick<SourceRecord["user"], "id" | "aliases"> },
  rules: Pick<AccessRules, "owners">,
): boolean {
  return names(source).some((name) => rules.owners.has(name));
}

function names({ platform, user }: Parameters<typeof isConfiguredOwner>[0]): string[] {
  // An empty id names nobody: it must not match an entry that was cut short by mistake.
  return [user.id, ...(user.aliases ?? [])].filter((id) => id !== "").map((id) => `${platform}:${id}`);
}
