import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const LAUNCHER = join(import.meta.dirname, "../../../bin/parley.js");
/** Of util-linux; it gives a program a terminal. */
const terminal = "script";
const PROMPT = "READY> ";

/** How to start a shell that reads nobody's settings, and how it learns to complete. */
const SHELLS = {
  bash: {
    start: `PS1='${PROMPT}' bash --norc --noprofile -i`,
    prepare: "source <(parley completion bash)",
  },
  zsh: {
    start: `PS1='${PROMPT}' zsh -f -i`,
    prepare: "autoload -U compinit; compinit -u -D; source <(parley completion zsh)",
  },
  fish: {
    start: `fish --no-config -i -C 'function fish_prompt; echo -n "${PROMPT}"; end'`,
    prepare: "parley completion fish | source",
  },
} as const;

export type Shell = keyof typeof SHELLS;

/** Whether both are there: the shell, and what gives it a terminal. */
export function isThere(shell: Shell): boolean {
  return [shell, terminal].every((program) => spawnSync("which", [program]).status === 0);
}

/**
 * Type lines into a shell on a terminal, as somebody would who sees a prompt before each.
 *
 * @param folder where `parley` finds its configuration
 * @param lines a tab asks for completion
 * @returns for each `parley` that the shell was told to run, the words that it got
 */
export async function typed(shell: Shell, folder: string, lines: readonly string[]): Promise<string[][]> {
  const { start, prepare } = SHELLS[shell];
  const said = join(folder, "argv");
  const child = spawn(terminal, ["-qec", start, "/dev/null"], {
    cwd: folder,
    env: { PATH: `${installed(folder, said)}:${process.env.PATH}`, HOME: folder, TERM: "dumb", LANG: "C.UTF-8" },
  });
  onTestFinished(() => void child.kill());
  const waiting = [prepare, ...lines, "exit"];
  let shown = "";
  child.stdout.on("data", (bytes: Buffer) => {
    shown += bytes.toString();
    for (let at = shown.indexOf(PROMPT); at >= 0; at = shown.indexOf(PROMPT)) {
      shown = shown.slice(at + PROMPT.length);
      const line = waiting.shift();
      if (line !== undefined) child.stdin.write(`${line}\r`);
    }
  });
  await new Promise((resolve) => child.once("exit", resolve));
  if (!existsSync(said)) throw new Error(`nothing was run: ${shown}`);
  return readFileSync(said, "utf8")
    .split("\u0001")
    .slice(0, -1)
    .map((words) => words.split("\u0002").slice(0, -1));
}

/** A `parley` that completes as ever, and for the rest writes down what it was given. @returns its folder */
function installed(folder: string, said: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "parley");
  const script = `#!/bin/sh
case "$1" in complet*) exec "${process.execPath}" "${LAUNCHER}" "$@" ;; esac
{ printf '%s\\002' "$@"; printf '\\001'; } >> "${said}"
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return bin;
}
