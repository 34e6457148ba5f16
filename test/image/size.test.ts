import { expect, test } from "vitest";
import { codeLines } from "../../tools/check-size.ts";

test("lines of code are what is left without comments and empty lines", () => {
  expect(codeLines("/* one\n * two */\n\nint a; /* three */\n  // four\n/* five */ int b;\n")).toBe(2);
  expect(codeLines('char *a = "/*";\nint b;\nchar *c = "*/", d = \'"\';\nint e; // "\nint f;\n')).toBe(5);
  expect(codeLines("#define A \\\n  b \\\n  c\n")).toBe(3);
});
