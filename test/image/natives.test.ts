// The description of native.d.ts and the code made of it: whatever is not fully described is refused.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compiledGlue, engineGlue } from "../../image/build/glue.ts";
import { describeNatives } from "../../image/build/natives.ts";

const folder = mkdtempSync(join(tmpdir(), "natives-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TYPES = `type Whole<Least extends number, Most extends number> = number;
type Uint8 = Whole<0, 0xff>;
`;

function described(declaration: string) {
  const page = join(folder, "page.d.ts");
  writeFileSync(page, TYPES + declaration);
  return describeNatives([page]).map(({ parameters, returns }) => ({
    forms: parameters.map(({ form }) => form),
    returns,
  }))[0];
}

describe("the description of a native", () => {
  it("knows a range by the names of its parameters", () => {
    expect(described("declare function nativeX(a: Uint8Array, aOffset: number, aLength: number): void;")).toEqual({
      forms: [{ kind: "range", offset: "aOffset", length: "aLength" }, { kind: "offset" }, { kind: "length" }],
      returns: "void",
    });
  });

  it("shares one length between two ranges", () => {
    const two = described(
      "declare function nativeX(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean;",
    );
    expect(two?.forms.filter((form) => form.kind === "range")).toHaveLength(2);
    expect(two?.forms.filter((form) => form.kind === "length")).toHaveLength(1);
  });

  it("follows a type to its bounds", () => {
    expect(described("declare function nativeX(n: Uint8): number;")?.forms).toEqual([
      { kind: "whole", least: 0, most: 255 },
    ]);
  });

  it("reads how many bytes an array must have", () => {
    expect(described("/** @least key 16 */\ndeclare function nativeX(key: Uint8Array): void;")?.forms).toEqual([
      { kind: "bytes", least: 16 },
    ]);
  });

  it.each([
    ["a number that nobody checks", "declare function nativeX(n: number): void;"],
    ["an offset of nothing", "declare function nativeX(offset: number): void;"],
    ["a length of nothing", "declare function nativeX(bytes: Uint8Array, length: number): void;"],
    ["a type that is not known", "declare function nativeX(n: Date): void;"],
    ["a result that is not known", "declare function nativeX(): Date;"],
    ["a least size of no array", "/** @least k 16 */\ndeclare function nativeX(key: Uint8Array): void;"],
    ["a tag that is not known", "/** @most key 16 */\ndeclare function nativeX(key: Uint8Array): void;"],
    ["a name that is not a native's", "declare function x(): void;"],
  ])("is refused for %s", (_, declaration) => {
    expect(() => described(declaration)).toThrow();
  });
});

describe("the glue", () => {
  it("has every function of the page for the engine", () => {
    const glue = engineGlue();
    const natives = describeNatives();
    expect(natives.length).toBeGreaterThan(50);
    for (const { name, parameters } of natives) expect(glue).toContain(`JS_CFUNC_DEF("${name}", ${parameters.length},`);
  });

  it("checks the smaller of two ranges that share a length", () => {
    expect(engineGlue()).toContain("WHOLE(length, 4, 0, LESSER(into_size - intoOffset, from_size - fromOffset));");
  });

  it("checks every argument on the compiled side", () => {
    expect(compiledGlue(["nativeChecksum"])).toBe(
      "INLINE double nativeChecksum(const uint8_t *bytes, size_t bytes_size, double offset, double length, double sum) { " +
        "return (double)native_checksum(below_range(bytes, bytes_size, offset, length), (size_t)length, below_whole(sum, 0u, 65535u)); }\n",
    );
    expect(compiledGlue(["nativeLoad16"])).toContain("native_load16(below_range(bytes, bytes_size, offset, 2))");
  });

  it("refuses below the seam what makes values of the engine", () => {
    expect(() => compiledGlue(["nativeSha1"])).toThrow("below the seam");
    expect(() => compiledGlue(["nativeRun"])).toThrow("below the seam");
  });
});
