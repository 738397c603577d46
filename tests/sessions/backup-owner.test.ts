import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { dataWith, makeBackup, restoreTo, scratch } from "./backups/stage.ts";

test("a database that lost all that was in it is damage, and is never put in the place of a backup", async () => {
  const around = scratch();
  const [data, file] = [await dataWith(join(around, "data"), "one"), join(around, "b.tar")];
  await makeBackup(data, file);
  const before = readFileSync(file);
  truncateSync(join(data, "parley.db"), 0);
  expect(await checkDatabase(data)).toEqual([expect.stringContaining("parley.db: it is empty")]);
  await expect(makeBackup(data, file, { force: true })).rejects.toMatchObject({ code: "unusable" });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.skipIf(process.getuid?.() !== 0)("whoever restores, the folder's owner can use all that is in it", async () => {
  const around = scratch();
  const [data, file, other] = [await dataWith(join(around, "data"), "one"), join(around, "b.tar"), join(around, "new")];
  await makeBackup(data, file);
  mkdirSync(other);
  chownSync(other, 65534, 65534);
  await restoreTo(other, file);
  const { replaced } = await restoreTo(other, file);
  for (const name of ["parley.db", "parley.lock", "parley.pid", "token"])
    expect(statSync(join(other, name)).uid, name).toBe(65534);
  expect(statSync(replaced ?? "").uid).toBe(65534);
});

test.skipIf(process.getuid?.() !== 0)(
  "nothing is made in a folder that somebody else has put where it would be made",
  async () => {
    const around = scratch();
    const [data, file] = [await dataWith(join(around, "data"), "one"), join(around, "b.tar")];
    const trap = `${file}.parley-unfinished`;
    mkdirSync(trap);
    chmodSync(trap, 0o777);
    chownSync(trap, 65534, 65534);
    const seen: unknown[] = [];
    const reached = (step: string) => {
      if (step === "copied")
        seen.push([statSync(trap).uid, (statSync(join(trap, "parley.db")).mode & 0o777).toString(8)]);
    };
    const made = await makeBackup(data, file, { reached }).then(
      () => "made",
      (error) => error.code,
    );
    expect([made, seen]).toEqual(["unwritable", []]);
  },
);
