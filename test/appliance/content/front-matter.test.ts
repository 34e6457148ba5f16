import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listOf, MAX_HEADER_LENGTH, splitDocument, textOf } from "../../../appliance/content/front-matter.ts";

function header(text: string): ReadonlyMap<string, unknown> {
  const result = splitDocument(text);
  if (!result.ok) throw new Error(result.error.reason);
  if (result.value.header === undefined) throw new Error("no header");
  return result.value.header.fields;
}

describe("front matter", () => {
  it("has no key without a name", () => {
    for (const text of ['---\n"": a\nb: "c"\n---\n', '---\n? \n: a\nb: "c"\n---\n']) {
      const split = splitDocument(text);
      expect(split.ok && split.value.header?.entries.map(({ key }) => key)).toEqual(["b"]);
    }
  });

  it("is Canopy's lines", () => {
    const text = "---\ntitle: A blog entry\nauthor: Me\nauthor_url: http://me.example\ntags: one, two\n---\nbody";
    expect([...header(text)]).toEqual([
      ["title", "A blog entry"],
      ["author", "Me"],
      ["author_url", "http://me.example"],
      ["tags", "one, two"],
    ]);
    const split = splitDocument(text);
    expect(split.ok && text.slice(split.value.bodyStart)).toBe("body");
  });

  it("keeps a value with a colon, with dashes or with a number sign", () => {
    const read = header("---\ntitle: Why: a story --- told # twice\n---\n");
    expect(textOf(read, "title")).toBe("Why: a story --- told # twice");
  });

  it("is YAML where YAML is used", () => {
    const read = header(
      '---\ntitle: "Quoted: yes"\ndate: 2026-05-01\ntags: [a, "b c"]\nauthor:\n  name: N\ndraft: true\n---\n',
    );
    expect(textOf(read, "title")).toBe("Quoted: yes");
    expect(textOf(read, "date")).toBe("2026-05-01");
    expect(listOf(read, "tags")).toEqual(["a", "b c"]);
    expect(read.get("draft")).toBe(true);
  });

  it("takes lists written below one another, and folded text", () => {
    const read = header("---\ntags:\n  - a\n  - b\nabstract: >\n  one\n  two\n---\n");
    expect(listOf(read, "tags")).toEqual(["a", "b"]);
    expect(textOf(read, "abstract")).toBe("one two");
  });

  it("falls back to lines when it looks like YAML and is not", () => {
    expect(textOf(header('---\ntitle: "Epiphyte": a machine\nauthor: Me\n---\n'), "title")).toBe(
      '"Epiphyte": a machine',
    );
  });

  it("keeps a title that is not YAML above a list that is", () => {
    const read = header("---\ntitle: Rust: the book\ntags:\n  - a\n  - b\n---\n");
    expect(textOf(read, "title")).toBe("Rust: the book");
    expect(listOf(read, "tags")).toEqual(["a", "b"]);
  });

  it("leaves out a value that is not YAML and not text, and says so", () => {
    const result = splitDocument("---\ntitle: [unclosed\ntags: [a, b\nlang: de\n---\n");
    if (!result.ok || result.value.header === undefined) throw new Error("no header");
    expect([...result.value.header.fields]).toEqual([["lang", "de"]]);
    expect(result.value.header.warning).toEqual({
      reason: expect.stringMatching(/^its header is not YAML \(.*\)$/),
      line: 3,
    });
    const twice = splitDocument("---\ntitle: [a]\ntags: x\ntags: y\n---\n");
    expect(twice.ok && twice.value.header?.warning?.reason).toContain("unique");
  });

  it("says nothing of a line that Canopy would take as it stands", () => {
    for (const text of ["title: Why: a story", 'title: "Epiphyte": a machine', "title: Rust: the book\ntags:\n - a"]) {
      const result = splitDocument(`---\n${text}\n---\n`);
      expect(result.ok && result.value.header?.warning).toBe(undefined);
    }
  });

  it("ends its lines with CR as well", () => {
    const text = "---\rtitle: x\rdraft: true\r---\rbody";
    expect(header(text).get("draft")).toBe("true");
    const split = splitDocument(text);
    expect(split.ok && text.slice(split.value.bodyStart)).toBe("body");
  });

  it("works with CRLF, blanks after the fence and an end without a newline", () => {
    expect(textOf(header("--- \r\ntitle: x\r\n---"), "title")).toBe("x");
  });

  it("is absent where a text begins otherwise, and a rule within the text is none", () => {
    for (const text of ["", "hello", " ---\na: b\n---", "a\n---\nb", "----\n"]) {
      const result = splitDocument(text);
      expect(result.ok && result.value).toEqual({ header: undefined, bodyStart: 0 });
    }
  });

  it("says what is wrong with it", () => {
    const reason = (text: string): string => {
      const result = splitDocument(text);
      return result.ok ? "" : result.error.reason;
    };
    expect(reason("---\ntitle: x\n")).toContain("not closed");
    expect(reason(`---\na: ${"x".repeat(MAX_HEADER_LENGTH)}\n---\n`)).toContain("not closed");
    expect(reason("+++\ntitle = 'x\n+++\n")).toContain("TOML");
    expect(reason("---\n[a\n---\n")).toContain("cannot be read");
    expect(reason("---\n- a\n- b\n---\n")).toContain("key: value");
  });

  it("does not swell: aliases are bounded", () => {
    const bomb = `---\na: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
      .split("")
      .map(
        (c, i) =>
          `${c}: &${c} [${Array(9)
            .fill(`*${"abcdefgh".charAt(i)}`)
            .join(",")}]`,
      )
      .join("\n")}\n---\n`;
    const result = splitDocument(bomb);
    if (!result.ok || result.value.header === undefined) throw new Error("no header");
    expect(result.value.header.fields.has("i")).toBe(false);
    expect(result.value.header.warning?.reason).toContain("not YAML");
  });

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."abc:-[]{}&*!|>'\"#%@` \n\t,?".split("")), maxLength: 200 }),
        (text) => {
          splitDocument(`---\n${text}\n---\nbody`);
        },
      ),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => void splitDocument(text)),
      { numRuns: 200 },
    );
  });
});
