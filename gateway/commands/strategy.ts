import type { SettingPlace } from "../../sessions/chats.ts";
import { FORK_SETTING, forkText } from "../../sessions/forks.ts";
import type { AcceptedCommand, Fork } from "../../sessions/inbox.ts";
import { placesOf } from "../../sessions/places.ts";
import type { ChatSettings } from "../../sessions/settings.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { suggest } from "../config/suggest.ts";
import { explainChange, forkSource, type StrategyChange } from "../strategy-change.ts";
import { argumentsOf, unknownFlag } from "./arguments.ts";
import { type Answer, authorOf, type Command, type CommandContext, forCommand, isBeforeThread } from "./command.ts";
import { code, plainName } from "./markup.ts";

const RESET = "reset";
const MOST_PEOPLE = 6;
const UNCHANGED = "Nothing was changed.";

/**
 * Shows who shares a conversation with whom in the chat, and lets its admins choose: first it says what would change,
 * then it is done on confirmation. Who may is looked up at both. What waits keeps its plan.
 */
export const strategy: Command = {
  name: "strategy",
  description: "Show who shares a conversation here; admins can choose",
  options: (registry) => [
    {
      name: "name",
      description: "What shall hold in this chat from the next message on (admins only)",
      choices: [
        ...registry.names().map((value) => ({ value, description: registry.get(value)?.summary ?? value })),
        { value: RESET, description: "What holds where nobody has chosen" },
      ],
    },
    {
      name: "history",
      description: "What conversations of one person begin with; nothing unless you say otherwise",
      choices: [
        { value: "--fresh", description: "Nothing" },
        { value: "--fork", description: "A copy of the conversation that was shared until then" },
      ],
    },
    {
      name: "where",
      description: "For the whole chat, unless you say otherwise",
      choices: [{ value: "--here", description: "For this thread alone" }],
    },
  ],
  async run(call, context) {
    const { registry, isAdmin } = context;
    const given = argumentsOf(call);
    const [name = "", ...more] = given.words.map((word) => word.toLowerCase());
    const strange = unknownFlag(given, "fork", "fresh", "here", "confirm") ?? more[0];
    if (strange !== undefined) return `I do not know ${code(strange)} there. ${UNCHANGED}`;
    if (name === "") return await present(call, context);
    if (registry.get(name) === undefined && name !== RESET) return unknown(name, registry);
    if (call.chat.kind === "dm") return `A private chat is one conversation, whatever the strategy. ${UNCHANGED}`;
    const here = given.flags.has("here");
    if (here && call.to.threadId === undefined) {
      return `This is no thread of its own: a chain of replies has what its chat has. ${UNCHANGED}`;
    }
    if (!(await isAdmin())) return `Only an admin of this chat can choose its strategy. ${UNCHANGED}`;
    return await change(call, context, { name, here, flags: given.flags });
  },
};

interface Wish {
  /** A strategy, or `reset`. */
  name: string;
  here: boolean;
  flags: ReadonlySet<string>;
}

async function change(call: AcceptedCommand, context: CommandContext, wish: Wish): Promise<string | Answer> {
  const { store, router } = context;
  const { name, here, flags } = wish;
  const fork = flags.has("fork");
  if (fork && flags.has("fresh")) return `Either \`--fork\` or \`--fresh\`. ${UNCHANGED}`;
  const threadId = here ? call.to.threadId : undefined;
  const settings = await settingsIn(call, context, threadId, name);
  const proposal: StrategyChange = {
    chat: call.chat,
    threadId,
    people: (await store.recentAuthors(call.chat.ref, MOST_PEOPLE)).toReversed(),
    ...settings,
    fork,
  };
  const source = fork ? forkSource(router, proposal) : undefined;
  const taken = source === undefined ? null : await store.forkOf(source);
  if (fork && taken === null) {
    return (
      "There is no shared conversation here that everybody's own could begin with: `--fork` goes with a change from a " +
      `shared one to \`per-user\`. ${UNCHANGED}`
    );
  }
  if (!context.agreed) return preview(wish, proposal, context);
  return await carryOut(call, context, wish, proposal, taken);
}

