import { defineConfig } from "vitest/config";

// Whole processes and real servers, one suite at a time.
export default defineConfig({
  test: {
    // Real processes on a shared machine: a deadline that passes once is looked at again.
    retry: process.env["CI"] === "true" ? 2 : 0,
    include: ["test/e2e/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
