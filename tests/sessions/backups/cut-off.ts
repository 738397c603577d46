/** Make a backup, restore one, or start on a data folder, and be killed at one of its steps. */
import { BACKUP_STEPS, backUp } from "../../../sessions/sqlite/backup.ts";
import { finishRestore } from "../../../sessions/sqlite/finish-restore.ts";
import { restore } from "../../../sessions/sqlite/restore.ts";

const [what = "", folder = "", file = "", at = ""] = process.argv.slice(2);
const reached = (step: string) => {
  if (step === at) process.kill(process.pid, "SIGKILL");
};

if (what === "backup") await backUp({ folder, file, version: "1.2.3", reached });
if (what === "restore") await restore({ folder, file, schemas: {}, agree: () => {}, now: () => 0, reached });
if (what === "finish") finishRestore(folder, reached);
// Nothing of the name exists: a test that counts on being cut off there must not pass.
if (what === "backup" && !BACKUP_STEPS.some((step) => step === at)) throw new Error(`no step ${at}`);
