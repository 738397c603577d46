import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The variables by which the tests know that every cell is wanted, and of which platforms. */
export const FULL_MATRIX = "PARLEY_KILL_MATRIX";

/**
 * Kill the program at every point, on these platforms, in every story; the tests print the table.
 *
 * @param platforms default: all of them
 * @returns whether everything was survived
 */
export async function runMatrix(platforms: readonly string[] = []): Promise<boolean> {
  const vitest = fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json")));
  const args = [vitest, "run", "tests/chaos/kill-matrix.test.ts", "--disable-console-intercept"];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, [FULL_MATRIX]: platforms.length === 0 ? "all" : platforms.join() },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return code === 0;
}
