import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GenerationCache, VALUE_OVERHEAD } from "../../../appliance/git/cache.ts";
import { describeGitError, type GitError } from "../../../appliance/git/error.ts";
import { parseRemote } from "../../../appliance/git/remote.ts";

const good = (text: string): unknown => {
  const result = parseRemote(text);
  return result.ok ? [result.value.url, result.value.branch, result.value.authorization] : result.error;
};

describe("a remote", () => {
  it("is a URL with an optional branch", () => {
    expect(good("http://example.org/blog.git")).toEqual(["http://example.org/blog.git", undefined, undefined]);
    expect(good("HTTP://10.0.2.2:8080/a%20b/#drafts/next")).toEqual([
      "http://10.0.2.2:8080/a%20b",
      "drafts/next",
      undefined,
    ]);
    expect(good("https://example.org")).toEqual(["https://example.org", undefined, undefined]);
  });

  it("carries credentials apart from its URL", () => {
    // RFC 7617 2 and 2.1: the examples.
    expect(good("http://Aladdin:open%20sesame@h/x")).toEqual([
      "http://h/x",
      undefined,
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    ]);
    expect(good("http://test:123%C2%A3@h/x")).toEqual(["http://h/x", undefined, "Basic dGVzdDoxMjPCow=="]);
    expect(good("http://token@h/x")).toEqual(["http://h/x", undefined, `Basic ${btoa("token:")}`]);
    expect(good("http://a@b:c:d@h/x")).toEqual(["http://h/x", undefined, `Basic ${btoa("a@b:c:d")}`]);
  });

  it("that cannot be used is refused in words, without credentials", () => {
    for (const [text, words] of [
      ["git@github.com:me/blog.git", "SSH"],
      ["ssh://git@host/blog.git", "ssh:// is not supported"],
      ["git://host/blog.git", "git:// is not supported"],
      ["/srv/blog.git", "not a URL"],
      ["http:///blog.git", "no valid host"],
      ["http://host:port/x", "no valid host"],
      ["http://a:%zz@host/x", "percent-encoded"],
      ["http://host/x?y", "query"],
      ["http://host/ü", "percent-encoded"],
      ["http://host/x#", "empty"],
      ["http://host/x#a..b", "not a name of a branch"],
      ["http://host/x#a b", "not a name of a branch"],
      ["http://host:99999/x", "not a port"],
      ['http://host/a"b', "cannot stand in a URL"],
      [`http://host/${"x".repeat(3000)}`, "longer than"],
    ])
      expect(good(text!)).toContain(words!);
  });

  it("with a # in its password does not repeat the rest of it", () => {
    expect(good("http://user:begin#ning@host/x/")).not.toMatch(/begin|ning/);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        parseRemote(a);
        parseRemote(`http://${a}@${b}`);
        parseRemote(`http://h/${a}#${b}`);
      }),
    );
  });
});

describe("an error", () => {
  it("says what happened, where, and what to do", () => {
    const where = "http://example.org/blog.git";
    const errors: readonly GitError[] = [
      { kind: "no-such-host", where, host: "example.org" },
      { kind: "no-name-server", where, host: "example.org" },
      { kind: "refused", where },
      { kind: "server-refused", where, host: "example.org" },
      { kind: "server-failed", where, host: "example.org" },
      { kind: "unreachable", where },
      { kind: "timed-out", where },
      { kind: "broken", where, reason: "reset" },
      { kind: "insecure", where, reason: "the server's certificate is for a.example, not for example.org" },
      { kind: "no-entropy", where },
      { kind: "proxy", where, proxy: "proxy.lan:3128", reason: "did not answer" },
      { kind: "redirects", where, reason: "a circle" },
      { kind: "unsupported-url", where, reason: "https is not supported yet" },
      { kind: "unauthorized", where, status: 401, given: false },
      { kind: "unauthorized", where, status: 403, given: true },
      { kind: "not-found", where, status: 404 },
      { kind: "http-status", where, status: 500 },
      { kind: "not-git", where, reason: "text" },
      { kind: "empty-repository", where },
      { kind: "unknown-branch", where, branch: "x", branches: Array.from({ length: 12 }, (_, i) => `b${i}`) },
      { kind: "unknown-branch", where, branch: "abcdef0", branches: ["main"], short: true },
      { kind: "no-commit", where, name: "1".repeat(40) },
      { kind: "speaks-tls", where },
      { kind: "sha256-objects", where },
      { kind: "remote-error", where, message: "no" },
      { kind: "pack-cut-short", where, received: 5 },
      { kind: "pack-corrupt", where, reason: "its checksum does not match" },
      { kind: "object-missing", where, oid: "1".repeat(40) },
      { kind: "too-large", where, what: "objects", limit: 5 },
    ];
    const texts = errors.map(describeGitError);
    for (const text of texts) expect(text).toMatch(/^http:\/\/example.org\/blog.git: .{10,}/);
    expect(new Set(texts).size).toBe(errors.length);
    expect(texts.find((text) => text.includes("no tag x."))).toContain("b9 and 2 more");
  });
});

describe("the cache", () => {
  it("never holds more than its limit, and keeps what is read", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(30)), { maxLength: 200 }), (puts) => {
        const cache = new GenerationCache<{ readonly size: number }>(10 * VALUE_OVERHEAD);
        for (const [row, size] of puts) {
          if (cache.get(row) === undefined) cache.put(row, { size }, size);
          cache.get(0);
        }
        let held = 0;
        const seen = new Set<object>();
        // Reading moves values and may so drop others that have been counted: half of the limit at the most.
        for (let row = 0; row <= 50; row++) {
          const value = cache.get(row);
          if (value !== undefined && !seen.has(value)) held += value.size + VALUE_OVERHEAD;
          if (value !== undefined) seen.add(value);
        }
        expect(held).toBeLessThanOrEqual(15 * VALUE_OVERHEAD);
      }),
    );
    const cache = new GenerationCache<object>(10 * VALUE_OVERHEAD);
    const kept = {};
    cache.put(7, kept, 10);
    for (let row = 100; row < 200; row++) {
      cache.put(row, {}, 10);
      expect(cache.get(7)).toBe(kept);
    }
    expect(cache.get(100)).toBeUndefined();
    cache.clear();
    expect(cache.get(7)).toBeUndefined();
  });
});
