import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "reports/out/**"],
    // Threads share the process: what a test does to mounts or signals belongs in a child process.
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
