import { vi } from "vitest";

/**
 * Properties that hold for hostile input: what platforms, people, files and damaged storage may say.
 *
 * Every run of the tests looks at other inputs, and beside them at those of `corpus/`, each of which broke something once.
 * `PARLEY_FUZZ_RUNS=50000 npx vitest run tests/fuzz` looks at so many for each property. A failure prints the input with a
 * seed; `PARLEY_FUZZ_SEED` takes that, and the input belongs into the corpus.
 */
const { PARLEY_FUZZ_RUNS, PARLEY_FUZZ_SEED } = process.env;

const wanted = Number(PARLEY_FUZZ_RUNS ?? 0);

// A long search is no test that hangs.
if (wanted > 0) vi.setConfig({ testTimeout: 24 * 3_600_000 });

/** How often a property is tried, unless the environment says otherwise; an input that hangs is one that fails. */
export function runs(usual: number): { numRuns: number; timeout: number; seed?: number } {
  return {
    numRuns: wanted > 0 ? wanted : usual,
    timeout: 20_000,
    ...(PARLEY_FUZZ_SEED !== undefined && { seed: Number(PARLEY_FUZZ_SEED) }),
  };
}
