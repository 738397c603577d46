import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";

test("whoever stops npm start stops the gateway too, with a drain", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-npm-"));
  const npm = spawn("npm", ["start"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH: process.env.PATH, HOME: folder, PARLEY_PORT: "0", PARLEY_DATA: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(npm, "close");
  onTestFinished(async () => {
    npm.kill("SIGKILL");
    await closed;
    rmSync(folder, { recursive: true });
  });
  const logged: string[] = [];
  createInterface({ input: npm.stderr }).on("line", (line) => logged.push(line));
  await new Promise<void>((resolve) => {
    createInterface({ input: npm.stdout }).on("line", (line) => line.includes("http://") && resolve());
  });
  npm.kill("SIGTERM");
  // The pipes close when the last process that holds them has ended.
  await closed;
  expect(logged.at(-1)).toContain('"msg":"stopped"');
});
