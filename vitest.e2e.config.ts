import { defineConfig } from "vitest/config";

// Against real peers: one file at a time (they share the machine's two cores), long but bounded.
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts", "test/oracle/**/*.test.ts", "test/interop/**/*.test.ts"],
    globalSetup: ["test/e2e/support/build.ts"],
    setupFiles: ["image/native-node.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    retry: 0,
  },
});
