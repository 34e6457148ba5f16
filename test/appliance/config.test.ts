import { describe, expect, it } from "vitest";
import { APPLIANCE_PARAMETERS, LEAST_POLL, parsePoll, parseRoot, readConfig } from "../../appliance/config.ts";
import { commandLine } from "../../appliance/parameter-words.ts";
import { Parameters } from "../../appliance/parameters.ts";

describe("--untrusted", () => {
  it("is a switch", () => {
    const config = (line: string) =>
      readConfig(new Parameters([commandLine(`--remote=http://x.example/b ${line}`)], APPLIANCE_PARAMETERS));
    expect(config("--untrusted")?.untrusted).toBe(true);
    expect(config("")?.untrusted).toBe(false);
  });
});

describe("--root", () => {
  it("is a base URL without a path", () => {
    expect(parseRoot("https://blog.example/")).toEqual({ root: "https://blog.example" });
    expect(parseRoot("http://blog.example:8080")).toEqual({ root: "http://blog.example:8080" });
    for (const text of ["blog.example", "ftp://x", "https://x/sub", "https://a b", "https://user@x"])
      expect([text, typeof parseRoot(text)]).toEqual([text, "string"]);
  });
});

describe("--poll", () => {
  it("is a time from ten seconds to a day", () => {
    expect(parsePoll("5m")).toEqual({ poll: 300_000 });
    expect(parsePoll("10s")).toEqual({ poll: LEAST_POLL });
    expect(parsePoll("24h")).toEqual({ poll: 86_400_000 });
    for (const text of ["9s", "25h", "5", "5 m", "-5m", "5d", "1e3s"])
      expect([text, typeof parsePoll(text)]).toEqual([text, "string"]);
  });
});
