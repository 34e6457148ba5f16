import { describe, expect, it } from "vitest";
import { coalesce } from "../../appliance/coalesce.ts";
import { settle } from "../support/virtual-platform.ts";

describe("coalescing", () => {
  it("runs one at a time, and one more for all that came meanwhile", async () => {
    const finish: ((value: number) => void)[] = [];
    const run = coalesce(() => new Promise<number>((resolve) => finish.push(resolve)));
    const first = run();
    const rest = [run(), run(), run()];
    await settle();
    expect(finish).toHaveLength(1);
    finish[0]!(1);
    expect(await first).toBe(1);
    await settle();
    expect(finish).toHaveLength(2);
    const late = run();
    finish[1]!(2);
    expect(await Promise.all(rest)).toEqual([2, 2, 2]);
    await settle();
    expect(finish).toHaveLength(3);
    finish[2]!(3);
    expect(await late).toBe(3);
    const again = run();
    finish[3]!(4);
    expect(await again).toBe(4);
  });

  it("goes on after a failure", async () => {
    let runs = 0;
    const run = coalesce(async () => {
      if (++runs === 1) throw new Error("first");
      return runs;
    });
    const first = run();
    const second = run();
    let failed = "";
    await first.catch((cause: Error) => {
      failed = cause.message;
    });
    expect(failed).toBe("first");
    expect(await second).toBe(2);
  });
});
