import { describe, expect, it } from "vitest";
import { bundledPackages, lockedPackages, parseAudit, unpinned } from "../../tools/check-dependencies.ts";
import { allowsUse } from "../../tools/licences.ts";

describe("licence expressions", () => {
  const allowed = ["MIT", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
  it.each([
    ["MIT", true],
    ["GPL-3.0", false],
    ["MIT OR GPL-3.0", true],
    ["MIT AND GPL-3.0", false],
    ["GPL-3.0 OR MIT AND ISC", true],
    ["(GPL-3.0 OR MIT) AND ISC", true],
    ["(GPL-3.0 OR MIT) AND LGPL-2.1", false],
    ["Apache-2.0/MIT", true],
    ["Apache-2.0 WITH LLVM-exception", true],
    ["MIT WITH LLVM-exception", false],
    ["", false],
    ["(MIT", false],
    ["MIT MIT", false],
    ["SEE LICENSE IN LICENSE.txt", false],
  ])("%j: %j", (expression, expected) => {
    expect(allowsUse(expression, allowed)).toBe(expected);
  });
});

describe("pins", () => {
  it("are one version each", () => {
    const text = JSON.stringify({
      dependencies: { a: "1.2.3", b: "^1.2.3" },
      devDependencies: { c: "*", d: "2.0.0-rc.1" },
    });
    expect(unpinned(text)).toEqual(['b: "^1.2.3" is not one version', 'c: "*" is not one version']);
  });

  it("a package without a checksum, and one whose licence only its manifest tells", () => {
    const text = JSON.stringify({
      packages: {
        "": { version: "0.1.0" },
        "node_modules/a": { version: "1.0.0", license: "MIT" },
        "node_modules/b/node_modules/@c/d": { version: "2.0.0", integrity: "sha512-x", dev: true },
      },
    });
    const found = lockedPackages(text, (path) => (path.endsWith("d") ? '{"license":"ISC"}' : undefined));
    expect(found).toEqual([
      { name: "a", version: "1.0.0", licence: "MIT", integrity: false, dev: false, installed: false },
      { name: "@c/d", version: "2.0.0", licence: "ISC", integrity: true, dev: true, installed: true },
    ]);
  });
});

describe("what is linked in", () => {
  it("is read from the program's source map", () => {
    const sources = [
      "../../appliance/config.ts",
      "../node_modules/@a/b/x.js",
      "../node_modules/c/y.js",
      "../node_modules/c/z.js",
    ];
    expect(bundledPackages(JSON.stringify({ sources }))).toEqual(["@a/b", "c"]);
  });
});

describe("npm audit", () => {
  it("names each advisory once", () => {
    const advisory = { url: "https://example.org/advisories/GHSA-1", severity: "high", title: "bad" };
    const report = JSON.stringify({ vulnerabilities: { a: { via: [advisory, advisory] }, b: { via: ["a"] } } });
    expect(parseAudit(report)).toEqual([{ id: "GHSA-1", name: "a", severity: "high", title: "bad" }]);
  });

  it("that has no answer is no pass", () => {
    expect(parseAudit('{"statusCode":405,"message":"no"}')).toContain("405");
    expect(parseAudit("not JSON")).toContain("no answer");
  });
});
