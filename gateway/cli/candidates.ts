import type { AccessEntry } from "../../sessions/access.ts";
import { settingKind, settingKinds } from "../../sessions/settings.ts";
import type { Store } from "../../sessions/store.ts";
import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import { formatPlace } from "../chat-place.ts";
import { showCode } from "../codes.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { PLATFORMS, parseChatName } from "./chat-name.ts";
import { knownChat } from "./known-chat.ts";
import type { Surroundings } from "./surroundings.ts";
import { pathOf, type TypedWords } from "./typed-words.ts";
import { visit } from "./visit.ts";

/** Something that can be typed next, with a few words about it. */
export interface Candidate {
  value: string;
  about?: string | undefined;
}

const MOST_AUTHORS = 20;

/** What is known of the word that is being typed, from the configuration and the data folder. */
export async function candidatesFor(around: Surroundings, typed: TypedWords): Promise<Candidate[]> {
  const { argument, option, words, flags } = typed;
  const config = loadConfig(around);
  const look = (use: (store: Store) => Promise<Candidate[]>) => visit(config.dataDir, use).catch(() => []);
  if (option?.long === "--user") return look((store) => authors(store, words[0]));
  if (option?.long === "--strategies") return strategies(config);
  if (option !== undefined) return option.long === "--chat" ? look(chats) : [];
  switch (argument?.name()) {
    case "chat":
      return look(chats);
    case "place":
      return flags.has("--guild")
        ? look(serversOfAll)
        : [...PLATFORMS.map((value) => ({ value })), ...(await look(chats))];
    case "conversation":
      return look(async (store) => [...(await chats(store)), ...(await conversations(store))]);
    case "id": {
      const command = pathOf(typed.command);
      return look((store) => (command === "context show" ? compactions(store) : deliveries(store, command)));
    }
    case "user":
      return look((store) => authors(store, words[0]));
    case "strategy":
      return [...(await strategies(config)), { value: "reset", about: "What wider levels say" }];
    case "setting":
      return settingKinds.map(({ name, summary }) => ({ value: name, about: summary }));
    case "value":
      return words.length === 2 ? await values(config, words[1]) : [];
    case "code":
      return look(async (store) =>
        (await store.pairings()).map(({ code, chat, userName }) => ({
          value: showCode(code),
          about: `${userName}, ${formatPlace(chat)}`,
        })),
      );
    case "ref":
      return look((store) => subjects(store, pathOf(typed.command), words[0]));
    default:
      return [];
  }
}

async function chats(store: Store): Promise<Candidate[]> {
  return (await store.chats()).map((chat) => ({ value: formatPlace(chat), about: chat.name }));
}

async function conversations(store: Store): Promise<Candidate[]> {
  return (await store.sessions()).map(({ key, strategy }) => ({ value: key, about: strategy }));
}

async function compactions(store: Store): Promise<Candidate[]> {
  const all = (await store.sessions()).map(async ({ key }) =>
    (await store.compactions(key)).map(({ id, method }) => ({ value: String(id), about: `${key} ${method}` })),
  );
  return (await Promise.all(all)).flat();
}

/** What waits anyway cannot be put back. */
async function deliveries(store: Store, command: string): Promise<Candidate[]> {
  const fitting = (await store.deliveries()).filter(({ state }) => state === "parked" || command === "outbox drop");
  return fitting.map(({ id, chat, code = "" }) => ({
    value: String(id),
    about: `${formatPlace(chat)} ${code}`.trim(),
  }));
}

/** For all accounts of a platform, as settings hold. */
function serversOfAll(store: Store): Promise<Candidate[]> {
  return guilds(store, () => DEFAULT_ACCOUNT);
}

async function guilds(store: Store, named = (account: string) => account): Promise<Candidate[]> {
  const found = (await store.chats()).flatMap(({ platform, account, guildId: id, guildName: about }) =>
    id === undefined ? [] : [{ value: formatPlace({ platform, account: named(account), id }), about }],
  );
  return [...new Map(found.map((each) => [each.value, each])).values()];
}

async function authors(store: Store, chatName = ""): Promise<Candidate[]> {
  const { ref } = await knownChat(store, parseChatName(chatName));
  return (await store.recentAuthors(ref, MOST_AUTHORS)).map(({ id, name }) => ({ value: id, about: name }));
}

async function strategies(config: Config): Promise<Candidate[]> {
  const { strategiesOf } = await import("../compose.ts");
  return (await strategiesOf(config)).list().map(({ name, summary }) => ({ value: name, about: summary }));
}

async function values(config: Config, name = ""): Promise<Candidate[]> {
  const kind = settingKind(name);
  if (kind?.name === "strategy") return strategies(config);
  const words = kind?.expected.split(", ") ?? [];
  return words.filter((word) => kind?.parse(word) === word).map((value) => ({ value }));
}

/** Whom a command about access can mean. */
async function subjects(store: Store, command: string, kind: string | undefined): Promise<Candidate[]> {
  const wanted: Readonly<Record<string, (entry: AccessEntry) => boolean>> = {
    "access revoke": (entry) => entry.rule === "approved" && entry.kind === kind,
    "access unblock": ({ rule }) => rule === "blocked",
    "owner remove": ({ rule }) => rule === "owner",
  };
  if (command === "access allow" && kind === "chat") return chats(store);
  if (command === "access allow" && kind === "guild") return guilds(store);
  const fits = wanted[command];
  if (fits === undefined) return [];
  return (await store.accessEntries()).filter(fits).map((entry) => ({ value: formatPlace(entry), about: entry.name }));
}
