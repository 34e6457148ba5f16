import { describe, expect, it } from "vitest";
import { crowdedLines } from "../../tools/check-c.ts";
import { CONCERNS, codeLines, ownC, weigh } from "../../tools/check-size.ts";

describe("lines of code", () => {
  it("are what is left without comments and empty lines", () => {
    expect(codeLines("/* one\n * two */\n\nint a; /* three */\n  // four\n/* five */ int b;\n")).toBe(2);
    expect(codeLines('char *a = "/*";\nint b;\nchar *c = "*/", d = \'"\';\nint e; // "\nint f;\n')).toBe(5);
    expect(codeLines("#define A \\\n  b \\\n  c\n")).toBe(3);
  });
});

describe("the budget of C", () => {
  const concerns = [
    { name: "heap", most: 10, files: ["malloc.c"] },
    { name: "card", most: 5, files: ["card/"] },
  ];

  it("is at most 2,600 lines, and every file has its concern", () => {
    expect(CONCERNS.reduce((sum, { most }) => sum + most, 0)).toBeLessThanOrEqual(2600);
    expect(weigh(ownC()).faults).toEqual([]);
  });

  it("is exceeded by a concern alone, whatever the others have left", () => {
    const files = [
      { name: "malloc.c", code: 1 },
      { name: "card/a.c", code: 3 },
      { name: "card/b.c", code: 3 },
    ];
    expect(weigh(files, concerns).faults).toEqual(["card: 6 lines of code, at most 5 (card/)"]);
  });

  it("has no room for a file of no concern", () => {
    expect(weigh([{ name: "more.c", code: 1 }], concerns).faults).toEqual([
      "more.c belongs to no concern of tools/check-size.ts",
    ]);
  });
});

describe("a line with two statements", () => {
  it.each([
    "a = 1, b = 2;",
    "  if (n > 0) text += n, length -= n;",
    "a(); b();",
    "return *into = d, 0;",
    "case SYS_munmap: free(p); return 0;",
    "else p = q, q += 2;",
    "f(0), g(1);",
    "do x += 1, y += 2;",
  ])("is found: %s", (line) => {
    expect(crowdedLines(`int a;\n${line}\n`)).toEqual([2]);
  });

  it.each([
    "int a = 1, b = 2;",
    "for (i = 0, j = 1; i < j; i++, j--) f(i, j);",
    "if (!x) return NULL;",
    "static const int list[] = {1, 2, 3};",
    "f(a, b);",
    'print("a, b; c");',
    "a[f(1, 2)] = (struct s){1, 2};",
    "case 1: return f(a, b);",
    "    a, b, 1, 2);",
    "void f(void) { g(1, 2); }",
    "#define TWICE(x) x, x; y;",
    "#define LINES \\\n  a = 1, b = 2;",
    "} name[] = {{1, 2}};",
    "a = 1; /* b = 2; */",
  ])("is not: %s", (line) => {
    expect(crowdedLines(line)).toEqual([]);
  });
});
