// image/aot/borrow.ts on C as the compiler writes it: which counts go, and which stay because they are needed.

import { describe, expect, test } from "vitest";
import { borrow } from "../../image/aot/borrow.ts";
import { type Line, PatchError } from "../../image/aot/lines.ts";

const START = [
  "static void sc_f__x25_init_1(void) {",
  "  sc_g_lasting = sc_t0;",
  "}",
  "static void sc_f_m1_A_constructor(sc_o_m1_A *sc_l_this_0) {",
  "  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_this_0);",
  "  sc_t0->sc_fld_lasting = sc_t1;",
  "  sc_t0->sc_fld_changing = sc_t2;",
  "  sc_release_m1_A(sc_t0);",
  "}",
  "static void sc_f_m1_change(sc_o_m1_A *sc_l_a_0) {",
  "  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);",
  "  sc_t0->sc_fld_changing = sc_t2;",
  "  sc_release_m1_A(sc_t0);",
  "  sc_release_m1_A(sc_l_a_0);",
  "}",
];

/** The body of a function with parameter `a` of class A, before and after. */
function body(lines: readonly string[], given: readonly string[] = [], name = "f", start = START): string[] {
  const head = `static void sc_f_${name}(sc_o_m1_A *sc_l_a_0, double sc_l_n_0) {`;
  const all: Line[] = [...start, head, ...lines, "}"].map((text) => ({ text, place: "" }));
  borrow(all, new Set(given));
  const texts = all.map((line) => line.text);
  return texts.slice(texts.indexOf(head) + 1, -1);
}

describe("a parameter", () => {
  test("is lent: neither its uses nor the end of the function count", () => {
    const lines = [
      "  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);",
      "  sc_f_m1_change(sc_t0);",
      "  sc_o_m1_A *sc_t1 = sc_retain_m1_A(sc_l_a_0);",
      "  double sc_t2 = sc_t1->sc_fld_n;",
      "  sc_release_m1_A(sc_t1);",
      "  sc_release_m1_A(sc_l_a_0);",
    ];
    expect(body(lines)).toEqual([
      "  sc_o_m1_A *sc_t0 = sc_l_a_0;",
      "  sc_f_m1_change(sc_t0);",
      "  sc_o_m1_A *sc_t1 = sc_l_a_0;",
      "  double sc_t2 = sc_t1->sc_fld_n;",
    ]);
  });

  test("that is assigned is the function's own", () => {
    const lines = ["  sc_release_m1_A(sc_l_a_0);", "  sc_l_a_0 = sc_t9;", "  sc_release_m1_A(sc_l_a_0);"];
    expect(body(lines)).toEqual(["  sc_retain_m1_A(sc_l_a_0);", ...lines]);
    const boxed = ["  scr_box_set_ref(sc_l_box_0, sc_l_a_0);"];
    expect(body(boxed)).toEqual(["  sc_retain_m1_A(sc_l_a_0);", ...boxed]);
  });

  test("of a function that the binding calls is given", () => {
    const lines = ["  sc_release_m1_A(sc_l_a_0);"];
    expect(body(lines, ["sc_f_f"])).toEqual(lines);
    const call = ["  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);", "  sc_f_m1_change(sc_t0);"];
    expect(body(call, ["sc_f_m1_change"])).toEqual(call);
  });

  test("of a function that is called through a pointer is given", () => {
    const lines = ["  ScrClosure *sc_t0 = scr_closure_new((void *)&sc_f_f, 0);", "  sc_release_m1_A(sc_l_a_0);"];
    expect(body(lines)).toEqual(lines);
  });

  test("that is returned or stored takes a count", () => {
    const returned = ["  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);", "  return sc_t0;"];
    expect(body(returned)).toEqual(returned);
    const stored = ["  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);", "  sc_t9->sc_fld_x = sc_t0;"];
    expect(body(stored)).toEqual(stored);
  });
});

describe("an argument", () => {
  test("that nobody else holds is released by the caller", () => {
    const lines = ["  sc_o_m1_A *sc_t0 = fast_arr_get_ref(sc_t9, sc_t8);", "  double sc_t1 = sc_f_m1_g(sc_t0, sc_t7);"];
    expect(body(lines)).toEqual([...lines, "  sc_release_m1_A(sc_t0);"]);
  });

  test("of a virtual method as well, under the type of its class", () => {
    const lines = [
      "  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);",
      "  sc_o_m1_B *sc_t1 = (sc_o_m1_B *)sc_t0;",
      "  ScrBytes *sc_t2 = fast_bytes_retain(sc_g_changing);",
      "  ((const sc_vtt_m1_B *)sc_t1->vt)->sc_vs_take(sc_t1, sc_t2);",
    ];
    expect(body(lines)).toEqual(["  sc_o_m1_A *sc_t0 = sc_l_a_0;", ...lines.slice(1), "  fast_bytes_release(sc_t2);"]);
  });

  test("of a constructor is not counted for it", () => {
    const lines = ["  sc_o_m1_A *sc_t0 = sc_new_m1_A();", "  sc_f_m1_A_constructor(sc_retain_m1_A(sc_t0));"];
    expect(body(lines)).toEqual([lines[0], "  sc_f_m1_A_constructor(sc_t0);"]);
  });
});

