import { isLid, personJid, personOf } from "../../adapters/whatsapp/ids.ts";
import type { AccessEntry, AccessRule, Subject } from "../../sessions/access.ts";
import type { Store } from "../../sessions/store.ts";
import { formatPlace } from "../chat-place.ts";
import type { Config } from "../config/config.ts";
import { demandPossible, parseChatName } from "./chat-name.ts";
import { iso } from "./report.ts";
import { harmless } from "./table.ts";

/** One rule about who is answered, made by owners or said by the configuration. */
export interface Rule {
  kind: Subject["kind"] | "chat or guild";
  /** `platform[@account]:id` */
  ref: string;
  rule: AccessRule;
  /** Null where it is not known. */
  name: string | null;
  /** Who made it, or `configuration`. */
  by: string;
  /** Null for what the configuration says. */
  at: string | null;
}

/**
 * Read whom or what a rule is about.
 *
 * @param made the rule is to be made: then the platform must be able to have such an id
 */
export function parseSubject(kind: Subject["kind"], ref: string, { made = false } = {}): Subject {
  const what = kind === "user" ? "person" : kind === "guild" ? "server" : "chat";
  const name = parseChatName(ref, what);
  if (made) demandPossible(name, what);
  const { platform, account, chatId: id } = name;
  return { kind, platform, account, id };
}

/** What a subject is called in sentences. */
export function shownSubject(subject: Subject): string {
  return harmless(`${subject.kind === "guild" ? "the server " : ""}${formatPlace(subject)}`);
}

/** What a person is known by, of whatever ids; of chats and servers the one that they have. */
export async function idsOf(store: Store, { kind, platform, account, id }: Subject): Promise<string[]> {
  if (kind !== "user") return [id];
  const spellings = platform === "whatsapp" ? spellingsOf(id) : [];
  const known = await Promise.all([id, ...spellings].map((each) => store.idsOf({ platform, account }, each)));
  return [...new Set(known.flat())];
}

/** A phone number in every way in which people and WhatsApp write it. */
function spellingsOf(id: string): string[] {
  const jid = personJid(id);
  if (jid === undefined || isLid(jid)) return [];
  const { aliases, id: first } = personOf({ phone: jid });
  return [first, ...aliases];
}

/** The rule that holds for any of the ids: an ownership before a block, and that before an approval. */
export async function ruleOf(
  store: Store,
  { kind, platform, account }: Subject,
  ids: readonly string[],
): Promise<AccessEntry | undefined> {
  const entries = (await store.accessEntries()).filter(
    (entry) =>
      entry.kind === kind && entry.platform === platform && entry.account === account && ids.includes(entry.id),
  );
  const ranks: readonly AccessRule[] = ["owner", "blocked", "approved"];
  return entries.toSorted((one, other) => ranks.indexOf(one.rule) - ranks.indexOf(other.rule))[0];
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

export function isConfiguredOwner({ owners }: Config, { kind, platform }: Subject, ids: readonly string[]): boolean {
  return kind === "user" && ids.some((id) => owners.includes(`${platform}:${id}`));
}

/** Where the configuration allows a subject, as its key; undefined if it does not. */
export function allowedBy({ allow }: Config, { kind, platform }: Subject, ids: readonly string[]): string | undefined {
  const list = kind === "user" ? "users" : "chats";
  return ids.some((id) => allow[list].includes(`${platform}:${id}`)) ? `allow.${list}` : undefined;
}

export function storedRule({ kind, rule, name, by, at, ...subject }: AccessEntry): Rule {
  return { kind, ref: formatPlace(subject), rule, name: name ?? null, by, at: iso(at) };
}

export function configuredRules({ owners, allow }: Config): Rule[] {
  const said = { name: null, by: "configuration", at: null };
  return [
    ...owners.map((ref) => ({ kind: "user", ref, rule: "owner", ...said }) as const),
    ...allow.users.map((ref) => ({ kind: "user", ref, rule: "approved", ...said }) as const),
    ...allow.chats.map((ref) => ({ kind: "chat or guild", ref, rule: "approved", ...said }) as const),
  ];
}

export function ruleRows(rules: readonly Rule[]): string[][] {
  return rules.map(({ kind, ref, rule, name, by, at }) => [kind, ref, rule, name ?? "", by, at ?? ""]);
}

export const RULE_COLUMNS = ["KIND", "WHO", "RULE", "NAME", "BY", "SINCE"] as const;
