import { describe, expect, it } from "vitest";
import { MAX_LINE_LENGTH, makeLog, reasonOf } from "../../appliance/log.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";

function bench(level: Parameters<typeof makeLog>[0] = "info", willSend = true) {
  const platform = new VirtualPlatform(Date.UTC(2026, 4, 1, 20, 35, 7));
  const sent: string[] = [];
  const log = makeLog(level, platform, willSend);
  const attach = (): void =>
    log.attach((severity, ms, text) => sent.push(`${severity} ${ms - platform.start} ${text}`) > 0);
  return { platform, log, sent, attach };
}

describe("the log", () => {
  it("is a line for people on the console", () => {
    const { platform, log } = bench();
    log.info("ready: 100% of it");
    log.warn("odd", { path: "a b", count: 3, none: undefined });
    log.debug("hidden");
    expect(platform.output).toBe('20:35:07 ready: 100% of it\n20:35:07 warning: odd path="a b" count=3\n');
  });

  it("cannot be broken out of by what strangers send", () => {
    const { platform, log } = bench("debug");
    log.access('"GET /\r\n\u001b[2Jx" 404');
    expect(platform.output).toBe('20:35:07 "GET / [2Jx" 404\n');
  });

  it("shows frames at trace alone, and never sends them", () => {
    const { platform, log, sent, attach } = bench("trace");
    attach();
    log.frame("1.000000 In  ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
    expect(platform.output).toBe("1.000000 In  ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28\n");
    expect(sent).toEqual([]);
    const quiet = bench("debug");
    quiet.log.frame("1.000000 In  ...");
    expect(quiet.platform.output).toBe("");
  });

  it("is no longer on the console than a datagram holds: a path of a repository may be", () => {
    const { platform, log } = bench();
    log.warn("long ".repeat(100_000));
    expect(platform.output.length).toBeLessThan(MAX_LINE_LENGTH + 50);
    expect(platform.output).toMatch(/^20:35:07 warning: long .*…\n$/);
  });

  it("sends to the collector, what came before it was known first", () => {
    const { log, sent, attach } = bench();
    log.info("boot");
    attach();
    log.error("bad");
    log.access("GET /");
    // The access lines are not ours to send.
    expect(sent).toEqual(["6 0 boot", "3 0 bad"]);
  });

  it("becomes another when more is known: its level, and whether what came before is kept", () => {
    const { platform, log, sent, attach } = bench("info", true);
    log.info("boot");
    log.become("debug", true);
    log.debug("shown");
    attach();
    expect(sent).toEqual(["6 0 boot", "7 0 shown"]);
    expect(platform.output).toContain("debug: shown");
    const alone = bench("info", true);
    alone.log.info("boot");
    alone.log.become("info", false);
    alone.log.info("later");
    alone.attach();
    expect(alone.sent).toEqual([]);
  });

  it("writes access lines to the console only at debug", () => {
    const { platform, log } = bench();
    log.access("GET /");
    expect(platform.output).toBe("");
  });

  it("bounds a line, and what waits", () => {
    const { platform, log, sent, attach } = bench();
    log.info("x".repeat(5000));
    for (let i = 0; i < 400; i++) log.info("y");
    attach();
    expect(sent[0]!.length).toBeLessThan(MAX_LINE_LENGTH + 20);
    expect(sent).toHaveLength(257);
    expect(platform.output).toContain("dropped=145");
  });

  it("words whatever is thrown", () => {
    expect(reasonOf(new TypeError("x"))).toMatch(/^TypeError: x \(.*log\.test.*\)$/);
    expect(reasonOf(null)).toBe("out of memory");
    expect(reasonOf("y")).toBe("y");
  });
});
