import type { Readable } from "node:stream";

const MAX_LINES = 50;
const MAX_LINE_CHARS = 300;

/**
 * Hand on the first lines that a program writes to standard error, shortened, as long as `wanted` says so. Whatever else it
 * writes is read and dropped: a program whose standard error nobody reads stops.
 */
export function readStandardError(stream: Readable, wanted: () => boolean, line: (text: string) => void): void {
  let started = "";
  let lines = 0;
  stream.on("data", (chunk: Buffer) => {
    if (lines >= MAX_LINES || !wanted()) return;
    const parts = (started + chunk.toString("utf8")).split("\n");
    started = (parts.pop() ?? "").slice(0, MAX_LINE_CHARS);
    for (const part of parts) {
      if (part.trim() === "") continue;
      if (++lines > MAX_LINES) return;
      line(part.slice(0, MAX_LINE_CHARS).toWellFormed());
    }
  });
}
