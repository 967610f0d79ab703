import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "reports/out/**"],
    // Threads share the process: what a test does to mounts or signals belongs in a child process.
    pool: "forks",
    // Vitest leaves one core free; of two that is half.
    maxWorkers: "100%",
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
