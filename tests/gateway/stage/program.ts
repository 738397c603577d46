import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LAUNCHER = join(import.meta.dirname, "../../../bin/parley.js");

export interface ProgramOptions {
  args?: string[];
  /** Besides PATH nothing of this process's environment is handed on. */
  env: Record<string, string>;
  cwd: string;
  /** What starts it, as a shell with limits that ends in `exec "$@"`. */
  under?: readonly string[];
}

/** Parley as a process, as its users run it. */
export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly output: string[] = [];
  readonly errors: string[] = [];
  readonly #ready: Promise<string>;
  readonly #looks = new Set<() => void>();

  constructor({ args = ["start"], env, cwd, under = [] }: ProgramOptions) {
    const [command = "", ...line] = [...under, process.execPath, LAUNCHER, ...args];
    this.child = spawn(command, line, {
      cwd,
      env: { PATH: process.env.PATH ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // `close` and not `exit`: everything that was printed has been read by then.
    this.exited = once(this.child, "close").then(([code, signal]) => code ?? signal);
    this.#ready = new Promise((resolve, reject) => {
      this.exited.then(
        (code) => reject(new Error(`the program ended with ${code}:\n${this.errors.join("\n")}`)),
        reject,
      );
      createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        this.output.push(line);
        for (const look of this.#looks) look();
        const [url] = line.match(/http:\/\/\S+/) ?? [];
        if (url !== undefined) resolve(url.replace(/\/$/, ""));
      });
    });
    this.#ready.catch(() => {});
    createInterface({ input: this.child.stderr as NodeJS.ReadableStream }).on("line", (line) => this.errors.push(line));
  }

  /** The address it serves, once it does. @throws if it ends before */
  ready(): Promise<string> {
    return this.#ready;
  }

  /** What is found in the lines that were printed, as soon as it is. @throws if the program ends before */
  async prints<T>(find: (lines: readonly string[]) => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = () => {
      const found = find(this.output);
      if (found !== undefined) resolve(found);
    };
    this.#looks.add(look);
    look();
    void this.exited.then((code) => reject(new Error(`the program ended with ${code}:\n${this.errors.join("\n")}`)));
    return promise.finally(() => this.#looks.delete(look));
  }

  /** Send a signal and wait for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> {
    this.child.kill(signal);
    return this.exited;
  }
}
