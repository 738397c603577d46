import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { StoreError } from "../store.ts";
import { isDatabase, PARTS, type Part } from "./backup-format.ts";
import { asStoreError } from "./database.ts";
import { moveInto, syncFolder } from "./durable-files.ts";

/** A backup is unpacked here; whatever is left here belongs to nobody. */
export const RESTORING = "restoring";
/** The same folder once everything in it is whole and on the disk: from then on it takes the place of what there was. */
export const RESTORED = "restored";
export const PLAN = "plan.json";

const planSchema = z.strictObject({
  /** What the backup holds. */
  parts: z.array(z.enum(PARTS)),
  /** The folder in the data folder into which goes what there was. */
  replaced: z.string().regex(/^replaced-[\w-]+$/),
});

export type RestorePlan = z.infer<typeof planSchema>;

export type FinishingStep = "planned" | `away ${string}` | `in ${string}` | "over";

/** What SQLite keeps beside a database: it belongs to the file that it stands beside, and to no other. */
const BESIDE = ["-wal", "-shm", "-journal", ""];

/**
 * Bring in what has been restored, if anything was; under the folder's lock and before its database is opened.
 *
 *     restoring/ ──▶ restored/ ──▶ old files in replaced-…/ ──▶ new files in their places ──▶ restoring/, removed
 *
 * Until `restored/` has its name nothing in the data folder has been touched, and after a crash nothing is. From then on
 * every crash leaves what the next call goes on with: a part that is still in `restored/` is not in yet, so the file
 * under its name is an old one. Old files go away before any new one comes, with what SQLite keeps beside them: a log of
 * the old database beside the new one would be read into it. Nothing is removed and nothing overwritten.
 *
 * @returns where the old files are; null if there were none, or nothing was restored
 * @throws StoreError `unwritable` or `unusable`
 */
export function finishRestore(folder: string, reached: (step: FinishingStep) => void = () => {}): string | null {
  const restored = join(folder, RESTORED);
  if (!existsSync(restored)) return null;
  try {
    const { parts, replaced } = planIn(restored);
    reached("planned");
    const isIn = (part: Part) => parts.includes(part) && !existsSync(join(restored, part));
    for (const part of PARTS) {
      if (isIn(part)) continue;
      for (const beside of isDatabase(part) ? BESIDE : [""]) {
        if (!existsSync(join(folder, part + beside))) continue;
        moveInto(join(folder, replaced), join(folder, part + beside), part + beside);
        reached(`away ${part}${beside}`);
      }
    }
    if (existsSync(join(folder, replaced))) syncFolder(join(folder, replaced));
    syncFolder(folder);
    for (const part of parts) {
      if (isIn(part)) continue;
      renameSync(join(restored, part), join(folder, part));
      reached(`in ${part}`);
    }
    syncFolder(folder);
    // Half of it must not be taken for something to bring in.
    renameSync(restored, join(folder, RESTORING));
    syncFolder(folder);
    reached("over");
    rmSync(join(folder, RESTORING), { recursive: true });
    return existsSync(join(folder, replaced)) ? join(folder, replaced) : null;
  } catch (error) {
    throw asStoreError(error, folder);
  }
}

/** @throws StoreError `locked` if something has been restored that is not all in */
export function refuseUnfinished(folder: string): void {
  if (!existsSync(join(folder, RESTORED))) return;
  throw new StoreError(
    "locked",
    `a restore of ${folder} is not finished: if nobody is at it, start the gateway, or run the restore again, to finish it`,
  );
}

function planIn(restored: string): RestorePlan {
  const file = join(restored, PLAN);
  try {
    return planSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const todo = `move ${restored} away and restore the backup again`;
    throw new StoreError("unusable", `${file} cannot be read: ${todo}`, { cause });
  }
}
