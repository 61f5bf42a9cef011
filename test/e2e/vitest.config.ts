import { defineConfig } from "vitest/config";

// Whole processes and real servers, one suite at a time.
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
