import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The API's token that was made at the first start; made now if there is none. Only this user can read the file.
 *
 * @param dataDir exists, and is this process's alone
 */
export function storedToken(dataDir: string): string {
  const file = join(dataDir, "token");
  const stored = read(file);
  if (stored !== "") return stored;
  const token = randomBytes(24).toString("base64url");
  // Never half a token under the name that counts, whenever the process dies.
  const draft = `${file}.new`;
  writeFileSync(draft, `${token}\n`, { mode: 0o600, flush: true });
  renameSync(draft, file);
  return token;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return "";
  }
}
