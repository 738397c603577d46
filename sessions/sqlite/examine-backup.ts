import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { list, type ReadEntry } from "tar";
import { StoreError } from "../store.ts";
import { FORMAT, MANIFEST, type Manifest, PARTS, readManifest } from "./backup-format.ts";
import { asStoreError } from "./database.ts";

const MOST_MANIFEST_BYTES = 64 * 1024;

interface Found {
  bytes: number;
  sha256: string;
}

/**
 * Read a backup from its beginning to its end and hold it against its manifest; nothing of it is written anywhere.
 *
 * It has to be what `backUp` makes and nothing else: a file that nobody knows, a second one of the same name, a link or a
 * folder in it makes it a foreign one. One that was compressed with gzip since is read as well.
 *
 * @throws StoreError `unusable` if it is damaged, foreign or of a newer form; `unwritable` if it cannot be read
 */
export async function examineBackup(file: string): Promise<Manifest> {
  let text = "";
  let strange = false;
  const found = new Map<string, Found>();

  function look(entry: ReadEntry): void {
    const { path, type } = entry;
    const isKnown = path === MANIFEST ? found.size === 0 : (PARTS as readonly string[]).includes(path);
    if (type !== "File" || !isKnown || found.has(path)) {
      strange = true;
      return;
    }
    const hash = createHash("sha256");
    const at: Found = { bytes: entry.size, sha256: "" };
    found.set(path, at);
    entry.on("data", (bytes) => {
      hash.update(bytes);
      if (path === MANIFEST && text.length <= MOST_MANIFEST_BYTES) text += bytes.toString("utf8");
    });
    entry.on("end", () => {
      at.sha256 = hash.digest("hex");
    });
  }

  try {
    if (!statSync(file).isFile()) throw foreign(file, "it is no file");
    await list({ file, strict: true, onReadEntry: look });
  } catch (error) {
    throw readFailure(error, file);
  }
  if (strange || !found.has(MANIFEST) || text.length > MOST_MANIFEST_BYTES)
    throw foreign(file, "it holds something else");
  const manifest = readManifest(text);
  if (manifest === null) throw foreign(file, "it does not say what is in it");
  if ("newerFormat" in manifest) {
    const forms = `its form is number ${manifest.newerFormat}, this version knows ${FORMAT}`;
    throw new StoreError(
      "unusable",
      `${file} was made by a newer version of Parley (${forms}): restore it with that one`,
    );
  }
  found.delete(MANIFEST);
  if (found.size !== manifest.parts.length) throw damaged(file);
  for (const { name, bytes, sha256 } of manifest.parts) {
    const part = found.get(name);
    if (part === undefined || part.bytes !== bytes || part.sha256 !== sha256) throw damaged(file);
  }
  return manifest;
}

function readFailure(error: unknown, file: string): unknown {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return new StoreError("unwritable", `there is no file ${file}`, { cause: error });
  if (code === "EACCES") return new StoreError("unwritable", `this user may not read ${file}`, { cause: error });
  // The library says of a file that is none of its own, or one that ends too early, what it stumbled over.
  if (/^(TAR_|Z_|ZlibError|Brotli|Zstd)/.test(code) || (error as Error).name === "ZlibError")
    return damaged(file, error);
  return asStoreError(error, file);
}

function damaged(file: string, cause?: unknown): StoreError {
  return new StoreError("unusable", `${file} is damaged, or no backup of Parley: take another backup`, { cause });
}

function foreign(file: string, why: string): StoreError {
  return new StoreError("unusable", `${file} is no backup of Parley: ${why}`);
}
