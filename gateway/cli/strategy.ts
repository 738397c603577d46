import { userInfo } from "node:os";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { suggest } from "../config/suggest.ts";
import { formatChatName, parseChatName } from "./chat-name.ts";
import { CliError, type Surroundings } from "./surroundings.ts";
import { visit } from "./visit.ts";

/**
 * Show or set a chat's strategy. A running gateway uses it from the next message on; what waits keeps its plan.
 */
export async function strategy({ env, cwd, print }: Surroundings, chat: string, name?: string): Promise<number> {
  const config = loadConfig({ env, cwd });
  const registry = await strategiesOf(config);
  const named = parseChatName(chat);
  const place = { level: "chat", ...named } as const;
  const shown = formatChatName(named);
  if (name !== undefined && name !== "reset" && registry.get(name) === undefined) {
    const close = suggest(name, registry.names());
    const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
    throw new CliError(`There is no strategy "${name}": choose one of ${registry.names().join(", ")}.${hint}`);
  }
  return visit(config.dataDir, async (store) => {
    if (name === undefined) {
      const own = await store.setting(place, "strategy");
      print(`${shown}: ${own ?? "(default)"}`);
      return 0;
    }
    await store.setSetting(place, "strategy", name === "reset" ? null : name, `cli:${userName()}`);
    const known = (await store.chats()).some(
      (summary) => summary.id === named.chatId && summary.platform === named.platform,
    );
    print(`${shown}: ${name === "reset" ? "(default)" : name}, from the next message on`);
    if (!known) print("Note: nothing has come from this chat yet.");
    return 0;
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return "unknown";
  }
}
