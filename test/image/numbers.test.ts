// The numbers of the compiled side (image/runtime/below.h), with gcc and what it folds: each operation on numbers that it
// knows while it compiles, and on the same when it does not, must give what Node gives.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const header = readFileSync(join(import.meta.dirname, "../../image/runtime/below.h"), "utf8");
const numbers = header.slice(header.indexOf("/* ---- Numbers"), header.indexOf("/* ---- Arrays"));
const folder = mkdtempSync(join(tmpdir(), "numbers-"));

// Where a double stops being an integer of 32, 53 and 64 bits, and what is none.
const VALUES = [
  ...[0, -0, 0.5, -0.5, 1, -1, 2.5, -2.5, 31, 32, 0xffff, 0x7fffffff, 0x80000000, -0x80000000, 0xffffffff, 2 ** 32],
  ...[
    -(2 ** 32) - 1.5,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 53),
    2 ** 62,
    2 ** 63 - 1024,
    2 ** 63,
    -(2 ** 63),
    2 ** 64 + 2 ** 12,
  ],
  ...[1e300, -1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, Number.MIN_VALUE],
];
const TWO: Readonly<Record<string, (a: number, b: number) => number>> = {
  fast_bit_and: (a, b) => a & b,
  fast_bit_or: (a, b) => a | b,
  fast_bit_xor: (a, b) => a ^ b,
  fast_bit_shl: (a, b) => a << b,
  fast_bit_shr: (a, b) => a >> b,
  fast_bit_ushr: (a, b) => a >>> b,
  fast_math_imul: Math.imul,
  fast_math_min: Math.min,
  fast_math_max: Math.max,
  fast_fmod: (a, b) => a % b,
};

const START = `
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define INLINE static inline __attribute__((always_inline))
/* What the runtime does for those that are not the plain case. */
static double scr_bit_or(double a, double b) {
  (void)b;
  if (!isfinite(a)) return 0;
  double r = fmod(trunc(a), 4294967296.0);
  return (double)(int32_t)(uint32_t)(int64_t)r;
}
static double scr_math_min(double a, double b) { return isnan(a) || isnan(b) ? NAN : a == 0 && b == 0 ? (signbit(a) ? a : b) : fmin(a, b); }
static double scr_math_max(double a, double b) { return isnan(a) || isnan(b) ? NAN : a == 0 && b == 0 ? (signbit(a) ? b : a) : fmax(a, b); }
${numbers}
static int failed;
static void check(const char *what, double is, double wanted) {
  if (isnan(is) && isnan(wanted)) return;
  if (is == wanted && signbit(is) == signbit(wanted)) return;
  failed++;
  printf("%s: %.17g, not %.17g\\n", what, is, wanted);
}
`;

function c(value: number): string {
  if (Number.isNaN(value)) return "NAN";
  if (!Number.isFinite(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  return Object.is(value, -0) ? "-0.0" : /[.e]/.test(`${value}`) ? `${value}` : `${value}.0`;
}

describe.skipIf(spawnSync("gcc", ["--version"]).status !== 0)("numbers as machine code (needs gcc)", () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the checks say that do not hold; functions, because gcc takes longer than their sum for one of all. */
  const compute = (name: string, parts: readonly (readonly string[])[]): string => {
    const source = join(folder, `${name}.c`);
    const functions = parts.map((lines, i) => `static void part${i}(void) {\n${lines.join("\n")}\n}`);
    const calls = parts.map((_, i) => `part${i}();`).join(" ");
    writeFileSync(source, `${START}\n${functions.join("\n")}\nint main(void) { ${calls} return failed; }\n`);
    const program = join(folder, name);
    const gcc = spawnSync("gcc", ["-O3", "-w", source, "-o", program, "-lm"], { encoding: "utf8" });
    return gcc.stderr + spawnSync(program, [], { encoding: "utf8" }).stdout;
  };
  const both = (what: string, call: string, wanted: number, values: readonly number[]): string[] => {
    const known = values.map((value, i) => `double v${i} = ${c(value)};`).join(" ");
    const line = `check("${what}(${values.join(", ")})", ${call}, ${c(wanted)});`;
    return [`  { ${known} ${line} }`, `  { ${known.replaceAll("double", "volatile double")} ${line} }`];
  };

  for (const [name, operation] of Object.entries(TWO))
    it(name, { timeout: 60_000 }, () => {
      const checks = (a: number): string[] =>
        VALUES.flatMap((b) => both(name, `${name}(v0, v1)`, operation(a, b), [a, b]));
      expect(compute(name, VALUES.map(checks))).toBe("");
    });

  it("floor and not", { timeout: 60_000 }, () => {
    const checks = VALUES.map((a) => [
      ...both("fast_floor", "fast_floor(v0)", Math.floor(a), [a]),
      ...both("fast_bit_not", "fast_bit_not(v0)", ~a, [a]),
    ]);
    expect(compute("one", checks)).toBe("");
  });
});
