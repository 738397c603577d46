import type { SettingPlace } from "../../sessions/chats.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { suggest } from "../config/suggest.ts";
import { type Command, isBeforeThread } from "./command.ts";
import { code } from "./markup.ts";

const RESET = "reset";

/** Shows who shares a conversation with whom in the chat, and lets its admins choose. What waits keeps its plan. */
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
  ],
  async run(call, { store, registry, isAdmin, noteChange }) {
    const name = call.message.command?.args.trim().toLowerCase() ?? "";
    const chosen = registry.get(name);
    if (name === "") return present(call, registry);
    if (chosen === undefined && name !== RESET) return unknown(name, registry);
    if (call.chat.kind === "dm")
      return "A private chat is one conversation, whatever the strategy. Nothing was changed.";
    if (!(await isAdmin())) return "Only an admin of this chat can choose its strategy. Nothing was changed.";
    await store.setSetting(placeOf(call), "strategy", chosen?.name ?? null, author(call));
    noteChange({ what: "strategy", to: chosen?.name ?? RESET });
    const holds = chosen === undefined ? "What holds by default" : `${code(chosen.name)} – ${chosen.summary}`;
    return `From the next message on: ${holds}${chosen === undefined ? " applies here." : ""}`;
  },
};

function present(call: AcceptedCommand, registry: StrategyRegistry): string {
  const { plan } = call;
  const session = isBeforeThread(call) ? "a new one for each question" : code(plan.session);
  const choices = registry.names().map((name) => `- ${code(name)} – ${registry.get(name)?.summary ?? ""}`);
  return [
    `**Strategy here:** ${code(plan.strategy)} – ${registry.get(plan.strategy)?.summary ?? "not loaded any more"}`,
    `**Your session:** ${session}`,
    `Admins of this chat can choose with \`/strategy\` and a name, or \`${RESET}\`:\n\n${choices.join("\n")}`,
  ].join("\n\n");
}

function unknown(name: string, registry: StrategyRegistry): string {
  const close = suggest(name, [...registry.names(), RESET]);
  const hint = close === undefined ? "" : ` Did you mean ${code(close)}?`;
  return `There is no strategy ${code(name)}.${hint} \`/strategy\` alone lists them. Nothing was changed.`;
}

function placeOf({ to: { platform, account, chatId } }: AcceptedCommand): SettingPlace {
  return { level: "chat", platform, account, chatId };
}

function author({ to, user }: AcceptedCommand): string {
  return `${to.platform}:${user.id}`;
}
