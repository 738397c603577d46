import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { STEADY_WASM } from "./bin/runtime.js";
import { trustArguments } from "./tests/fakes/whatsapp/trust-option.ts";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/leaks.ts"],
    execArgv: [STEADY_WASM, ...trustArguments],
    // Much of the time goes into waiting for programs, browsers and connections: not even two cores are busy with one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
