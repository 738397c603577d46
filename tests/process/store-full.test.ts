import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebPerson } from "../fakes/web/client.ts";
import { Program } from "../gateway/stage/program.ts";

const NO_MOUNTS = "this user may mount nothing, so there is no small disk to fill";
const NO_SHELL = "this machine has no shell that limits the size of files";

const shell = (script: string) => ["sh", "-c", `${script} && exec "$@"`, "sh"];
/** A disk of its own in the data folder, which only the program and what looks through its eyes see. */
const onSmallDisk = ["unshare", "-m", ...shell("mount -t tmpfs -o size=4m none data")];
const limited = shell("ulimit -f 0");

/** Whether programs can be started so here. */
function works([command = "", ...line]: readonly string[], cwd: string): boolean {
  return spawnSync(command, [...line, "true"], { cwd, stdio: "ignore" }).status === 0;
}

function scene(): { cwd: string; start: (under?: readonly string[]) => Program } {
  const cwd = mkdtempSync(join(tmpdir(), "parley-full-"));
  mkdirSync(join(cwd, "data"));
  const programs: Program[] = [];
  onTestFinished(async () => {
    for (const program of programs) await program.end("SIGKILL");
    rmSync(cwd, { recursive: true });
  });
  return {
    cwd,
    start(under = []) {
      const program = new Program({ cwd, under, env: { PARLEY_PORT: "0", PARLEY_ACCESS: "open" } });
      programs.push(program);
      return program;
    },
  };
}

test("a small disk that runs full: nothing is acknowledged, and with room all goes on", async (context) => {
  const { cwd, start } = scene();
  if (!works(onSmallDisk, cwd)) return context.skip(NO_MOUNTS);
  const program = start(onSmallDisk);
  const url = await program.ready();
  const look = async () => (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(4_000) })).text();
  const alice = await WebPerson.join(url, "Alice");
  onTestFinished(() => alice.close());
  await alice.say("dm", "before");
  await alice.hears(({ user }) => user.isBot);

  const filler = `/proc/${program.child.pid}/root${join(cwd, "data", "filler")}`;
  expect(() => writeFileSync(filler, Buffer.alloc(8 * 2 ** 20))).toThrow("ENOSPC");
  const clientId = randomUUID();
  const text = `no room ${"for so much".padEnd(10_000, ".")}`;
  const send = () => alice.request("POST", "/rooms/dm/messages", { text, clientId });
  expect((await send()).status).toBe(503);
  await expect.poll(look, { timeout: 10_000 }).toMatch(/"ready":false/);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  rmSync(filler);
  await expect.poll(look, { timeout: 10_000 }).toMatch(/"ready":true/);
  expect((await send()).status).toBe(201);
  await alice.hears(({ user, text }) => user.isBot && text.includes("no room"));
  expect(alice.heard().filter(({ user }) => user.isBot)).toHaveLength(2);
  expect(await program.end()).toBe(0);
});

describe("a start on a full disk is refused with what to do", () => {
  test("with nothing there", async (context) => {
    const { cwd, start } = scene();
    if (!works(limited, cwd)) return context.skip(NO_SHELL);
    const program = start(limited);
    expect(await program.exited).toBe(1);
    expect(program.errors.join("\n")).toMatch(/cannot write .*grow no further .*raise the quota/);
  });

  test("with data there, which is left as it was", async (context) => {
    const { cwd, start } = scene();
    if (!works(limited, cwd)) return context.skip(NO_SHELL);
    const first = start();
    const alice = await WebPerson.join(await first.ready(), "Alice");
    await alice.say("dm", "before");
    await alice.hears(({ user }) => user.isBot);
    await alice.close();
    await first.end("SIGKILL");

    const refused = start(limited);
    expect(await refused.exited).toBe(1);
    expect(refused.errors.join("\n")).toMatch(/cannot write .*grow no further .*raise the quota/);

    const again = start();
    await alice.reconnect(await again.ready());
    onTestFinished(() => alice.close());
    await alice.say("dm", "are you there?");
    await alice.hears(({ user, text }) => user.isBot && text.includes("are you there?"));
    expect((await alice.history("dm")).map(({ user }) => user.isBot)).toEqual([false, true, false, true]);
  });
});
