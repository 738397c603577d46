import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { extract } from "tar";
import { StoreError } from "../store.ts";
import { isDatabase, type Manifest, PARTS, type Part, sha256Of } from "./backup-format.ts";
import { asStoreError } from "./database.ts";
import { syncFile, syncFolder, writeDurably } from "./durable-files.ts";
import { examineBackup } from "./examine-backup.ts";
import { type FinishingStep, finishRestore, PLAN, RESTORED, RESTORING, type RestorePlan } from "./finish-restore.ts";
import { HOLDER_FILE, LOCK_FILE, lockFolder } from "./lock.ts";

export interface RestoreOptions {
  file: string;
  /** The data folder; it need not be there. */
  folder: string;
  /** The newest schema that this program knows, of each database. */
  schemas: Readonly<Partial<Record<Part, number>>>;
  /** Called before anything is changed if there are files that will be moved away; throwing leaves them. */
  agree(moved: readonly Part[], into: string): void;
  /** Epoch ms. Default: the system's clock. */
  now?: () => number;
  /** Told of each step once it is done. */
  reached?: (step: RestoreStep) => void;
}

export type RestoreStep = "agreed" | "unpacked" | "verified" | FinishingStep;

export interface Restored {
  manifest: Manifest;
  /** Where the files are that were there; null if there were none. */
  replaced: string | null;
}

/**
 * Put a backup in the place of what a data folder holds. What was there is moved into a folder of its own.
 *
 * Everything is unpacked beside the present files, held against the manifest, checked and brought to the disk. Then it
 * gets a name, and from that moment on it counts: see `finishRestore` for what a crash leaves, before and behind it.
 *
 * @throws StoreError `locked` if a gateway has the folder, `unusable` if the backup is damaged, foreign or newer,
 *   `unwritable`; whatever `agree` throws
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { file, folder, agree, now = Date.now, reached = () => {} } = options;
  const manifest = await examineBackup(file);
  refuseNewer(options, manifest);
  const lock = lockFolder(folder);
  try {
    for (const name of [LOCK_FILE, HOLDER_FILE]) giveToOwner(join(folder, name), folder);
    // One that was cut off comes first: what it has brought is what this one replaces.
    finishRestore(folder);
    const present = PARTS.filter((part) => existsSync(join(folder, part)));
    const replaced = freeName(folder, now());
    if (present.length > 0) agree(present, join(folder, replaced));
    reached("agreed");
    const parts = manifest.parts.map(({ name }) => name);
    await unpack(options, manifest, { parts, replaced });
    reached("verified");
    renameSync(join(folder, RESTORING), join(folder, RESTORED));
    syncFolder(folder);
    const kept = finishRestore(folder, reached);
    if (kept !== null) giveToOwner(kept, folder);
    return { manifest, replaced: kept };
  } catch (error) {
    throw asStoreError(error, folder);
  } finally {
    lock.release();
  }
}

function refuseNewer({ file, schemas }: RestoreOptions, { parley, parts }: Manifest): void {
  for (const { name, schema } of parts) {
    const known = schemas[name];
    if (schema === null || known === undefined || schema <= known) continue;
    throw new StoreError(
      "unusable",
      `${file} needs a newer version of Parley (${name} has schema ${schema}, this one knows ${known}): ` +
        `it was made by version ${parley}; restore it with that one or a later one`,
    );
  }
}

async function unpack({ file, folder, reached }: RestoreOptions, manifest: Manifest, plan: RestorePlan): Promise<void> {
  const unpacked = join(folder, RESTORING);
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { mode: 0o700 });
  try {
    const isPart = (path: string) => plan.parts.some((part) => part === path);
    await extract({
      file,
      cwd: unpacked,
      strict: true,
      preserveOwner: false,
      noMtime: true,
      filter: (path, entry) => isPart(path) && "type" in entry && entry.type === "File",
    });
    reached?.("unpacked");
    for (const { name, sha256, schema } of manifest.parts) {
      const part = join(unpacked, name);
      // It is read again: what counts is what has come to the disk.
      if ((await sha256Of(part)) !== sha256 || (isDatabase(name) && !isWhole(part, schema))) {
        throw new StoreError("unusable", `${name} in ${file} is damaged: take another backup`);
      }
      makeOwn(part, folder);
      syncFile(part);
    }
    writeDurably(join(unpacked, PLAN), JSON.stringify(plan));
    makeOwn(join(unpacked, PLAN), folder);
    syncFolder(folder);
  } catch (error) {
    rmSync(unpacked, { recursive: true, force: true });
    throw error;
  }
}

/** Nothing is written: it stays the file that was packed. */
function isWhole(file: string, schema: number | null): boolean {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true });
    const version = db.pragma("user_version", { simple: true });
    return version === schema && db.pragma("quick_check(1)", { simple: true }) === "ok";
  } catch (error) {
    if (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return false;
    throw error;
  } finally {
    db?.close();
  }
}

/** For the owner of the data folder alone, whoever restores it. */
function makeOwn(file: string, folder: string): void {
  chmodSync(file, 0o600);
  giveToOwner(file, folder);
}

function giveToOwner(file: string, folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(file, uid, gid);
}

function freeName(folder: string, at: number): string {
  const name = `replaced-${new Date(at).toISOString().slice(0, 19).replaceAll(":", "-")}`;
  let free = name;
  for (let n = 2; existsSync(join(folder, free)); n++) free = `${name}-${n}`;
  return free;
}
