import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Whatever the machine does from now on, what is in the file stays in it. */
export function syncFile(file: string): void {
  sync(file, "r+");
}

/** Whatever the machine does from now on, the folder has the names that it has now. */
export function syncFolder(folder: string): void {
  // Windows keeps names by itself, and opens no folder.
  if (process.platform !== "win32") sync(folder, "r");
}

function sync(path: string, flags: string): void {
  const opened = openSync(path, flags);
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** A new file for this user alone, on the disk when this returns. */
export function writeDurably(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flush: true });
  syncFolder(dirname(file));
}

/** Move a file into a folder, which is made if it is not there. Nothing that is in it is overwritten. */
export function moveInto(folder: string, from: string, name: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let to = join(folder, name);
  while (existsSync(to)) to += "+";
  renameSync(from, to);
}
