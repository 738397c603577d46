import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { scratchFolder } from "./scratch.ts";

const bin = new URL("../../../bin/", import.meta.url);

export interface PackageTree {
  root: string;
  script: string;
}

/** A copy of the launcher in a package of its own, with a program that shows what reaches it. */
export function packageTree(program: string): PackageTree {
  const root = join(scratchFolder(), "packages", "parley");
  for (const folder of ["bin", "gateway/cli"]) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ["parley.js", "runtime.js", "relay.js"]) copyFileSync(new URL(file, bin), join(root, "bin", file));
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  // Types of its own: only a Node that is new enough gets past them.
  writeFileSync(
    join(root, "gateway/cli/main.ts"),
    `export async function main(argv: string[]): Promise<number> {${program}}`,
  );
  return { root, script: join(root, "bin/parley.js") };
}

/** Install a Node beside the package (or above it, where npm puts what several packages of one workspace share). */
export function installRuntime(at: string, version = "24.0.0", executable = process.execPath): string {
  const home = join(at, "node_modules", `node-${process.platform}-${process.arch}`);
  mkdirSync(join(home, "bin"), { recursive: true });
  writeFileSync(join(home, "package.json"), JSON.stringify({ version }));
  symlinkSync(executable, join(home, "bin/node"));
  return join(home, "bin/node");
}

export interface Process {
  child: ChildProcess;
  /** Resolves when the line was printed. */
  line(text: string): Promise<void>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/** In a process group of its own, which is killed after the test. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Process {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: "pipe", detached: true });
  const output = { stdout: "", stderr: "" };
  const heard = new EventTarget();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      heard.dispatchEvent(new Event("output"));
    });
  }
  // "close" comes when nobody holds the pipes any more: the launcher and the program are both gone.
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, ...output }));
  onTestFinished(async () => {
    if (child.pid !== undefined && child.stdout.readableEnded === false) killGroup(child.pid);
    await ended;
  });
  return {
    child,
    ended,
    async line(text) {
      while (!output.stdout.split("\n").slice(0, -1).includes(text)) {
        const ending = ended.then(() => "ended");
        if ((await Promise.race([once(heard, "output"), ending])) === "ended") {
          throw new Error(`it ended without "${text}": ${output.stdout}${output.stderr}`);
        }
      }
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
