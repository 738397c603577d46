import type { SettingPlace } from "../../sessions/chats.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import { placesOf } from "../../sessions/places.ts";
import {
  type ResolvedSetting,
  resolveSettings,
  type SettingKind,
  settingKind,
  settingKinds,
} from "../../sessions/settings.ts";
import { suggest } from "../config/suggest.ts";
import { humanValue } from "../setting-words.ts";
import { count } from "../words.ts";
import { type Arguments, argumentsOf, unknownFlag } from "./arguments.ts";
import { authorOf, type Command, type CommandContext, forCommand } from "./command.ts";
import { code } from "./markup.ts";

const RESET = "reset";
const UNCHANGED = "Nothing was changed.";

/** Where a setting can be made, by the flag that says so. */
const SCOPES = {
  here: { level: "thread", words: "in this thread", missing: "This is no thread of its own" },
  chat: { level: "chat", words: "in this chat", missing: "This is no chat" },
  server: { level: "guild", words: "on this server", missing: "There is no server here" },
  platform: { level: "platform", words: "on this platform", missing: "There is no platform here" },
} as const;
const FLAGS = ["here", "server", "platform"];

type Scope = keyof typeof SCOPES;

/**
 * Shows every setting with the level it comes from, and lets admins set those of their chat or thread. What costs the
 * operator money, and what holds beyond the chat, is for owners.
 */
export const settings: Command = {
  name: "settings",
  description: "Show the settings here and where they come from; admins can set them",
  options: () => [
    {
      name: "name",
      description: "Which one; all unless you say",
      choices: settingKinds.map(({ name, summary }) => ({ value: name, description: summary })),
    },
    { name: "value", description: `What shall hold, or ${RESET} (admins only)`, choices: [] },
    {
      name: "where",
      description: "In the whole chat, unless you say otherwise",
      choices: [
        { value: "--here", description: "In this thread alone" },
        { value: "--server", description: "On the whole server (owners only)" },
        { value: "--platform", description: "On the whole platform (owners only)" },
      ],
    },
  ],
  async run(call, context) {
    const given = argumentsOf(call, 1, FLAGS);
    const [name] = given.words;
    const strange = unknownFlag(given, ...FLAGS);
    if (strange !== undefined) return `I do not know ${code(`--${strange}`)} there. ${UNCHANGED}`;
    if (name === undefined) return await showAll(call, context);
    const kind = settingKind(name);
    if (kind === undefined) return unknown(name);
    const value = given.text;
    if (value === "") return await showOne(call, context, kind);
    if (kind.name === "strategy") return `\`/strategy\` changes that, and says first what it means. ${UNCHANGED}`;
    return await set(call, context, kind, value, given);
  },
};

async function set(
  call: AcceptedCommand,
  { store, isAdmin, isOwner, noteChange }: CommandContext,
  kind: SettingKind,
  text: string,
  { flags }: Arguments,
): Promise<string> {
  const scopes = (Object.keys(SCOPES) as Scope[]).filter((scope) => flags.has(scope));
  const [scope = "chat"] = scopes;
  if (scopes.length > 1) return `One place at a time. ${UNCHANGED}`;
  const { level, words, missing } = SCOPES[scope];
  const place = placesOf(call.chat, call.to.threadId).find((each) => each.level === level);
  if (place === undefined) return `${missing}. ${UNCHANGED}`;
  const refused = await refusal(kind, place, isAdmin, isOwner);
  if (refused !== undefined) return `${refused} ${UNCHANGED}`;
  const value = text.toLowerCase() === RESET ? null : kind.parse(text);
  if (value === undefined) return `${code(kind.name)} takes ${kind.expected}. ${UNCHANGED}`;
  const said =
    value === null
      ? `${code(kind.name)} is not set ${words} any more: what holds is that of the next wider level.`
      : `From now, ${words}: ${code(kind.name)} is ${shown({ kind, value, from: level }, true)}`;
  await store.setSettings(place, { [kind.name]: value }, authorOf(call), forCommand(call, said));
  // What the agent is told is nobody's business who reads logs.
  noteChange({ what: kind.name, to: value === null ? RESET : kind.name === "extraPrompt" ? "(a text)" : value });
  return said;
}

async function refusal(
  kind: SettingKind,
  { level }: SettingPlace,
  isAdmin: CommandContext["isAdmin"],
  isOwner: CommandContext["isOwner"],
): Promise<string | undefined> {
  if (kind.who === "owner" || level === "guild" || level === "platform") {
    return (await isOwner()) ? undefined : "Only an owner of this bot can set that.";
  }
  return (await isAdmin()) ? undefined : "Only an admin of this chat can change its settings.";
}

async function showAll(call: AcceptedCommand, context: CommandContext): Promise<string> {
  const list = await resolved(call, context);
  const lines = list.map((each) => `- ${code(each.kind.name)}: ${withOrigin(each, false)}`);
  return `${lines.join("\n")}\n\n\`/settings\` with a name says what it means.`;
}

async function showOne(call: AcceptedCommand, context: CommandContext, kind: SettingKind): Promise<string> {
  const all = await resolved(call, context);
  const one = all.find((each) => each.kind === kind);
  const whole = kind.name === "extraPrompt" && (await context.isAdmin());
  return [
    `**${kind.name}:** ${one === undefined ? "not set" : withOrigin(one, whole)}`,
    `${kind.summary}. It takes ${kind.expected}; ${kind.who === "owner" ? "owners of this bot" : "admins of this chat"} can set it.`,
  ].join("\n\n");
}

async function resolved(
  { chat, to }: AcceptedCommand,
  { store, registry, configured }: CommandContext,
): Promise<ResolvedSetting[]> {
  const { defaults, levels } = configured();
  const stored = await store.settingsAt(placesOf(chat, to.threadId));
  return resolveSettings(defaults, [...levels, ...stored], (name) => registry.get(name) !== undefined);
}

/** @param whole true if whoever reads it may read what the agent is told */
function shown({ kind, value }: ResolvedSetting, whole: boolean): string {
  if (value === undefined) return "not set";
  return kind.name === "extraPrompt" && !whole
    ? `a text of ${count(value.length, "character")}`
    : code(humanValue(kind.name, value));
}

function withOrigin(setting: ResolvedSetting, whole: boolean): string {
  return setting.value === undefined ? "not set" : `${shown(setting, whole)} – ${origin(setting)}`;
}

function origin({ from }: ResolvedSetting): string {
  return from === "default" ? "the default" : `set for the ${from === "guild" ? "server" : from}`;
}

function unknown(name: string): string {
  const close = suggest(
    name,
    settingKinds.map((kind) => kind.name),
  );
  const hint = close === undefined ? "" : ` Did you mean ${code(close)}?`;
  return `There is no setting ${code(name)}.${hint} \`/settings\` alone lists them. ${UNCHANGED}`;
}
