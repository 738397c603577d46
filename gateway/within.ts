import type { Clock } from "../sessions/clock.ts";

/** Something outside took longer than anybody can wait for it. What it still does is nobody's business any more. */
export class TookTooLongError extends Error {
  readonly code = "took-too-long";

  constructor(ms: number) {
    super(`there was no answer within ${Math.round(ms / 1000)} s`);
    this.name = "TookTooLongError";
  }
}

/** What the work gives, if it does so in time. @throws TookTooLongError; what the work throws */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new TookTooLongError(ms)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
