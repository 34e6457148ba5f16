// Documents that cost more than their length: on the engine each ends within its share, and the next one is as ever.

import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { buildProcess } from "../../image/build/process.ts";

let said = "";

beforeAll(async () => {
  await buildProcess("test/image/hostile-pages.ts", "build/test-hostile-pages");
  const env = { EPIPHYTE_MEMORY: "64" };
  const run = spawnSync("build/test-hostile-pages", [], { encoding: "utf8", timeout: 240_000, env });
  said = run.stdout;
}, 600_000);

test("every document is shown or ends within its share, and the machine lives", () => {
  const rows = [...said.matchAll(/^(.*): (.*), (\d+) of (\d+) units$/gm)];
  expect(rows.length).toBe(13);
  expect(said).toMatch(/the end\n$/);
  for (const [row, , end, units, most] of rows) {
    expect(end, row).toMatch(/^(shown|work|memory)$/);
    // What an attempt goes beyond its share by is what the engine does between two looks.
    expect(Number(units), row).toBeLessThan(Number(most) + 1000);
  }
  // Not all of them end so: what is cheap by now is shown.
  expect(rows.filter(([, , end]) => end === "shown").length).toBeGreaterThan(5);
});

test("an expression that begins with ^ does not search, one by lines does", () => {
  expect(Number(/^\/\^b\|\^\(c\)\/: (\d+) units$/m.exec(said)?.[1])).toBeLessThan(100);
  expect(Number(/^.*\$\/m: (\d+) units$/m.exec(said)?.[1])).toBeGreaterThan(1000);
});
