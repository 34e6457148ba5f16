import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "test/bench/**"],
    setupFiles: ["image/native-node.ts"],
    testTimeout: 20_000,
    // By default vitest leaves one processor of the two to others.
    maxWorkers: "100%",
  },
});
