import { describe, expect, it } from "vitest";
import { describeTaskFault, pageShare, Task, type TaskFault, updateShare } from "../../appliance/task.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";

const SHARE = { keep: 1000, work: 100 };

describe("a task", () => {
  it("gives what its work makes, and throws what its work throws", () => {
    const task = new Task(new VirtualPlatform(), SHARE);
    expect(task.attempt(() => 7)).toEqual({ ok: true, value: 7 });
    expect(task.attempt(() => undefined)).toEqual({ ok: true, value: undefined });
    expect(() =>
      task.attempt(() => {
        throw new Error("its own");
      }),
    ).toThrow("its own");
  });

  it.each(["memory", "work"] as const)("ends when its %s is used up, and says what it was at", (kind) => {
    const platform = new VirtualPlatform();
    platform.attempts.push("", kind);
    const task = new Task(platform, SHARE);
    expect(task.attempt(() => 1).ok).toBe(true);
    task.at = "Posts/a.md";
    expect(task.attempt(() => 1)).toEqual({ ok: false, error: { kind, at: "Posts/a.md" } });
  });

  it("ends when the stack is used up", () => {
    const task = new Task(new VirtualPlatform(), SHARE);
    const recurse = (depth: number): number => recurse(depth + 1) + 1;
    expect(task.attempt(() => recurse(0))).toEqual({ ok: false, error: { kind: "depth", at: "" } });
  });

  it("has one share for all its pieces", async () => {
    const platform = new VirtualPlatform();
    const task = new Task(platform, SHARE);
    let pieces = 0;
    function* steps(): Generator<undefined, string, undefined> {
      for (; pieces < 1000; pieces++) {
        platform.work += 30;
        yield;
      }
      return "never";
    }
    expect(await task.run(steps())).toEqual({ ok: false, error: { kind: "work", at: "" } });
    expect(pieces).toBe(3);
  });

  it("lets others get on after each piece", async () => {
    const platform = new VirtualPlatform();
    const seen: string[] = [];
    function* steps(): Generator<undefined, number, undefined> {
      seen.push("first");
      yield;
      seen.push("second");
      return 2;
    }
    const run = new Task(platform, SHARE).run(steps());
    seen.push("another");
    expect(await run).toEqual({ ok: true, value: 2 });
    expect(seen).toEqual(["first", "another", "second"]);
  });

  it("is told in words what would help", () => {
    const words = (kind: TaskFault["kind"], at = ""): string => describeTaskFault({ kind, at });
    expect(words("memory", "a/b.md")).toMatch(/^needs more memory .* \(at a\/b\.md\)\. Give it more memory/);
    expect(words("work")).toMatch(/^takes more work than this machine gives it\. /);
    expect(words("depth")).toMatch(/nested too deeply\. /);
  });

  it("has a share that follows the memory of the machine, and leaves more than a page does", () => {
    const of = (megabytes: number) => ({ heapLimit: () => megabytes * 1024 * 1024 });
    expect(updateShare(of(64))).toEqual({ keep: 8 * 1024 * 1024, work: 1_040_000 });
    expect(updateShare(of(256)).work).toBeGreaterThan(updateShare(of(32)).work);
    expect(pageShare(of(64), 5)).toEqual({ keep: 4 * 1024 * 1024, work: 5 });
  });
});
