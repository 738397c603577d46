import { AgentError } from "./agent.ts";

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}

export function aborted(): AgentError {
  return new AgentError("aborted", "the run was stopped");
}

/**
 * What the promise gives, unless the signal comes first: then `AgentError` with code `aborted`, at once. The work behind
 * the promise may go on; how it ends is then ignored.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const onAbort = () => stopped.reject(aborted());
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([stopped.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
