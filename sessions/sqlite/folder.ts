import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Make a folder for its owner alone, and those above it. Node's own `recursive` never returns where a folder says that it
 * does not exist, as below `/proc`.
 */
export function makeFolder(folder: string, mode = 0o700, parentMade = false): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    if (parentMade || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    makeFolder(dirname(folder), 0o777);
    makeFolder(folder, mode, true);
  }
}
