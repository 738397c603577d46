import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Backup, type BackupOptions, backUp } from "../../../sessions/sqlite/backup.ts";
import { type Restored, type RestoreOptions, restore } from "../../../sessions/sqlite/restore.ts";
import { openSqliteStore } from "../../../sessions/sqlite/store.ts";
import { message, routing } from "../messages.ts";

/** A folder for data folders and backups, which is gone after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "parley-backup-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder in which people have said these things. */
export async function dataWith(folder: string, ...texts: string[]): Promise<string> {
  const store = openSqliteStore(folder);
  for (const text of texts) {
    const inbound = message("alice", text);
    await store.accept(inbound, routing(inbound));
  }
  await store.close();
  writeFileSync(join(folder, "token"), `token of ${texts[0] ?? "nothing"}\n`, { mode: 0o600 });
  return folder;
}

/** What people have said in a data folder, once a gateway has opened it. */
export async function saidIn(folder: string): Promise<string[]> {
  const store = openSqliteStore(folder);
  const texts: string[] = [];
  for (const { lane } of await store.lanesWithWork()) {
    const claim = await store.claim(lane);
    if (claim.kind === "run") texts.push(...claim.run.messages.map(({ text }) => text));
  }
  await store.close();
  return texts;
}

export const tokenIn = (folder: string): string => readFileSync(join(folder, "token"), "utf8").trim();

export function makeBackup(folder: string, file: string, options: Partial<BackupOptions> = {}): Promise<Backup> {
  return backUp({ folder, file, version: "1.2.3", now: () => Date.UTC(2027, 0, 2), ...options });
}

export function restoreTo(folder: string, file: string, options: Partial<RestoreOptions> = {}): Promise<Restored> {
  return restore({ folder, file, schemas: {}, agree: () => {}, now: () => 0, ...options });
}

/** @returns the signal or the code with which it ended */
export async function cutOff(
  what: "backup" | "restore" | "finish",
  { folder, file = "", at }: { folder: string; file?: string; at: string },
): Promise<string | number | null> {
  const child = fork(fileURLToPath(new URL("cut-off.ts", import.meta.url)), [what, folder, file, at], {
    stdio: "ignore",
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return signal ?? code;
}

/** Somebody writes to both databases of a folder without a pause, until the test is over. */
export async function startWriting(folder: string): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true });
  const writer = fork(fileURLToPath(new URL("pair-writer.ts", import.meta.url)), [folder], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    if (writer.exitCode !== null || writer.signalCode !== null) return;
    writer.kill("SIGKILL");
    await once(writer, "exit");
  });
  await once(writer, "message");
  return writer;
}

/** All names in a folder, and in those in it. */
export function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
}
