import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { devUsage, readDevConfig } from "../../image/dev-config-node.ts";

const folder = mkdtempSync(join(tmpdir(), "epiphyte-dev-"));
mkdirSync(join(folder, "blog1"));
mkdirSync(join(folder, "a:b"));
writeFileSync(join(folder, "file"), "");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function placeOf(...words: string[]): string {
  const read = readDevConfig(words, folder);
  if (!read.ok) return read.error;
  return read.value.place.kind === "directory" ? read.value.place.path : read.value.place.remote.url;
}

describe("npm run dev", () => {
  it("takes a directory from where the caller is, and says the full path of what is none", () => {
    expect(placeOf("blog1")).toBe(join(folder, "blog1"));
    expect(placeOf("./blog1/")).toBe(join(folder, "blog1"));
    expect(placeOf(join(folder, "blog1"))).toBe(join(folder, "blog1"));
    // A directory is a directory, whatever its name looks like.
    expect(placeOf("a:b")).toBe(join(folder, "a:b"));
    for (const name of ["blog2", "file"])
      expect(placeOf(name)).toBe(`${join(folder, name)} is not a directory, and ${name} is not a URL`);
  });

  it("takes a URL, and of others says what the machine would", () => {
    expect(placeOf("http://git.example/blog.git#main")).toBe("http://git.example/blog.git");
    expect(placeOf("https://git.example/blog.git")).toBe("https://git.example/blog.git");
    expect(placeOf("git@github.com:x/y.git")).toBe(
      "git@github.com:x/y.git: Git over SSH is not supported; use an http:// URL",
    );
    expect(placeOf("ssh://git@h/y.git")).toBe("ssh://***@h/y.git: ssh:// is not supported; use http://");
    expect(placeOf("http://user:hunter2@/b")).not.toContain("hunter2");
  });

  it("has a port, a host and a level", () => {
    const read = readDevConfig(["blog1", "--port=0", "--host", "0.0.0.0", "--log=debug"], folder);
    expect(read.ok && [read.value.port, read.value.host, read.value.log]).toEqual([0, "0.0.0.0", "debug"]);
    const usual = readDevConfig(["blog1"], folder);
    expect(usual.ok && [usual.value.port, usual.value.host, usual.value.log]).toEqual([8080, "127.0.0.1", "info"]);
  });

  it("names every mistake", () => {
    expect(placeOf("blog1", "--prot=1", "--log=loud", "--port=65536")).toMatch(
      /unknown parameter "--prot=1" \(did you mean --port\?\)\n.*--port=65536: a port is.*\n.*--log=loud: is none of/,
    );
    expect(placeOf()).toBe("one directory or URL is needed");
    expect(placeOf("blog1", "blog1")).toBe("one directory or URL is needed");
    expect(placeOf("--help", "--frobnicate")).toBe("");
    expect(devUsage()).toContain("--port=PORT");
  });
});
