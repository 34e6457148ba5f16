import { describe, expect, test } from "vitest";
import { SharedMemory } from "../../../stack/base/shared.ts";
import { pathHash } from "../../../stack/http/path.ts";
import { ABSENT, Page, PageIndex, Representation } from "../../../stack/http/ready-pages.ts";
import { Request } from "../../../stack/http/request.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";

function of(text: string, encoding = ""): Representation {
  return new Representation(200, "", '"e"', 1000, encoding, latin1Bytes(text));
}

/** The body of the page that a request for this path finds; "none". An empty path: the absolute form without one. */
function found(index: PageIndex, path: string, asterisk = false): string {
  const bytes = latin1Bytes(`GET ${path} HTTP`);
  const request = new Request();
  request.pathStart = 4;
  request.pathEnd = 4 + path.length;
  request.asterisk = asterisk;
  const hashed = latin1Bytes(path === "" ? "/" : path);
  request.pathHash = pathHash(hashed, 0, hashed.length);
  const at = index.find(bytes, request);
  if (at < 0) return "none";
  const { identity, gzip } = index.page(at);
  return [identity, gzip].map(({ body }) => String.fromCharCode(...body)).join("|");
}

describe("an index of pages", () => {
  test("finds a page by any spelling of its path, and by no other path", () => {
    const index = new PageIndex();
    const memory = new SharedMemory();
    index.put("/", of("root"), memory);
    index.put("/a//%c3%a4", of("umlaut"), memory);
    index.put("/%7euser", of("user"), memory);
    for (const path of ["/a/%C3%A4", "/a/%c3%a4", "//a///%c3%A4"])
      expect([path, found(index, path)]).toEqual([path, "umlaut|"]);
    for (const path of ["/~user", "/%7Euser"]) expect([path, found(index, path)]).toEqual([path, "user|"]);
    for (const path of ["/", "//", ""]) expect([path, found(index, path)]).toEqual([path, "root|"]);
    for (const path of ["/a", "/a/", "/A/%C3%A4", "/user", "/a/%C3%A4/"])
      expect([path, found(index, path)]).toEqual([path, "none"]);
    expect(found(index, "", true)).toBe("none");
    expect(index.size).toBe(3);
  });

  test("finds every page however many there are, replaced ones anew", () => {
    const index = new PageIndex();
    const memory = new SharedMemory();
    for (let i = 0; i < 200; i++) {
      index.put(`/${i}`, of(`${i}`), memory);
      // At each size, as its table fills and grows.
      for (const k of [0, i >> 1, i]) expect(found(index, `/${k}`)).toBe(`${k}|`);
      expect(found(index, `/${i + 1}`)).toBe("none");
    }
    index.put("/7", of("seven"), memory);
    expect([found(index, "/7"), index.size]).toEqual(["seven|", 200]);
  });

  test("takes over a page that has something, once, and not over one of its own", () => {
    const old = new PageIndex();
    const memory = new SharedMemory();
    old.put("/a", of("old a"), memory);
    old.put("/b", of("old b"), memory);
    old.put("/c", of("old c"), memory);
    old.empty("/c", memory);
    const index = new PageIndex();
    index.put("/b", of("new b"), memory);
    for (const path of ["/a", "/a", "/b", "/c", "/d"]) index.adopt(path, old);
    expect([found(index, "/a"), found(index, "/b"), found(index, "/c"), found(index, "/d")]).toEqual([
      "old a|",
      "new b|",
      "none",
      "none",
    ]);
    expect(index.size).toBe(2);
  });

  test("has no page any more where it was emptied, but may again", () => {
    const index = new PageIndex();
    const memory = new SharedMemory();
    index.put("/a", of("a"), memory);
    index.put("/a", of("zipped", "gzip"), memory);
    expect(found(index, "/a")).toBe("a|zipped");
    index.empty("/a", memory);
    index.empty("/nowhere", memory);
    expect(found(index, "/a")).toBe("|");
    index.put("/a", of("again"), memory);
    expect([found(index, "/a"), index.size]).toEqual(["again|", 1]);
  });

  test("holds the bodies that it has, and lets go of each that it has no more", () => {
    const index = new PageIndex();
    const memory = new SharedMemory();
    const [plain, zipped, later] = [of("plain"), of("zipped", "gzip"), of("later")];
    const holders = (): number[] => [plain, zipped, later].map(({ shared }) => shared.holders);
    index.put("/a", plain, memory);
    index.put("/a", zipped, memory);
    expect(holders()).toEqual([1, 1, 0]);
    index.put("/a", later, memory);
    expect(holders()).toEqual([0, 1, 1]);
    expect([memory.kept, memory.inFlight]).toEqual([11, 0]);
    // The index is no longer the table's; a stream still sends one of its bodies.
    memory.hold(zipped.shared);
    index.hold(false, memory);
    expect([...holders(), memory.kept, memory.inFlight]).toEqual([0, 1, 0, 0, 6]);
    index.hold(true, memory);
    expect([...holders(), memory.kept, memory.inFlight]).toEqual([0, 2, 1, 11, 0]);
    index.empty("/a", memory);
    expect([...holders(), memory.kept, memory.inFlight]).toEqual([0, 1, 0, 0, 6]);
  });
});

describe("a page", () => {
  test("is empty until it has one representation of either kind", () => {
    for (const encoding of ["", "gzip"]) {
      const page = new Page(latin1Bytes("/"), 1);
      expect(page.isEmpty).toBe(true);
      page.put(of("x", encoding));
      expect(page.isEmpty).toBe(false);
      page.empty();
      expect([page.isEmpty, page.identity === ABSENT, page.gzip === ABSENT]).toEqual([true, true, true]);
    }
  });

  test("varies once it has both, and makes the heads that said otherwise anew", () => {
    const page = new Page(latin1Bytes("/"), 1);
    const [plain, zipped] = [of("plain"), of("zipped", "gzip")];
    page.put(plain);
    const head = plain.head;
    expect([plain.varies, plain.head === head]).toEqual([false, true]);
    page.put(zipped);
    expect([plain.varies, zipped.varies, plain.head === head]).toEqual([true, true, false]);
    const second = plain.head;
    page.put(of("zipped anew", "gzip"));
    expect([plain.head === second, page.gzip.varies]).toEqual([true, true]);
  });

  test("says when it was changed only when that is known", () => {
    const text = (seconds: number): string =>
      String.fromCharCode(...new Representation(200, "", "", seconds, "", latin1Bytes("")).lastModifiedBytes);
    expect([text(0), text(-1), text(1)]).toEqual(["", "", "Thu, 01 Jan 1970 00:00:01 GMT"]);
  });
});
