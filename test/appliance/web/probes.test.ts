import { describe, expect, test } from "vitest";
import { parseCidr } from "../../../appliance/cidr.ts";
import { answerProbe, type ProbeOptions } from "../../../appliance/web/probes.ts";
import type { HttpRequest } from "../../../stack/edge/network.ts";

const range = parseCidr("10.0.0.0/8");
const request = (peer: string): HttpRequest =>
  ({ peer, method: "GET", target: "/", headers: [] }) as unknown as HttpRequest;
const options = (ready: boolean): ProbeOptions => ({
  platform: { utf8Encode: (text) => new TextEncoder().encode(text) },
  admin: typeof range === "string" ? [] : [range],
  ready: () => ready,
  status: () => ({ version: "1" }),
});

describe("/-/ready", () => {
  test("is 200 when the machine serves", () => {
    const answer = answerProbe("/-/ready", request("203.0.113.9"), options(true))!;
    expect(answer.status).toBe(200);
    expect(answer.headers).toContainEqual(["Cache-Control", "no-store"]);
  });

  test("is 503 with Retry-After when it does not, and names nothing", () => {
    const answer = answerProbe("/-/ready", request("203.0.113.9"), options(false))!;
    expect(answer.status).toBe(503);
    expect(answer.headers).toContainEqual(["Retry-After", "5"]);
    expect(new TextDecoder().decode(answer.body as Uint8Array)).toBe("not ready\n");
  });
});

describe("/-/status", () => {
  test("is for who is named", () => {
    const answer = answerProbe("/-/status", request("10.1.2.3"), options(true))!;
    expect(answer.status).toBe(200);
    expect(JSON.parse(new TextDecoder().decode(answer.body as Uint8Array))).toEqual({ version: "1" });
  });

  test("is not there for strangers", () => {
    expect(answerProbe("/-/status", request("203.0.113.9"), options(true))).toBeUndefined();
    expect(answerProbe("/-/status", request("10.1.2.3"), { ...options(true), admin: [] })).toBeUndefined();
  });
});

test("other paths are the blog's", () => {
  expect(answerProbe("/-/other", request("10.1.2.3"), options(true))).toBeUndefined();
  expect(answerProbe("/", request("10.1.2.3"), options(true))).toBeUndefined();
});
