import { formatPlace } from "../chat-place.ts";
import { loadConfig } from "../config/load.ts";
import { report } from "./report.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { table } from "./table.ts";
import { visit } from "./visit.ts";

/** Chats with their names, strategies and what waits; ids and counts, never what was said. */
export async function chats(around: Surroundings, options: JsonOption): Promise<number> {
  const { dataDir } = loadConfig(around);
  const list = await visit(dataDir, (store) => store.chats());
  const value = list.map((chat) => ({
    chat: formatPlace(chat),
    kind: chat.kind,
    name: chat.name ?? null,
    server: chat.guildId === undefined ? null : { id: chat.guildId, name: chat.guildName ?? null },
    strategy: chat.strategy ?? null,
    sessions: chat.sessions,
    waiting: chat.waiting,
    failed: chat.failed,
  }));
  return report(around, options, {
    value,
    lines() {
      if (value.length === 0) return ["No chat has written yet."];
      const rows = value.map(({ chat, kind, name, strategy, sessions, waiting, failed }) => [
        chat,
        kind,
        name ?? "",
        strategy ?? "(default)",
        String(sessions),
        String(waiting),
        String(failed),
      ]);
      return table(["CHAT", "KIND", "NAME", "STRATEGY", "SESSIONS", "WAITING", "UNSENDABLE"], rows);
    },
  });
}
