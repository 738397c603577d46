import { loadConfig } from "../config/load.ts";
import { formatChatName } from "./chat-name.ts";
import type { Surroundings } from "./surroundings.ts";
import { table } from "./table.ts";
import { visit } from "./visit.ts";

interface ListOptions {
  json?: boolean;
}

/** Chats with their names, strategies and what waits; ids and counts, never what was said. */
export async function chats({ env, cwd, print }: Surroundings, { json }: ListOptions): Promise<number> {
  const config = loadConfig({ env, cwd });
  const list = await visit(config.dataDir, (store) => store.chats());
  const described = list.map(({ platform, account, id, kind, name, strategy, sessions, waiting, failed }) => ({
    chat: formatChatName({ platform, account, chatId: id }),
    kind,
    name: name ?? "",
    strategy: strategy ?? "",
    sessions,
    waiting,
    failed,
  }));
  if (json) {
    print(JSON.stringify(described, null, 2));
    return 0;
  }
  if (described.length === 0) print("No chat has written yet.");
  else {
    const rows = described.map((chat) => [
      chat.chat,
      chat.kind,
      chat.name,
      chat.strategy || "(default)",
      String(chat.sessions),
      String(chat.waiting),
      String(chat.failed),
    ]);
    for (const line of table(["CHAT", "KIND", "NAME", "STRATEGY", "SESSIONS", "WAITING", "UNSENDABLE"], rows))
      print(line);
  }
  return 0;
}

/** Open sessions with their size in messages and tokens. */
export async function sessions({ env, cwd, print }: Surroundings, { json }: ListOptions): Promise<number> {
  const config = loadConfig({ env, cwd });
  const list = await visit(config.dataDir, (store) => store.sessions());
  if (json) print(JSON.stringify(list, null, 2));
  else if (list.length === 0) print("There is no conversation yet.");
  else {
    const rows = list.map(({ key, strategy, messages, inputTokens, outputTokens, startedAt }) => [
      key,
      strategy,
      String(messages),
      String(inputTokens),
      String(outputTokens),
      new Date(startedAt).toISOString(),
    ]);
    for (const line of table(["SESSION", "STRATEGY", "MESSAGES", "TOKENS IN", "TOKENS OUT", "SINCE"], rows))
      print(line);
  }
  return 0;
}
