import { closeSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

const TRIAL_FILE = "parley.trial";
/** More than a transaction usually takes. */
const TRIAL_BYTES = 64 * 1024;

/**
 * What an operator can do about a file that cannot be written. SQLite says of many causes only that the disk failed: then
 * the cause is found by writing something else beside it.
 *
 * @param code SQLite's or the system's
 * @param path the file, or the folder that holds it
 */
export function adviceFor(code: string, path: string): string {
  const cause = code.startsWith("SQLITE_IOERR") ? causeOf(path) : code;
  switch (cause) {
    case "SQLITE_FULL":
    case "ENOSPC":
      return `the disk is full${figures(path)}; free some space`;
    case "EDQUOT":
    case "EFBIG":
      return `the system lets it grow no further${figures(path)}; raise the quota or the limit on the size of files`;
    case "EIO":
    case undefined:
      return "the disk reports a fault; look at what the system's log says of it, and make a backup while it can be read";
    default:
      return "check that the folder exists, is writable for this user and is not on a read-only disk";
  }
}

/**
 * Write something beside the database, and take it away again.
 *
 * @throws NodeJS.ErrnoException
 */
export function tryWriting(folder: string): void {
  const file = join(folder, TRIAL_FILE);
  let trial: number | undefined;
  try {
    trial = openSync(file, "w", 0o600);
    const bytes = Buffer.alloc(TRIAL_BYTES);
    // The last bytes that there is room for are written, and it is the next ones that fail.
    for (let written = 0; written < TRIAL_BYTES; ) written += writeSync(trial, bytes, written);
  } finally {
    if (trial !== undefined) {
      closeSync(trial);
      rmSync(file, { force: true });
    }
  }
}

function causeOf(path: string): string | undefined {
  try {
    tryWriting(folderOf(path));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
}

/** How much is free and how much the data takes, where the system says so. */
function figures(path: string): string {
  try {
    const folder = folderOf(path);
    const { bavail, bsize } = statfsSync(folder);
    const taken = readdirSync(folder)
      .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
      .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0);
    return ` (${megabytes(bavail * bsize)} are free, the data takes ${megabytes(taken)})`;
  } catch {
    return "";
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