function preview({ name, here, flags }: Wish, proposal: StrategyChange, { router, registry }: CommandContext): Answer {
  const summary = registry.get(proposal.after.strategy)?.summary ?? "";
  const scope = here ? "this thread" : "this chat";
  const what = name === RESET ? `What holds by default, ${code(proposal.after.strategy)},` : code(name);
  const how = [here ? " --here" : "", flags.has("fork") ? " --fork" : ""].join("");
  return {
    text: [
      `${what} for ${scope}: ${summary}`,
      explainChange(router, proposal, plainName),
      "Nothing is changed yet: confirm it with `/confirm`.",
    ].join("\n\n"),
    choices: [
      { label: "Confirm", command: `strategy ${name}${how} --confirm` },
      { label: "Cancel", command: "cancel" },
    ],
  };
}

async function carryOut(
  call: AcceptedCommand,
  { store, router, registry, noteChange }: CommandContext,
  { name, here }: Wish,
  proposal: StrategyChange,
  fork: Fork | null,
): Promise<string> {
  const chosen = registry.get(name);
  const place = placeOf(call, here);
  const holds = code(proposal.after.strategy);
  const how = chosen === undefined ? `${holds}, what holds by default` : `${holds} – ${chosen.summary}`;
  const said = `From the next message on: ${how}\n\n${explainChange(router, proposal, plainName)}`;
  await store.setSettings(
    place,
    {
      strategy: chosen?.name ?? null,
      [FORK_SETTING]: fork === null || chosen === undefined ? null : forkText(chosen.name, fork),
    },
    authorOf(call),
    forCommand(call, said),
  );
  noteChange({ what: "strategy", to: name });
  return said;
}

/** The settings of the place as they are, and as they would be. */
async function settingsIn(
  { chat }: AcceptedCommand,
  { store, router }: CommandContext,
  threadId: string | undefined,
  name: string,
): Promise<{ before: ChatSettings; after: ChatSettings }> {
  const levels = await store.settingsAt(placesOf(chat, threadId));
  const narrowest = threadId === undefined ? "chat" : "thread";
  const wider = levels.filter(({ level }) => level !== narrowest);
  const own = levels.find(({ level }) => level === narrowest)?.values ?? {};
  const { strategy: _, ...rest } = own;
  const next = { level: narrowest, values: name === RESET ? rest : { ...rest, strategy: name } } as const;
  const source = { platform: chat.platform, chat };
  return { before: router.settings(source, levels), after: router.settings(source, [...wider, next]) };
}

async function present(call: AcceptedCommand, { registry, isAdmin }: CommandContext): Promise<Answer> {
  const { plan } = call;
  const session = isBeforeThread(call) ? "a new one for each question" : code(plan.session);
  const choices = registry.names().map((name) => `- ${code(name)} – ${registry.get(name)?.summary ?? ""}`);
  const admin = call.chat.kind !== "dm" && (await isAdmin());
  return {
    text: [
      `**Strategy here:** ${code(plan.strategy)} – ${registry.get(plan.strategy)?.summary ?? "not loaded any more"}`,
      `**Your session:** ${session}`,
      `Admins of this chat can choose with \`/strategy\` and a name, or \`${RESET}\`:\n\n${choices.join("\n")}`,
    ].join("\n\n"),
    ...(admin && {
      choices: [...registry.names(), RESET].map((name) => ({ label: name, command: `strategy ${name}` })),
    }),
  };
}

function unknown(name: string, registry: StrategyRegistry): string {
  const close = suggest(name, [...registry.names(), RESET]);
  const hint = close === undefined ? "" : ` Did you mean ${code(close)}?`;
  return `There is no strategy ${code(name)}.${hint} \`/strategy\` alone lists them. ${UNCHANGED}`;
}

function placeOf({ to: { platform, account, chatId, threadId } }: AcceptedCommand, here: boolean): SettingPlace {
  const chat = { platform, account, chatId };
  return here && threadId !== undefined ? { level: "thread", ...chat, threadId } : { level: "chat", ...chat };
}
