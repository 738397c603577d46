import { loadConfig } from "../config/load.ts";
import { iso, report } from "./report.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { table } from "./table.ts";
import { visit } from "./visit.ts";

/** Open sessions with their size in messages and tokens. */
export async function sessions(around: Surroundings, options: JsonOption): Promise<number> {
  const { dataDir } = loadConfig(around);
  const list = await visit(dataDir, (store) => store.sessions());
  const value = list.map((session) => ({ ...session, startedAt: iso(session.startedAt) }));
  return report(around, options, {
    value,
    lines() {
      if (value.length === 0) return ["There is no conversation yet."];
      const rows = value.map(({ key, strategy, messages, inputTokens, outputTokens, startedAt }) => [
        key,
        strategy,
        String(messages),
        String(inputTokens),
        String(outputTokens),
        startedAt,
      ]);
      return table(["SESSION", "STRATEGY", "MESSAGES", "TOKENS IN", "TOKENS OUT", "SINCE"], rows);
    },
  });
}
