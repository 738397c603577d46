import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findRuntime, isSupported } from "../../../bin/runtime.js";
import { installRuntime, packageTree, run } from "./package-tree.ts";
import { scratchFolder } from "./scratch.ts";

interface OldNode {
  name: string;
  /** What to run before the script's path. */
  command(): [string, ...string[]];
}

/** This Node, saying that it is an old one until it has been relaunched. */
const pretended: OldNode = {
  name: "a Node that says it is old",
  command() {
    const preload = join(scratchFolder(), "old.cjs");
    writeFileSync(
      preload,
      'if (!process.env.PARLEY_LAUNCHER_PID) Object.defineProperty(process.versions, "node", { value: "20.1.0" });',
    );
    return [process.execPath, "--require", preload];
  },
};

const oldNodes = [pretended, ...installedOldNode()];

const waiting = `
  let signals = 0;
  const done = Promise.withResolvers<number>();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(name, () => console.log(name + " " + ++signals));
  }
  process.stdin.on("data", (code) => done.resolve(Number(code)));
  console.log("ready");
  const code = await done.promise;
  process.stdin.destroy();
  return code;
`;

describe.each(oldNodes)("under $name", ({ command }) => {
  test("the program runs in the Node beside the package, with its arguments, and gives its exit code", async () => {
    const program = `console.log(JSON.stringify([argv, process.execPath, Object.keys(process.env).filter((n) => n.startsWith("PARLEY"))])); return 7;`;
    const { root, script } = packageTree(program);
    installRuntime(root);
    const [node, ...options] = command();
    const { code, stdout, stderr } = await run(node, [...options, script, "check", "--flag", "a b"]).ended;
    expect([code, stderr]).toEqual([7, ""]);
    expect(JSON.parse(stdout)).toEqual([["check", "--flag", "a b"], process.execPath, []]);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "%s to the launcher reaches the program every time",
    async (name) => {
      const { root, script } = packageTree(waiting);
      installRuntime(root);
      const [node, ...options] = command();
      const { child, line, ended } = run(node, [...options, script]);
      await line("ready");
      child.kill(name);
      await line(`${name} 1`);
      child.kill(name);
      await line(`${name} 2`);
      child.stdin?.end("0");
      expect(await ended).toMatchObject({ code: 0, signal: null, stdout: `ready\n${name} 1\n${name} 2\n` });
    },
  );

  test("a signal to the whole group reaches the program once", async () => {
    const { root, script } = packageTree(waiting);
    installRuntime(root);
    const [node, ...options] = command();
    const { child, line, ended } = run(node, [...options, script]);
    await line("ready");
    process.kill(-Number(child.pid), "SIGINT");
    await line("SIGINT 1");
    // The launcher passes its signals on in order: when the next one is there, a second SIGINT would have been.
    child.kill("SIGTERM");
    await line("SIGTERM 2");
    child.stdin?.end("3");
    expect(await ended).toMatchObject({ code: 3, stdout: "ready\nSIGINT 1\nSIGTERM 2\n" });
  });

  test("a signal ends a program that does not handle it, and the launcher in the same way", async () => {
    const { root, script } = packageTree(`console.log("ready"); setInterval(() => {}, 1e6); return 0;`);
    installRuntime(root);
    const [node, ...options] = command();
    const { child, line, ended } = run(node, [...options, script]);
    await line("ready");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("a program that was killed takes the launcher with it", async () => {
    const { root, script } = packageTree(`process.kill(process.pid, "SIGKILL"); return 0;`);
    installRuntime(root);
    const [node, ...options] = command();
    expect(await run(node, [...options, script]).ended).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  test("a launcher that was killed takes the program with it", async () => {
    const { root, script } = packageTree(waiting);
    installRuntime(root);
    const [node, ...options] = command();
    const { child, line, ended } = run(node, [...options, script]);
    await line("ready");
    child.kill("SIGKILL");
    // Ends only when the program, too, has let go of the pipes; its stdin stays open.
    expect(await ended).toMatchObject({ signal: "SIGKILL", stdout: "ready\n" });
  });

  test("without a Node beside the package it says which one is needed and how to get it", async () => {
    const { root, script } = packageTree("return 0;");
    const [node, ...options] = command();
    const { code, stdout, stderr } = await run(node, [...options, script]).ended;
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^Parley needs Node 24 or newer; this is Node \d+\.\d+\.\d+\.\n/);
    expect(stderr).toContain(`run "npm ci" in ${root}`);
  });
});

test("a Node beside the package that is an old one itself is not tried for ever", async () => {
  const { root, script } = packageTree("return 0;");
  const preload = join(scratchFolder(), "old.cjs");
  writeFileSync(preload, 'Object.defineProperty(process.versions, "node", { value: "20.1.0" });');
  installRuntime(root);
  const { code, stderr } = await run(process.execPath, ["--require", preload, script]).ended;
  expect([code, stderr.split("\n")[0]]).toEqual([1, "Parley needs Node 24 or newer; this is Node 20.1.0."]);
});

test("a Node that cannot be started is named", async () => {
  const { root, script } = packageTree("return 0;");
  const folder = scratchFolder();
  const runtime = installRuntime(root, "24.0.0", folder);
  const [node, ...options] = pretended.command();
  const { code, stderr } = await run(node, [...options, script]).ended;
  expect(code).toBe(1);
  expect(stderr).toContain(`Parley could not start ${runtime}`);
});

test("under a Node that is new enough the program runs in it", async () => {
  const { script } = packageTree("console.log(process.ppid, process.argv[2]); return 4;");
  const { code, stdout } = await run(process.execPath, [script, "start"]).ended;
  expect([code, stdout]).toEqual([4, `${process.pid} start\n`]);
});

describe("the Node beside the package", () => {
  const { platform, arch } = process;

  test("is found in the package's own modules, and in those above it", () => {
    const { root } = packageTree("");
    const above = dirname(dirname(root));
    expect(findRuntime(root, platform, arch)).toBeNull();
    const hoisted = installRuntime(above);
    expect(findRuntime(root, platform, arch)).toBe(hoisted);
    const own = installRuntime(root);
    expect(findRuntime(root, platform, arch)).toBe(own);
  });

  test("does not count if it is too old, or for another machine", () => {
    const { root } = packageTree("");
    installRuntime(root, "22.9.0");
    expect(findRuntime(root, platform, arch)).toBeNull();
    expect(findRuntime(root, "sunos", "sparc")).toBeNull();
  });

  test.each([
    ["24.0.0", true],
    ["26.1.2", true],
    ["23.11.0", false],
    ["8.0.0", false],
    ["", false],
  ])("version %j is good: %s", (version, good) => {
    expect(isSupported(version)).toBe(good);
  });
});

/** A real old Node, where this machine has one. */
function installedOldNode(): OldNode[] {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const node = join(folder, "node");
    if (!existsSync(node)) continue;
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    if (!isSupported(version.slice(1))) return [{ name: `Node ${version}`, command: () => [node] }];
  }
  return [];
}
