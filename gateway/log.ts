import { type Logger, pino } from "pino";

export type Log = Logger;

/**
 * The program's log: JSON lines on standard error, one event each, with ids and codes and never with what people wrote,
 * prompts, answers or secrets. Errors are logged by name, code and message alone: a cause may hold a request.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = { level, base: undefined, serializers: { err: plainError } };
  return destination === undefined ? pino(options, pino.destination(2)) : pino(options, destination);
}

function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, ...code, message: error.message, stack: error.stack };
}
