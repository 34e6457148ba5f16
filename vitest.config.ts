import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // What others make of the same keys and certificates takes its time: it runs with the real peers.
    exclude: ["test/e2e/**", "test/bench/**", "test/oracle/**", "test/interop/**"],
    setupFiles: ["image/native-node.ts"],
    testTimeout: 20_000,
    // Modules are evaluated once for all files: to import them anew for each took longer than the tests.
    isolate: false,
    // By default vitest leaves one processor of the two to others.
    maxWorkers: "100%",
  },
});
