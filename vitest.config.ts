import { defineConfig } from "vitest/config";

// Unit tests share one process: 200 small files take seconds so, and a minute with a process each.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "node_modules/**"],
    pool: "threads",
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
