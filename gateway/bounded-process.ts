import { spawn } from "node:child_process";
import type { Clock } from "../sessions/clock.ts";

export interface BoundedProcessOptions {
  /** Program and arguments; no shell reads them. */
  command: readonly string[];
  cwd: string;
  /** All of its environment. */
  env: Readonly<Record<string, string>>;
  /** For its standard input, which is then closed. */
  input: Uint8Array;
  /** Of its output so much is kept; a program that writes more is ended. */
  maxOutputBytes: number;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

export interface BoundedProcessEnd {
  /** `flood`: it wrote more than is kept. */
  end: "exit" | "signal" | "timeout" | "flood";
  /** Where it ended by itself. */
  exitCode: number | null;
  output: Buffer;
  /** The first line of its standard error, cut. */
  complaint: string;
}

const MAX_COMPLAINT_BYTES = 200;

/**
 * Run a program to its end. Nothing of it is left when this settles, nor when this process ends: it is killed together with
 * everything that it has started and that has not left its process group.
 *
 * @throws NodeJS.ErrnoException if it cannot be started; what the signal was aborted with
 */
export async function runBounded(options: BoundedProcessOptions): Promise<BoundedProcessEnd> {
  const { command, cwd, env, input, maxOutputBytes, timeoutMs, clock, signal } = options;
  signal.throwIfAborted();
  const [program = "", ...args] = command;
  // In a group of its own, so that what it starts can be found.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const killGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nobody is left in it.
    }
  };
  let end: BoundedProcessEnd["end"] | undefined;
  const breakOff = (why: "timeout" | "flood" | undefined) => {
    end ??= why;
    killGroup();
    // Whoever has left the group may still hold the other ends.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const aborted = () => breakOff(undefined);
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject).once("exit", killGroup).once("close", ended.resolve);
  process.once("exit", killGroup);
  signal.addEventListener("abort", aborted, { once: true });
  const cancel = clock.after(timeoutMs, () => breakOff("timeout"));
  // It need not read what it is given.
  child.stdin.on("error", () => {}).end(input);
  const output = collect(child.stdout, maxOutputBytes, () => breakOff("flood"));
  const complaint = collect(child.stderr, MAX_COMPLAINT_BYTES, () => {});
  try {
    const exitCode = await ended.promise;
    signal.throwIfAborted();
    const [firstLine = ""] = complaint().toString().trim().split("\n", 1);
    return { end: end ?? (exitCode === null ? "signal" : "exit"), exitCode, output: output(), complaint: firstLine };
  } finally {
    cancel();
    signal.removeEventListener("abort", aborted);
    process.off("exit", killGroup);
  }
}

/** Keeps the first `max` bytes, and goes on reading: nobody who writes has to wait. */
function collect(stream: NodeJS.ReadableStream, max: number, tooMuch: () => void): () => Buffer {
  const parts: Buffer[] = [];
  let bytes = 0;
  stream.on("error", () => {});
  stream.on("data", (part: Buffer) => {
    const room = max - bytes;
    if (room > 0) parts.push(part.subarray(0, room));
    bytes += part.length;
    if (bytes > max && room >= 0) tooMuch();
  });
  return () => Buffer.concat(parts);
}
