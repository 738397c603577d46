import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDatabase as openWebLog } from "../../adapters/web/log/database.ts";
import { type Findings, inspectFolder } from "../../sessions/sqlite/integrity.ts";
import { DATABASE_FILE } from "../../sessions/sqlite/store.ts";
import { loadConfig } from "../config/load.ts";
import { report } from "./report.ts";
import { size } from "./size.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless } from "./table.ts";

/** Look for damage in the data folder, beside a gateway or not. @returns 1 if there is any */
export async function check(around: Surroundings, options: JsonOption): Promise<number> {
  const { dataDir: folder } = loadConfig(around);
  if (!existsSync(join(folder, DATABASE_FILE))) {
    throw new CliError(`There is no data in ${folder} yet: start the gateway once, or name its folder in PARLEY_DATA.`);
  }
  const findings = inspectFolder(folder, { "web.db": () => openWebLog(":memory:") });
  const { schema, problems, files, counts } = findings;
  const fine = problems.length === 0;
  report(around, options, { value: { folder, fine, schema, problems, files, counts }, lines: () => lines(findings) });
  if (!options.json) {
    for (const { what, todo } of problems) around.complain(`${harmless(what)} ${todo}`);
    around.print(fine ? `${folder} is fine.` : `${folder} is not fine.`);
  }
  return fine ? 0 : 1;
}

function* lines({ schema, older, files, counts }: Findings): Generator<string> {
  for (const { name, bytes } of files) {
    const rows = Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([what, n]) => `${n} ${WORDS[what] ?? what}`);
    const more = name === "parley.db" ? [...(schema === null ? [] : [`schema ${schema}`]), ...rows] : [];
    yield [`${name}: ${size(bytes)}`, ...more].join(", ");
  }
  if (older) yield "The schema is older than this version's: the next start of the gateway brings it up to date.";
}

const WORDS: Record<string, string> = {
  transcript: "messages in conversations",
  conversations: "open conversations",
  toSend: "answers to send",
  parked: "answers that could not be sent",
};
