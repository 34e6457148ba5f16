import { defineConfig } from "vitest/config";

/** Tests that want both cores: what a machine does under attack is timed, and Xen is a machine in a machine. */
const ALONE = ["attack-network", "xen", "xen-disk"].map((name) => `test/e2e/${name}.test.ts`);

// Against real peers, long but bounded. Two files at a time, for most wait for an emulated processor, each for one of its
// own; then those that want to be alone.
export default defineConfig({
  test: {
    globalSetup: ["test/e2e/support/build.ts"],
    setupFiles: ["image/native-node.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    retry: 0,
    projects: [
      {
        extends: true,
        test: {
          name: "two at a time",
          include: ["test/e2e/**/*.test.ts", "test/oracle/**/*.test.ts", "test/interop/**/*.test.ts"],
          exclude: ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "alone", include: ALONE, maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
