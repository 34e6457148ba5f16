// What is hot of the compiled side: the list as a file, what it does to C, and how counting makes it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  addRuns,
  applyHotList,
  countRuns,
  formatHotList,
  hotListOf,
  parseHotList,
  type Runs,
} from "../../image/aot/hot.ts";
import type { Line } from "../../image/aot/lines.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = "stack/tcp/tcp.ts";

function program(): Line[] {
  const c = [
    '#include "below.h"',
    "static COLD void sc_end__x25_m4_Segment(sc_o *o);",
    "static double sc_f__x25__x25_m4_Tcp_input(sc_o *o) {",
    "  if (sc_t1) {",
    "    for (;;) {",
    "      if (!(sc_t2)) break;",
    "    }",
    "  }",
    "  else {",
    "  }",
    "  switch (sc_t3->tag) {",
    "    case 1: {",
    "    }",
    "  }",
    "  return 0;",
    "}",
    "static void sc_vm__x25_m4_Tcp_close(sc_o *o) {",
    "}",
    "static COLD void sc_end__x25_m4_Segment(sc_o *o) {",
    "}",
    "static void sc_rrelease_r7(sc_o *o) {",
    "}",
    "static void sc_f__x25_init_4(void) {",
    "}",
  ];
  return c.map((text, i) => ({ text, place: text.startsWith("  ") ? `${i} "${FILE}"` : "" }));
}

const texts = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);
const applied = (list: string): string[] => {
  const lines = program();
  const functions = applyHotList(lines, parseHotList(list));
  expect(functions).toBe(1);
  return texts(lines);
};

describe("the list of what is hot", () => {
  it("is written as it is read", () => {
    const text = `${FILE}\n  Tcp_close\n  Tcp_input .-*+\n  end Segment\n\nstack/udp.ts\n  send +\n`;
    expect(formatHotList(parseHotList(text))).toBe(text);
    expect(() => parseHotList("  two  words\n")).toThrow("hot.txt");
  });

  // What is renamed is compiled for size until the list is made anew; this is when that is due.
  it("that is kept names functions which are there, but for one in twenty", () => {
    const list = parseHotList(readFileSync(join(ROOT, "image/aot/hot.txt"), "utf8"));
    expect(list.get("stack/tcp/tcp.ts")?.has("Tcp_input")).toBe(true);
    const gone: string[] = [];
    let total = 0;
    for (const [file, functions] of list) {
      const path = join(ROOT, file);
      const source = existsSync(path) ? readFileSync(path, "utf8") : "";
      for (const name of functions.keys()) {
        total++;
        const words = name.replace(/^(new|end|trace|gcfree|reld) |(?<=_)get:|(?<=_)constructor$/g, "").split(/_+|\$/);
        if (words.some((word) => !source.includes(word))) gone.push(`${file}: ${name}`);
      }
    }
    expect(total).toBeGreaterThan(500);
    expect(gone.length, `npm run hot; gone are ${gone.join(", ")}`).toBeLessThan(total / 20);
  });

  it("makes everything else cold, but for functions that are not known by a name", () => {
    const c = applied(`${FILE}\n  Tcp_input\n`);
    expect(c).toContain("static double sc_f__x25__x25_m4_Tcp_input(sc_o *o) {");
    expect(c).toContain("static __attribute__((cold)) void sc_vm__x25_m4_Tcp_close(sc_o *o) {");
    expect(c).toContain("static __attribute__((cold)) void sc_f__x25_init_4(void) {");
    expect(c).toContain("static COLD void sc_end__x25_m4_Segment(sc_o *o);");
    expect(c).toContain("static void sc_rrelease_r7(sc_o *o) {");
  });

  it("tells which way branches go", () => {
    const c = applied(`${FILE}\n  Tcp_input .+++\n`);
    expect(c).toContain("  if (__builtin_expect_with_probability(!!(sc_t1), 0, 1.0)) {");
    expect(applied(`${FILE}\n  Tcp_input *+++\n`)).toContain(
      "  if (__builtin_expect_with_probability(!!(sc_t1), 1, 0.95)) {",
    );
  });

  it("gives no hints for a function that has changed, and none of what is gone", () => {
    const c = applied(`${FILE}\n  Tcp_input .+\n  Tcp_gone\nstack/gone.ts\n  f\n`);
    expect(c).toContain("  if (sc_t1) {");
    expect(c).toContain("static double sc_f__x25__x25_m4_Tcp_input(sc_o *o) {");
  });

  it("has what is cold call what is inlined elsewhere", () => {
    const lines = [
      { text: "static void sc_f__x25_m4_close(sc_o *o) {", place: "" },
      {
        text: "  sc_release__x25_m4_Segment(sc_t1); fast_str_release(sc_t2); fast_union_release(sc_t3);",
        place: `1 "${FILE}"`,
      },
      { text: "}", place: "" },
    ];
    applyHotList(lines, new Map());
    expect(lines[1]!.text).toBe(
      "  sc_drop__x25_m4_Segment(sc_t1); scr_str_release(sc_t2); scr_union_release_v(sc_t3);",
    );
  });

  it("lets the end of an object be no rare thing where it is none", () => {
    const c = applied(`${FILE}\n  end Segment\n`);
    expect(c.filter((line) => line.includes("sc_end_"))).toEqual([
      "static __attribute__((noinline)) void sc_end__x25_m4_Segment(sc_o *o);",
      "static __attribute__((noinline)) void sc_end__x25_m4_Segment(sc_o *o) {",
    ]);
  });
});

describe("counting", () => {
  it("finds what ran, and how often each block did of the times it might have", () => {
    const lines = program();
    const tail = countRuns(lines);
    const points = JSON.parse(/= (".*");/.exec(tail)![1]!) as string;
    expect(texts(lines)[0]).toContain("unsigned ran_counts[7];");
    // Tcp.input, its if, the loop in that, else, the case; Tcp.close; end Segment.
    expect(points.split("\n")).toEqual([
      `${FILE}\tTcp_input`,
      "-1",
      "0",
      "-1",
      "-1",
      `${FILE}\tTcp_close`,
      `${FILE}\tend Segment`,
    ]);
    const runs = new Map<string, Runs>();
    addRuns(runs, points, [50, 45, 900, 4, 0, 0, 1]);
    addRuns(runs, points, [50, 46, 900, 5, 0, 0, 0]);
    expect(formatHotList(hotListOf(runs))).toBe(`${FILE}\n  Tcp_input **-.\n  end Segment\n`);
  });
});
