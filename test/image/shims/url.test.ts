import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { URLSearchParams as OwnParams, URL as OwnUrl } from "../../../image/shims/url.ts";

const PARTS = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "port",
  "pathname",
  "search",
  "hash",
  "origin",
] as const;

/** Every part, or "invalid". */
function parts(Class: typeof URL | typeof OwnUrl, url: string, base?: string): string {
  try {
    const parsed = new Class(url, base);
    return PARTS.map((part) => `${part}=${parsed[part]}`).join(" ");
  } catch (error) {
    return error instanceof TypeError ? "invalid" : String(error);
  }
}

const cases: readonly (readonly [url: string, base?: string])[] = [
  ["https://user:p%40ss@Example.COM:443/a/../b/./c?x=1&y='2'#f`r"],
  ["HTTP://EXAMPLE.com:8080"],
  ['http://a/^{}|"<>`?^{}|"<>`#^{}|"<>`'],
  ["http://u|^:[;]@h/"],
  ["http://u:@h/"],
  ["http://@h/"],
  ["http://a@b@c/"],
  ["http://[::1]:3000/x"],
  ["http://1.2.3.4/"],
  ["http://1.2.3.400/"],
  ["http://a b/"],
  ["http://a%20b/"],
  ["http://a:99999/"],
  ["http://a:080/"],
  ["http://h:/"],
  ["http://h.:80/"],
  ["http://"],
  ["http://:80"],
  ["http:///x"],
  ["http:\\\\h\\p"],
  ["http://a/é?ü#ö"],
  ["http://a/😀"],
  ["http://a/%7Efoo/%zz"],
  ["http://a/..//../x/.."],
  ["http://a/%2e%2E/b"],
  ["http://a/b/%2e"],
  ["  http://h/a\tb \n"],
  ["http://h?x"],
  ["http://h#x"],
  ["nope"],
  ["//x"],
  ["git@github.com:foo/bar.git"],
  ["ssh://git@h:22/x"],
  ["file:///a/b"],
  ["mailto:a@b.c"],
  ["urn:uuid:x y"],
  ["data:text/plain,hi there"],
  ["a:/b/../c"],
  ["a://h:1/../x"],
  ["a:"],
  ["../x", "http://a/b/c/d?q#f"],
  ["x/y", "http://a/b/c?q#f"],
  ["?z", "http://a/b/c?q#f"],
  ["#z", "http://a/b/c?q#f"],
  ["", "https://a/b?c#d"],
  ["//h/p", "https://a/b"],
  ["/p", "https://a/b"],
  ["http:x", "http://a/b/c"],
  ["http:/x", "http://a/b/c"],
  ["./x", "mailto:a"],
  ["#f", "mailto:a"],
];

describe("URL", () => {
  for (const [url, base] of cases)
    test(`reads ${JSON.stringify(url)}${base === undefined ? "" : ` against ${base}`} as Node does`, () => {
      expect(parts(OwnUrl, url, base)).toBe(parts(URL, url, base));
    });

  test("agrees with Node on generated web addresses", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        expect(parts(OwnUrl, url)).toBe(parts(URL, url));
      }),
    );
  });

  test("throws nothing but TypeError, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (url, path) => {
        expect(parts(OwnUrl, url).startsWith("RangeError")).toBe(false);
        expect(parts(OwnUrl, path, "http://h/a/b")).toMatch(/^(invalid|href=)/);
      }),
    );
  });

  test("what it writes, it reads as the same", () => {
    fc.assert(
      // Not "//": that begins an authority, and an empty one is invalid.
      fc.property(fc.string({ unit: "grapheme" }), (path) => {
        const once = new OwnUrl(`/a${path}`, "http://h/").href;
        expect(new OwnUrl(once).href).toBe(once);
      }),
    );
  });
});

describe("URLSearchParams", () => {
  test("reads and writes as Node does", () => {
    for (const query of ["a=1&b=2&a=3", "?x=%C3%A9+y&=z&w", "a=b=c&%zz=%", "", "&&", "q=%F0%9F%98%80"]) {
      expect([...new OwnParams(query)]).toEqual([...new URLSearchParams(query)]);
      expect(new OwnParams(query).toString()).toBe(new URLSearchParams(query).toString());
    }
  });

  test("keeps the pairs of a name in order", () => {
    const params = new OwnParams({ a: "1", b: "2" });
    params.append("a", "3");
    expect(params.getAll("a")).toEqual(["1", "3"]);
    params.set("a", "é ");
    expect(params.toString()).toBe("a=%C3%A9+&b=2");
    params.delete("a");
    expect([params.has("a"), params.get("a"), params.get("b")]).toEqual([false, null, "2"]);
  });
});
