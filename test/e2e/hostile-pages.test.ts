// Documents that cost more than their length: on the engine each ends within its share, and the next one is as ever.

import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { buildProcess } from "../../image/build/process.ts";
import { DOCUMENTS, HEADERS } from "../support/hostile-documents.ts";

let said = "";

beforeAll(async () => {
  await buildProcess("test/image/hostile-pages.ts", "build/test-hostile-pages");
  // Room for what a share of work makes: that of memory has a test of its own (engine.test.ts).
  const env = { EPIPHYTE_MEMORY: "1024" };
  const run = spawnSync("build/test-hostile-pages", [], { encoding: "utf8", timeout: 240_000, env });
  said = run.stdout;
}, 600_000);

test("every document is shown or ends within its share, and the machine lives", () => {
  console.log(said);
  const rows = [...said.matchAll(/^(.*): (.*), (\d+) of (\d+) units/gm)];
  expect(rows.length).toBe(2 * Object.keys(DOCUMENTS).length + Object.keys(HEADERS).length);
  expect(said).toMatch(/the end\n$/);
  for (const [row, , end, units, most] of rows) {
    expect(end, row).toMatch(/^(shown|read|work|memory)$/);
    // Beyond its share an attempt does what the engine does between two looks, and gives back what it held, which counts.
    expect(Number(units), row).toBeLessThan(Number(most) * 1.02);
  }
  // Not all of them end so: what is cheap by now is shown.
  expect(rows.filter(([, , end]) => end === "shown").length).toBeGreaterThan(50);
  // A document without a header is read whatever it is; of the headers some are too much.
  const unread = rows.filter(([row, , end]) => row.startsWith("reading ") && end !== "read").map(([, name]) => name);
  expect(unread.filter((name) => !name?.includes("a header,"))).toEqual([]);
  expect(unread.length).toBeLessThan(20);
});

test("to compare long texts is work, but none when they are one", () => {
  expect(Number(/^a text and itself, 20 times: (\d+) units$/m.exec(said)?.[1])).toBeLessThan(10);
  expect(Number(/^a text and another, 20 times: (\d+) units$/m.exec(said)?.[1])).toBeGreaterThan(2000);
});

test("an expression that begins with ^ does not search, one by lines does", () => {
  expect(Number(/^\/\^b\|\^\(c\)\/: (\d+) units$/m.exec(said)?.[1])).toBeLessThan(100);
  expect(Number(/^.*\$\/m: (\d+) units$/m.exec(said)?.[1])).toBeGreaterThan(1000);
});
