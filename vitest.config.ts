import { defineConfig } from "vitest/config";
import { trustArguments } from "./tests/fakes/whatsapp/trust-option.ts";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/leaks.ts"],
    execArgv: trustArguments,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
