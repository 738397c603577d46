import { loadConfig } from "../config/load.ts";
import { formatChatName, PLATFORMS, parseChatName } from "./chat-name.ts";
import { iso, report } from "./report.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, shortened, table } from "./table.ts";
import { visit } from "./visit.ts";

/** Who changed what, newest first; in one place with everything in it, or everywhere. */
export async function audit(
  around: Surroundings,
  place: string | undefined,
  options: JsonOption & { limit?: string },
): Promise<number> {
  const limit = options.limit === undefined ? undefined : parseLimit(options.limit);
  const where = place === undefined || isPlatform(place) ? place : formatChatName(parseChatName(place));
  const { dataDir } = loadConfig(around);
  const entries = await visit(dataDir, (store) =>
    store.audit({ ...(where === undefined ? {} : { where }), ...(limit === undefined ? {} : { limit }) }),
  );
  return report(around, options, {
    value: entries.map(({ id, at, ...entry }) => ({ id: String(id), at: iso(at), ...entry })),
    lines() {
      if (entries.length === 0) return ["Nothing was changed yet."];
      const rows = entries.map(({ at, by, what, where, from, to }) => [
        iso(at),
        by,
        what,
        where,
        from === null ? "-" : shortened(from),
        to === null ? "-" : shortened(to),
      ]);
      return table(["WHEN", "WHO", "WHAT", "WHERE", "FROM", "TO"], rows);
    },
  });
}

/** A whole platform, or one account on it. */
function isPlatform(text: string): boolean {
  return PLATFORMS.some(
    (platform) => text === platform || (text.startsWith(`${platform}@`) && /^[^:@]+@[^:@]+$/.test(text)),
  );
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new CliError(`"${harmless(text)}" is no limit: --limit takes a whole number from 1.`);
}
