import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    // A shared machine may be slow for a while; what hangs still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // All of them: most tests wait for a process of their own, and one worker fewer leaves half of a small machine idle.
    maxWorkers: "100%",
  },
});
