import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePath } from "../../../appliance/content/paths.ts";
import { parseTarget } from "../../../appliance/web/target.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

const platform = new VirtualPlatform();

describe("a request's target", () => {
  const good: readonly (readonly [target: string, path: string, query: string])[] = [
    ["/", "/", ""],
    ["/Posts/VMM", "/Posts/VMM", ""],
    ["/Posts/", "/Posts/", ""],
    ["//evil.example/x", "/evil.example/x", ""],
    ["/a//b", "/a/b", ""],
    ["/a%20b?x=%zz", "/a b", "?x=%zz"],
    ["/%E6%97%A5", "/日", ""],
    ["/\u00e6\u0097\u00a5", "/日", ""],
    ["/%25", "/%", ""],
    ["/%2525", "/%25", ""],
    ["/...", "/...", ""],
    ["/a+b", "/a+b", ""],
  ];
  for (const [target, path, query] of good)
    it(`is decoded once: ${target}`, () => {
      expect(parseTarget(target, platform)).toEqual({ ok: true, value: { path, query } });
    });

  for (const target of [
    "",
    "x",
    "*",
    "/..",
    "/a/../b",
    "/./a",
    "/%2e%2e/x",
    "/%2E",
    "/a%2fb",
    "/a%5cb",
    "/a\\b",
    "/%",
    "/%4",
    "/%zz",
    "/%00",
    "/a%0d%0ab",
    "/\u0007",
    "http://h/",
  ])
    it(`is refused: ${JSON.stringify(target)}`, () => {
      expect(parseTarget(target, platform)).toEqual({ ok: false, error: "bad" });
    });

  it("reads back what links are made of", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !/[\x00-\x1f\x7f/\\]|^\.{1,2}$|[\ud800-\udfff]/.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = `/${names.join("/")}`;
        expect(parseTarget(encodePath(path), platform)).toEqual({ ok: true, value: { path, query: "" } });
      }),
      { numRuns: 200 },
    );
  });

  it("never throws, and never leaves the tree", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."/.%2eEfF0cC5?#a\u00ff".split("")) }), (target) => {
        const result = parseTarget(target, platform);
        if (result.ok) for (const name of result.value.path.split("/")) expect([".", ".."].includes(name)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
