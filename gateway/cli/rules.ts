import type { AccessEntry, AccessRule, Subject } from "../../sessions/access.ts";
import type { Store } from "../../sessions/store.ts";
import { formatPlace } from "../chat-place.ts";
import type { Config } from "../config/config.ts";
import { parseChatName } from "./chat-name.ts";
import { iso } from "./report.ts";
import { harmless } from "./table.ts";

/** One rule about who is answered, made by owners or said by the configuration. */
export interface Rule {
  kind: Subject["kind"] | "chat or guild";
  /** `platform[@account]:id` */
  ref: string;
  rule: AccessRule;
  name: string;
  /** Who made it, or `configuration`. */
  by: string;
  /** Null for what the configuration says. */
  at: string | null;
}

export function parseSubject(kind: Subject["kind"], ref: string): Subject {
  const what = kind === "user" ? "person" : kind === "guild" ? "server" : "chat";
  const { platform, account, chatId: id } = parseChatName(ref, what);
  return { kind, platform, account, id };
}

/** What a subject is called in sentences. */
export function shownSubject(subject: Subject): string {
  return harmless(`${subject.kind === "guild" ? "the server " : ""}${formatPlace(subject)}`);
}

export async function ruleOf(store: Store, subject: Subject): Promise<AccessRule | undefined> {
  return (await store.accessEntries()).find((entry) => isSame(entry, subject))?.rule;
}

/** What it is called, as far as that is known. */
export async function knownName(store: Store, { kind, platform, account, id }: Subject): Promise<string | undefined> {
  const chats = (await store.chats()).filter((chat) => chat.platform === platform && chat.account === account);
  if (kind === "guild") return chats.find(({ guildId }) => guildId === id)?.guildName;
  if (kind === "chat") return chats.find((chat) => chat.id === id)?.name;
  for (const { ref } of chats.toSorted((one, other) => other.lastAt - one.lastAt).slice(0, MOST_CHATS)) {
    const person = (await store.recentAuthors(ref, MOST_AUTHORS)).find((author) => author.id === id);
    if (person !== undefined) return person.name;
  }
  return undefined;
}

const MOST_CHATS = 50;
const MOST_AUTHORS = 50;

export function isConfiguredOwner({ owners }: Config, { kind, platform, id }: Subject): boolean {
  return kind === "user" && owners.includes(`${platform}:${id}`);
}

/** Where the configuration allows a subject, as its key; undefined if it does not. */
export function allowedBy({ allow }: Config, { kind, platform, id }: Subject): string | undefined {
  const list = kind === "user" ? "users" : "chats";
  return allow[list].includes(`${platform}:${id}`) ? `allow.${list}` : undefined;
}

export function storedRule({ kind, rule, name = "", by, at, ...subject }: AccessEntry): Rule {
  return { kind, ref: formatPlace(subject), rule, name, by, at: iso(at) };
}

export function configuredRules({ owners, allow }: Config): Rule[] {
  const said = { name: "", by: "configuration", at: null };
  return [
    ...owners.map((ref) => ({ kind: "user", ref, rule: "owner", ...said }) as const),
    ...allow.users.map((ref) => ({ kind: "user", ref, rule: "approved", ...said }) as const),
    ...allow.chats.map((ref) => ({ kind: "chat or guild", ref, rule: "approved", ...said }) as const),
  ];
}

export function ruleRows(rules: readonly Rule[]): string[][] {
  return rules.map(({ kind, ref, rule, name, by, at }) => [kind, ref, rule, name, by, at ?? ""]);
}

export const RULE_COLUMNS = ["KIND", "WHO", "RULE", "NAME", "BY", "SINCE"] as const;

function isSame(one: Subject, other: Subject): boolean {
  return (
    one.kind === other.kind && one.id === other.id && one.platform === other.platform && one.account === other.account
  );
}
