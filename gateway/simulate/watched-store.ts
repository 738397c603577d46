import type { NewCompaction } from "../../sessions/compactions.ts";
import type { Ending, Run } from "../../sessions/runs.ts";
import type { Store } from "../../sessions/store.ts";

/** Told of what has been written down. */
export interface Watcher {
  began(run: Run): void;
  ended(run: Run, ending: Ending): void;
  compacted(run: Run | undefined, compaction: NewCompaction): void;
}

/** The same store, under somebody's eyes. */
export function watched(store: Store, watcher: Watcher): Store {
  const runs = new Map<number, Run>();
  return {
    ...store,
    async claim(lane, executing) {
      const claim = await store.claim(lane, executing);
      if (claim.kind === "run") {
        runs.set(claim.run.runId, claim.run);
        watcher.began(claim.run);
      }
      return claim;
    },
    async end(lease, ending) {
      const ended = await store.end(lease, ending);
      const run = runs.get(lease.runId);
      runs.delete(lease.runId);
      if (run !== undefined) watcher.ended(run, ending);
      return ended;
    },
    async compact(lease, compaction) {
      const written = await store.compact(lease, compaction);
      if (written) watcher.compacted(runs.get(lease.runId), compaction);
      return written;
    },
  };
}
