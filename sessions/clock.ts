/** Time, from outside: what runs on it can be tested in any order and at any speed. */
export interface Clock {
  /** Epoch milliseconds. May step back or forth: order never depends on it. */
  now(): number;
  /** Milliseconds since some moment, which nobody can put back or forth. */
  elapsed(): number;
  /** Call `task` once, `ms` from now, unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
