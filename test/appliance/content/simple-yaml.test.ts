import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnyYaml } from "../../../appliance/content/data.ts";
import { lineValue, UNREADABLE } from "../../../appliance/content/front-matter.ts";
import { readSimpleYaml } from "../../../appliance/content/simple-yaml.ts";

/** What the library makes of it, without its words. */
function byLibrary(text: string): unknown {
  const result = parseAnyYaml(text);
  return result.ok ? result.value : "not YAML";
}

/** Either it is left to the library, or the value is the same. */
function agrees(text: string): boolean {
  const simple = readSimpleYaml(text);
  if (simple !== undefined) expect(simple, JSON.stringify(text)).toEqual(byLibrary(text));
  return simple !== undefined;
}

describe("simple YAML", () => {
  it("reads what headers are mostly made of", () => {
    const text = `title: Ein schöner Tag, oder: nicht
author: Ada Example
# a comment
date: 2026-11-28 10:00:00 +0100
updated: 2026-11-28T10:00:00Z

draft: false
weight: 12
url: https://example.org/a
tags: [one, "two", three four, '5']
empty: []
nothing:
categories:
  - first
  - second one
  - "third: in quotes"
series:
- a
`;
    // "oder: nicht" is a map in a value, which YAML does not allow.
    expect(readSimpleYaml(text)).toBeUndefined();
    const simple = text.replace("oder: nicht", "oder nicht");
    expect(readSimpleYaml(simple)).toBeDefined();
    agrees(simple);
    expect(readSimpleYaml(simple)).toEqual({
      title: "Ein schöner Tag, oder nicht",
      author: "Ada Example",
      date: "2026-11-28 10:00:00 +0100",
      updated: "2026-11-28T10:00:00Z",
      draft: false,
      weight: 12,
      url: "https://example.org/a",
      tags: ["one", "two", "three four", "5"],
      empty: [],
      nothing: null,
      categories: ["first", "second one", "third: in quotes"],
      series: ["a"],
    });
  });

  it("reads a value alone", () => {
    for (const text of ["one", "2026-11-28", "true", "No", "12", '"a: b"', "'x'", "a:b", " padded "])
      expect(agrees(text), text).toBe(true);
  });

  it("leaves to the library what it is not sure of", () => {
    const texts = [
      "",
      "# nothing",
      "a: 012",
      "a: 1.5",
      "a: -1",
      "a: 0x10",
      "a: .inf",
      "a: ~",
      "a: b # a comment",
      "a: &anchor b",
      "a: *anchor",
      "a: !!str b",
      "a: |\n  text",
      "a: >\n  text",
      "a: {b: c}",
      "a: [b, [c]]",
      "a: [b, c",
      "a: [b,, c]",
      "a: [b, c,]",
      "a: ['b, c']",
      "a: b\n  goes on",
      "a:\n  b: c",
      "a:\n  - b\n  goes on",
      "a:\n  - b\n - c",
      "a:\n  - b: c",
      "a:\n  - - b",
      "a:\n  -",
      "a: - b",
      'a: "b\\n"',
      'a: "b" c',
      "a: 'it''s'",
      "a: b\na: c",
      "a : b",
      "? a",
      "--- a",
      "a: b\n---\nc: d",
      "a: b\n...",
      "%YAML 1.2",
      "a:\tb",
      "a: b\r\nc: d",
      "null: b",
      "__proto__: b",
      "a: b: c",
      "a: b:",
      "a:b\nc: d",
    ];
    for (const text of texts) expect(readSimpleYaml(text), text).toBeUndefined();
  });

  it("is no map within a line, without a look into the library", () => {
    const piece = fc.constantFrom("a", "Why", ": ", ":", " ", "#", " # ", '"', "-", "[", "&", "\u00a0");
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join("").trim()),
        (text) => {
          const value = byLibrary(text);
          const expected = value === "not YAML" || (typeof value === "object" && value !== null) ? UNREADABLE : value;
          expect(lineValue(text), text).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("is of one mind with the library, whatever the text", () => {
    const piece = fc.constantFrom(
      ...[
        "a",
        "b1",
        "title",
        "true",
        "Null",
        "no",
        "2026-01-02",
        "10",
        "0",
        "007",
        "1e3",
        ".5",
        "é",
        "日",
        "x-y",
        "it's",
      ],
      ...[
        ": ",
        ":",
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n- ",
        "\n  - ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        '"',
        "'",
        "#",
        " # ",
      ],
      ...[
        "&",
        "*",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "?",
        "---",
        "...",
        "\\",
        "~",
        "=",
        "<<",
        "\u00a0",
        "\u2028",
        "\ufeff",
      ],
    );
    const key = fc.constantFrom("title", "date", "tags", "a", "true", "x_y", "B-2", "draft", "nested.key", "y");
    const value = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
      fc.string({ maxLength: 12, unit: "binary" }),
      fc.array(piece, { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
      fc.array(piece, { maxLength: 4 }).map((items) => items.map((item) => `\n  - ${item}`).join("")),
      piece.map((text) => `"${text}"`),
      piece.map((text) => `'${text}'`),
    );
    const line = fc.tuple(key, fc.constantFrom(": ", ":", " : ", ":  "), value).map((parts) => parts.join(""));
    const text = fc.oneof(
      fc.array(line, { maxLength: 5 }).map((lines) => lines.join("\n")),
      value,
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    );
    let read = 0;
    fc.assert(
      fc.property(text, (written) => {
        if (agrees(written)) read++;
      }),
      { numRuns: 1000 },
    );
    // A property that is never tried would hold, too.
    expect(read > 50).toBe(true);
  });
});
