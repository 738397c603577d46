import type { Clock } from "../sessions/clock.ts";
import { StoreError } from "../sessions/store.ts";
import { pause } from "./pause.ts";

const PAUSE_MS = 1_000;

/**
 * Write what must not be lost because a disk is full for a while, such as a reply that was waited and paid for: as long as
 * the store takes nothing, it is tried again.
 *
 * @param signal ends the waiting
 * @throws what the write throws, if trying again is of no use or the waiting was ended
 */
export async function patiently<T>(write: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(clock, PAUSE_MS, signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Whether what the store cannot do now, it may be able to do later. */
function isPassing(error: unknown): boolean {
  return error instanceof StoreError && (error.code === "unwritable" || error.code === "locked");
}
