import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { create } from "tar";
import { StoreError } from "../store.ts";
import { type BackupPart, FORMAT, isDatabase, MANIFEST, type Manifest, PARTS, sha256Of } from "./backup-format.ts";
import { asStoreError } from "./database.ts";
import { syncFile, syncFolder, writeDurably } from "./durable-files.ts";
import { examineBackup } from "./examine-backup.ts";
import { refuseUnfinished } from "./finish-restore.ts";
import { LOCK_FILE, lockFolder } from "./lock.ts";
import { copyAtOneMoment } from "./snapshot.ts";

export const BACKUP_STEPS = ["begun", "pinned", "copied", "described", "packed", "named"] as const;

export interface BackupOptions {
  /** The data folder, whether a gateway runs on it or not. */
  folder: string;
  /** Where the backup goes: outside of the data folder. */
  file: string;
  /** Take the place of a backup that is there already. Default: it is refused. */
  force?: boolean;
  /** Of this program. */
  version: string;
  /** Epoch ms. Default: the system's clock. */
  now?: () => number;
  /** Told of each step once it is done. */
  reached?: (step: (typeof BACKUP_STEPS)[number]) => void;
}

export interface Backup {
  bytes: number;
  manifest: Manifest;
}

/** What is being made lies in a folder beside the file, under its name with this behind it. */
const UNFINISHED = ".parley-unfinished";
const PACKED = "backup.tar";

/**
 * Put everything that a data folder holds into one file, as it was at one moment, while a gateway goes on with it.
 *
 * The file is a tar of a manifest and the parts, for this user alone to read: there are credentials in it. It is made in a
 * folder beside it, read again from end to end, and gets its name when it is complete and on the disk, so that there is
 * never half a backup under a name that counts. A crash leaves that folder, whose lock ends with the process that made
 * it; the next backup into the same place clears it away.
 *
 * @throws StoreError `unwritable` if the file cannot be written or is there already, `unusable` if the data is damaged,
 *   `locked` if somebody else is making the same backup, or the databases are never free
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const { folder, file, version, now = Date.now, reached = () => {} } = options;
  refuseUnfinished(folder);
  if (!existsSync(join(folder, "parley.db"))) throw new StoreError("unusable", `there is no data in ${folder}`);
  refuseTarget(options);
  tryTo(file, () => clearUnfinished(dirname(file)));
  const draft = `${file}${UNFINISHED}`;
  const lock = lockDraft(draft, file);
  try {
    reached("begun");
    const present = PARTS.filter((part) => existsSync(join(folder, part)));
    const copies = present.filter(isDatabase).map((part) => ({ from: join(folder, part), to: join(draft, part) }));
    const createdAt = new Date(now()).toISOString();
    const schemas = await copyAtOneMoment(copies, () => reached("pinned"));
    if (present.includes("token")) copyFileSync(join(folder, "token"), join(draft, "token"));
    reached("copied");
    const parts: BackupPart[] = [];
    for (const name of present) {
      const copy = join(draft, name);
      chmodSync(copy, 0o600);
      const { size: bytes } = statSync(copy);
      parts.push({ name, bytes, sha256: await sha256Of(copy), schema: schemas.get(copy) ?? null });
    }
    const manifest: Manifest = { format: FORMAT, parley: version, createdAt, parts };
    writeDurably(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    reached("described");
    const packed = join(draft, PACKED);
    const archive = { file: packed, cwd: draft, portable: true, strict: true, mode: 0o600, mtime: new Date(createdAt) };
    await create(archive, [MANIFEST, ...present]);
    syncFile(packed);
    await examineBackup(packed);
    reached("packed");
    refuseTarget(options);
    const { size: bytes } = statSync(packed);
    renameSync(packed, file);
    syncFolder(dirname(file));
    reached("named");
    return { bytes, manifest };
  } catch (error) {
    throw asStoreError(error, file);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    lock.release();
  }
}

/** A place where a backup would do harm, or be none. */
function refuseTarget({ folder, file, force = false }: BackupOptions): void {
  tryTo(file, () => {
    const inFolder = `${realpathSync(dirname(file))}${sep}`.startsWith(`${realpathSync(folder)}${sep}`);
    if (inFolder) throw new StoreError("unwritable", `${file} is in the data folder: a backup belongs somewhere else`);
    const present = statSync(file, { throwIfNoEntry: false });
    if (present === undefined) return;
    if (!present.isFile())
      throw new StoreError("unwritable", `${file} is no file that a backup could take the place of`);
    if (!force) {
      throw new StoreError("unwritable", `${file} is there already: choose another name, or overwrite it with --force`);
    }
  });
}

function tryTo(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw asStoreError(error, file);
  }
}

/** @throws StoreError if others can look into the folder, or own it: what would be in it are credentials */
function lockDraft(draft: string, file: string): { release(): void } {
  tryTo(file, () => makeOwnFolder(draft));
  try {
    return lockFolder(draft);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "locked") throw error;
    throw new StoreError("locked", `another process is writing a backup to ${file}`, { cause: error });
  }
}

function makeOwnFolder(draft: string): void {
  try {
    mkdirSync(draft, { mode: 0o700 });
  } catch (error) {
    const { mode, uid } = lstatSync(draft, { throwIfNoEntry: false }) ?? {};
    if (mode === undefined || uid === undefined) throw error;
    const isOwn =
      (mode & 0o170000) === 0o040000 &&
      (process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0));
    if (!isOwn) throw new StoreError("unwritable", `${draft} is somebody else's: remove it, or choose another folder`);
  }
}

/** Clear away what backups that were cut off have left beside this one. Those that are being made stay. */
function clearUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const draft = join(folder, name);
    if (!name.endsWith(UNFINISHED) || !existsSync(join(draft, LOCK_FILE))) continue;
    try {
      const lock = lockFolder(draft);
      rmSync(draft, { recursive: true, force: true });
      lock.release();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
}
