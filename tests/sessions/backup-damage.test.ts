import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { extract, Header } from "tar";
import { beforeEach, describe, expect, test } from "vitest";
import type { Manifest } from "../../sessions/sqlite/backup-format.ts";
import { readManifest } from "../../sessions/sqlite/backup-format.ts";
import { examineBackup } from "../../sessions/sqlite/examine-backup.ts";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { Dice } from "../gateway/dice.ts";
import { dataWith, makeBackup, namesIn, restoreTo, saidIn, scratch } from "./backups/stage.ts";

let around: string;
let file: string;
let unpacked: string;
let target: string;
beforeEach(async () => {
  around = scratch();
  file = join(around, "parley.tar");
  target = join(around, "new");
  await makeBackup(await dataWith(join(around, "data"), "hello"), file);
  unpacked = join(around, "unpacked");
  mkdirSync(unpacked);
  await extract({ file, cwd: unpacked });
});

const unusable = { code: "unusable", message: expect.stringContaining("no backup of Parley") };

/** Nothing of it has got anywhere, the lock that was taken aside. */
async function expectRefused(backup: string, refusal: object = unusable): Promise<void> {
  await expect(examineBackup(backup), backup).rejects.toMatchObject(refusal);
  await expect(restoreTo(target, backup), backup).rejects.toMatchObject(refusal);
  expect(namesIn(target)).toEqual([]);
}

interface Entry {
  path: string;
  type?: "File" | "SymbolicLink" | "Link" | "Directory";
  linkpath?: string;
  content?: Buffer;
}

/** A tar of whatever somebody wants to smuggle in; of what has no content, what is unpacked under its name. */
function packed(...entries: Array<string | Entry>): string {
  const blocks = entries.flatMap((each) => {
    const { path, type = "File", ...rest } = typeof each === "string" ? { path: each } : each;
    const content = rest.content ?? (type === "File" ? readFileSync(join(unpacked, path)) : Buffer.alloc(0));
    const header = new Header({ path, type, size: content.length, mode: 0o600, mtime: new Date(0), ...rest });
    header.encode();
    return [header.block ?? Buffer.alloc(0), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  const forged = join(around, "forged.tar");
  writeFileSync(forged, Buffer.concat([...blocks, Buffer.alloc(1024)]));
  return forged;
}

const PARTS = ["manifest.json", "parley.db", "token"];

/** Change what the manifest says. */
function forge(change: (manifest: Manifest) => unknown): void {
  const name = join(unpacked, "manifest.json");
  writeFileSync(name, JSON.stringify(change(JSON.parse(readFileSync(name, "utf8")))));
}

test("a backup that was packed again, or compressed, is one all the same", async () => {
  const again = packed("manifest.json", "token", "parley.db");
  await restoreTo(target, again);
  expect(await saidIn(target)).toEqual(["hello"]);
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)));
  await restoreTo(join(around, "newer"), `${file}.gz`);
  expect(await saidIn(join(around, "newer"))).toEqual(["hello"]);
});

