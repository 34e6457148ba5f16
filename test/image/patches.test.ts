// Patches of vendored C: exact context at the exact line, and a head that says why each is there.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyHunks, PATCHES, parsePatch, patchesOf, readPatch } from "../../image/build/patches.ts";

const PATCH = `What:     a word

--- a/lib/file.c
+++ b/lib/file.c
@@ -2,3 +2,4 @@
 b
-c
+C
+CC
 d
@@ -6 +7 @@
-f
+F
`;
const hunks = (text = PATCH) => parsePatch(text)[0]!.hunks;

describe("a patch", () => {
  it("names its files and what has to be there", () => {
    expect(parsePatch(PATCH)).toEqual([
      {
        file: "lib/file.c",
        hunks: [
          { from: 1, before: ["b\n", "c\n", "d\n"], after: ["b\n", "C\n", "CC\n", "d\n"] },
          { from: 5, before: ["f\n"], after: ["F\n"] },
        ],
      },
    ]);
  });

  it("is applied where it says", () => {
    expect(applyHunks("a\nb\nc\nd\ne\nf\ng\n", hunks())).toBe("a\nb\nC\nCC\nd\ne\nF\ng\n");
  });

  it.each([
    ["a line that has moved", "\na\nb\nc\nd\ne\nf\n", 'line 2: "a\\n", expected "b\\n"'],
    ["context of another text", "a\nb\nc\nd \ne\nf\n", 'line 4: "d \\n", expected "d\\n"'],
    ["a file that is shorter", "a\nb\nc\nd\ne\n", 'line 6: "", expected "f\\n"'],
    ["what is patched already", "a\nb\nC\nCC\nd\ne\nF\n", 'line 3: "C\\n", expected "c\\n"'],
  ])("is refused for %s", (_, text, message) => {
    expect(() => applyHunks(text, hunks())).toThrow(message);
  });

  it.each([
    ["no diff", "What: nothing\n"],
    ["another file on the second line", PATCH.replace("+++ b/lib/file.c", "+++ b/lib/other.c")],
    ["no hunks", PATCH.slice(0, PATCH.indexOf("@@"))],
    ["a hunk that is cut short", PATCH.slice(0, PATCH.indexOf("+CC"))],
    ["more lines than the hunk says", PATCH.replace("-2,3 +2,4", "-2,3 +2,3")],
  ])("is refused with %s", (_, text) => {
    expect(() => parsePatch(text)).toThrow();
  });
});

describe("the patches of vendored C", () => {
  const names = readdirSync(PATCHES).map((name) => name.replace(/\.patch$/, ""));

  it("are all applied by some build", () => {
    expect(names.toSorted()).toEqual([...new Set(Object.values(patchesOf).flat())].toSorted());
  });

  it.each(names)("%s says what, why, what it saves and what upstream says", async (name) => {
    const text = await readPatch(name);
    const head = text.slice(0, text.indexOf("--- "));
    for (const word of ["What:", "Why:", "Saves:", "Upstream:"]) expect(head).toMatch(new RegExp(`^${word} +\\S`, "m"));
    expect(parsePatch(text).length).toBeGreaterThan(0);
  });
});
