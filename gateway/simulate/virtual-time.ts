import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { LogMessage } from "./questions.ts";

/**
 * Replay messages at the times at which they were written: what is due before the next one happens before it. Time goes on
 * only when everything that follows from what has happened is done, so that a machine's speed changes nothing; a day takes
 * as long as what happens in it.
 *
 * Everything here must wait for the clock or for work that is done at once: what waits for the machine (a file, a timer) is
 * not waited for.
 */
export async function live(
  clock: VirtualClock,
  messages: readonly LogMessage[],
  arrive: (message: LogMessage) => Promise<void>,
): Promise<void> {
  for (const message of messages) {
    for (let due = clock.due; due !== undefined && due <= message.at - clock.now() + clock.elapsed(); due = clock.due) {
      clock.step();
      await quiet();
    }
    clock.advance(Math.max(0, message.at - clock.now()));
    await arrive(message);
    await quiet();
  }
  while (clock.step()) await quiet();
}

/** Until every promise that can settle has settled: they all do before the event loop's next turn. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