describe("refused is", () => {
  test.each([
    ["nothing", ""],
    ["a text", "This is a letter, and no backup.\n".repeat(100)],
    ["what has the look of noise", createHash("sha512").update("x").digest().toString("latin1").repeat(200)],
    ["what begins as if it were compressed", `\x1f\x8b\x08${"x".repeat(2_000)}`],
  ])("%s", async (_, content) => {
    writeFileSync(join(around, "other"), content, "latin1");
    await expectRefused(join(around, "other"));
  });

  test("a file that is not there, and a folder", async () => {
    await expectRefused(join(around, "nowhere.tar"), {
      code: "unwritable",
      message: expect.stringContaining("there is no file"),
    });
    await expectRefused(unpacked);
  });

  test("one that ends too early, wherever that is", async () => {
    const bytes = readFileSync(file);
    const dice = new Dice(7);
    // The last two blocks are empty and say that it ends: it is whole without them.
    const ends = Array.from({ length: 40 }, () => dice.roll(bytes.length - 2_000));
    for (const end of [511, 512, 513, ...ends]) {
      writeFileSync(join(around, "short.tar"), bytes.subarray(0, end));
      await expectRefused(join(around, "short.tar"));
      writeFileSync(join(around, "short.tar"), gzipSync(bytes).subarray(0, Math.floor(end / 40)));
      await expectRefused(join(around, "short.tar"));
    }
  });

  test("one with a bit that has changed, unless what it brings is the same", async () => {
    const bytes = readFileSync(file);
    const dice = new Dice(11);
    const wanted = await examineBackup(file);
    let refused = 0;
    for (let i = 0; i < 120; i++) {
      const changed = Buffer.from(bytes);
      const at = dice.roll(bytes.length);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << dice.roll(8)), at);
      writeFileSync(join(around, "changed.tar"), changed);
      const found = await examineBackup(join(around, "changed.tar")).catch((error: unknown) => error);
      if (found instanceof Error) {
        expect(found).toMatchObject({ code: "unusable" });
        refused += 1;
      } else expect(found).toEqual(wanted);
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("one with anything else in it: another file, a folder, a link, the same name again, a way out of the folder", async () => {
    const content = Buffer.from("x");
    const strange: Entry[] = [
      { path: "other", content },
      { path: "deep/token", content },
      { path: "deep", type: "Directory" },
      { path: "web.db", type: "Directory" },
      { path: "web.db", type: "SymbolicLink", linkpath: "/etc/hostname" },
      { path: "web.db", type: "SymbolicLink", linkpath: "../escaped" },
      { path: "web.db", type: "Link", linkpath: "parley.db" },
      { path: "parley.db" },
      { path: "manifest.json" },
      { path: "./web.db", content },
      { path: "../escaped", content },
      { path: join(around, "escaped"), content },
      { path: "restored/../../escaped", content },
    ];
    for (const entry of strange) {
      await expectRefused(packed(...PARTS, entry));
      await expectRefused(packed("manifest.json", entry, "parley.db", "token"));
    }
    expect(namesIn(around).some((name) => name.includes("escaped"))).toBe(false);
  });

  test("one without its manifest, or with the manifest not at its beginning, or without a part", async () => {
    await expectRefused(packed("parley.db", "token"));
    await expectRefused(packed("parley.db", "manifest.json", "token"));
    await expectRefused(packed("manifest.json", "parley.db"));
  });

  test("one with a part in another one's place", async () => {
    const [token, database] = ["token", "parley.db"].map((name) => readFileSync(join(unpacked, name)));
    await expectRefused(
      packed(
        "manifest.json",
        { path: "parley.db", content: token ?? Buffer.alloc(0) },
        { path: "token", content: database ?? Buffer.alloc(0) },
      ),
    );
  });

  test.each<[string, (manifest: Manifest) => unknown]>([
    ["lies about a size", (all) => ({ ...all, parts: [{ ...all.parts[0], bytes: 1 }, all.parts[1]] })],
    [
      "lies about what is in a part",
      (all) => ({ ...all, parts: [{ ...all.parts[0], sha256: "0".repeat(64) }, all.parts[1]] }),
    ],
    ["names a part twice", (all) => ({ ...all, parts: [all.parts[0], all.parts[0]] })],
    ["names a part that there is not", (all) => ({ ...all, parts: [all.parts[0], { ...all.parts[1], name: "../x" }] })],
    ["has no main database", (all) => ({ ...all, parts: [all.parts[1]] })],
    ["has something more to say", (all) => ({ ...all, more: 1 })],
    ["is a list", () => []],
  ])("one whose manifest %s", async (_, change) => {
    forge(change);
    await expectRefused(packed(...PARTS));
  });

  test("one of a newer form, saying so", async () => {
    forge((manifest) => ({ ...manifest, format: 2, parts: {} }));
    const refusal = { code: "unusable", message: expect.stringContaining("newer version of Parley") };
    await expectRefused(packed(...PARTS), refusal);
  });

  test("one whose database is damaged although it is what was packed, or is of another schema than it says", async () => {
    const database = join(unpacked, "parley.db");
    const bytes = readFileSync(database);
    const sum = () => createHash("sha256").update(readFileSync(database)).digest("hex");
    const named = (more: object) =>
      forge((all) => ({ ...all, parts: [{ ...all.parts[0], sha256: sum(), ...more }, all.parts[1]] }));
    named({ schema: 3 });
    const other = packed(...PARTS);
    await expect(restoreTo(target, other)).rejects.toMatchObject({ code: "unusable" });
    for (let page = 8192; page < bytes.length; page += 8192) bytes.fill(0xa5, page, page + 200);
    writeFileSync(database, bytes);
    named({ bytes: statSync(database).size });
    const damaged = packed(...PARTS);
    await expect(restoreTo(target, damaged)).rejects.toMatchObject({ code: "unusable" });
    expect(namesIn(target)).toEqual(["parley.lock", "parley.pid"]);
  });
});

test("any tar can read a backup", async () => {
  const listed = execFileSync("tar", ["tvf", file], { encoding: "utf8" }).trim().split("\n");
  expect(listed.map((line) => line.split(/\s+/).at(-1))).toEqual(["manifest.json", "parley.db", "token"]);
  for (const line of listed) expect(line).toMatch(/^-rw-------/);
  await restoreTo(target, file);
  expect(await checkDatabase(target)).toEqual([]);
});

test.each([
  { parley: { length: { toString: 1, valueOf: 1 } } },
  { parts: { length: { toString: 1, valueOf: 1 } } },
  null,
])("a manifest of a shape that nobody writes is none: %j", (shape) => {
  expect(readManifest(JSON.stringify(shape))).toBeNull();
});