describe("what is taken", () => {
  const taken = (from: string): string[] => [
    `  sc_o_m1_A *sc_t0 = sc_retain_m1_A(${from});`,
    "  sc_f_m1_g();",
    "  double sc_t1 = sc_t0->sc_fld_n;",
    "  sc_release_m1_A(sc_t0);",
  ];
  const borrowed = (from: string): string[] => [
    `  sc_o_m1_A *sc_t0 = ${from};`,
    "  sc_f_m1_g();",
    "  double sc_t1 = sc_t0->sc_fld_n;",
  ];

  /** As the compiler writes a field of the parameter. */
  const ofParameter = (lines: readonly string[]): string[] => [
    "  sc_o_m1_A *sc_t7 = sc_retain_m1_A(sc_l_a_0);",
    ...lines,
    "  sc_release_m1_A(sc_t7);",
  ];
  const PARAMETER = "  sc_o_m1_A *sc_t7 = sc_l_a_0;";

  test("from a lasting field of what is held, or a module's constant, is borrowed", () => {
    const from = "sc_t7->sc_fld_lasting";
    expect(body(ofParameter(taken(from)))).toEqual([PARAMETER, ...borrowed(from)]);
    expect(body(taken("sc_g_lasting"))).toEqual(borrowed("sc_g_lasting"));
  });

  test("from a field that others assign, or a module's variable, is counted", () => {
    const from = "sc_t7->sc_fld_changing";
    expect(body(ofParameter(taken(from)))).toEqual([PARAMETER, ...taken(from)]);
    expect(body(taken("sc_g_changing"))).toEqual(taken("sc_g_changing"));
    const again = [...START, "static void sc_f_m1_again(void) {", "  sc_g_lasting = sc_t1;", "}"];
    expect(body(taken("sc_g_lasting"), [], "f", again)).toEqual(taken("sc_g_lasting"));
  });

  test("from a lasting field within a constructor is counted: there it changes", () => {
    const lines = taken("sc_t7->sc_fld_lasting");
    expect(body(ofParameter(lines), [], "m2_B_constructor")).toEqual([PARAMETER, ...lines]);
  });

  test("a field that a constructor assigns to another object is none that lasts", () => {
    const start = [
      ...START,
      "static void sc_f_m2_C_constructor(sc_o_m2_C *sc_l_this_0, sc_o_m1_A *sc_l_a_0) {",
      "  sc_o_m1_A *sc_t0 = sc_retain_m1_A(sc_l_a_0);",
      "  sc_t0->sc_fld_lasting = sc_t1;",
      "  sc_release_m1_A(sc_t0);",
      "}",
    ];
    const lines = taken("sc_t7->sc_fld_lasting");
    expect(body(ofParameter(lines), [], "f", start)).toEqual([PARAMETER, ...lines]);
  });

  test("from a local is borrowed until that is assigned or released", () => {
    const before = "  sc_l_x_0 = sc_t8;";
    const after = "  sc_release_m1_A(sc_l_x_0);";
    expect(body([before, ...taken("sc_l_x_0"), after])).toEqual([before, ...borrowed("sc_l_x_0"), after]);
    for (const between of [before, after]) {
      const [first = "", ...rest] = taken("sc_l_x_0");
      expect(body([before, first, between, ...rest])).toEqual([before, first, between, ...rest]);
    }
  });

  test("from another temporary is borrowed until that is released", () => {
    const owner = "  sc_o_m1_A *sc_t9 = sc_f_m1_g();";
    const release = "  sc_release_m1_A(sc_t9);";
    const lines = taken("sc_t9->sc_fld_lasting");
    expect(body([owner, ...lines, release])).toEqual([owner, ...borrowed("sc_t9->sc_fld_lasting"), release]);
    const [first = "", call = "", ...rest] = lines;
    expect(body([owner, first, release, call, ...rest])).toEqual([owner, first, release, call, ...rest]);
    // Moved on, to where it may be let go of.
    const moved = "  sc_l_x_0 = sc_t9;";
    expect(body([owner, moved, ...lines])).toEqual([owner, moved, ...lines]);
  });

  test("and may be kept in one way of two is counted", () => {
    const [first = "", call = "", use = "", release = ""] = taken("sc_l_a_0");
    for (const turn of ["  if (sc_t5) goto sc_end;", "  if (sc_t5) break;", "  sc_end:;"])
      expect(body([first, call, turn, use, release])).toEqual([first, call, turn, use, release]);
    const inner = [first, "  if (sc_t5) {", "    sc_release_m1_A(sc_t0);", "  }"];
    expect(body(inner)).toEqual(inner);
  });
});

describe("a local", () => {
  const lines = (from: string): string[] => [
    "  sc_o_m1_A *sc_l_x_0 = NULL;",
    `  sc_o_m1_A *sc_t0 = sc_retain_m1_A(${from});`,
    "  sc_l_x_0 = sc_t0;",
    "  if (sc_t5) {",
    "    sc_release_m1_A(sc_l_x_0);",
    "    return;",
    "  }",
    "  sc_release_m1_A(sc_l_x_0);",
  ];

  test("assigned once from what is held borrows it", () => {
    const kept = lines("sc_l_a_0").filter((line) => !line.includes("release"));
    expect(body(lines("sc_l_a_0"))).toEqual(kept.map((line) => line.replace(/sc_retain_m1_A\((.*)\)/, "$1")));
  });

  test("assigned twice, or from what may go, is counted", () => {
    expect(body(lines("sc_l_y_0"))).toEqual(lines("sc_l_y_0"));
    const twice = [...lines("sc_l_a_0"), "  sc_l_x_0 = sc_t7;"];
    expect(body(twice)).toEqual(twice);
  });

  test("that is handed on by itself is counted", () => {
    const moved = [...lines("sc_l_a_0"), "  return sc_l_x_0;"];
    expect(body(moved)).toEqual(moved);
  });
});

test("strings keep their counts", () => {
  const lines = ["  ScrStr *sc_t0 = scr_str_retain(sc_l_s_0);", "  sc_f_m1_g(sc_t0);"];
  expect(body(lines)).toEqual(lines);
});

test("a call in another form is refused", () => {
  expect(() => body(["  sc_t0 = sc_f_m1_g() + 1;"])).toThrow(PatchError);
});
