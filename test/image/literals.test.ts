import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Lexer } from "marked";
import { describe, expect, it } from "vitest";
import { withLiterals } from "../../image/build/literals.ts";

const MARKED = join(import.meta.dirname, "../../node_modules/marked/lib/marked.esm.js");

/** Every expression below an object, by its way there. */
function expressions(value: unknown, way = ""): string[] {
  if (value instanceof RegExp) return [`${way} ${value}`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => expressions(item, `${way}/${name}`));
}

describe("expressions as literals", () => {
  it("are those that marked makes itself", async () => {
    const source = readFileSync(MARKED, "utf8");
    const changed = await withLiterals(source);
    expect(source.split("getRegex()").length - changed.split("getRegex()").length > 30).toBe(true);
    const { Lexer: Changed } = (await import(`data:text/javascript,${encodeURIComponent(changed)}`)) as {
      Lexer: typeof Lexer;
    };
    const own = expressions(Lexer.rules);
    expect(own.length > 60).toBe(true);
    expect(expressions(Changed.rules)).toEqual(own);
    expect(await withLiterals(source)).toBe(changed);
  });

  it("leave alone what runs later or not at all, and keep lines where they were", async () => {
    const source = `const rule = {
  getRegex: () => /a\\/b/gi,
};
const one = rule
  .getRegex();
const later = () => rule.getRegex();
const never = false && rule.getRegex();
export { one, later, never };
`;
    const changed = await withLiterals(source);
    expect(changed).toBe(source.replace("rule\n  .getRegex()", "/a\\/b/gi\n"));
  });
});
