import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { COMPILED, STEADY_WASM } from "./bin/runtime.js";
import { trustArguments } from "./tests/fakes/whatsapp/trust-option.ts";

// For the processes of the tests, their threads, and the programs that they start.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, COMPILED);

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
