import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeProblem, refusal } from "../../../appliance/acme/problem.ts";
import {
  decodeAccount,
  decodeAuthorization,
  decodeDirectory,
  decodeOrder,
  decodeOrders,
  decodeProblem,
  decodeRenewalInfo,
  LIST_LIMIT,
  TEXT_LIMIT,
} from "../../../appliance/acme/resources.ts";
import { expectPart } from "../../support/matching.ts";

const text = (value: unknown): string => JSON.stringify(value);
const DIRECTORY = {
  newNonce: "https://ca.test/nonce",
  newAccount: "https://ca.test/account",
  newOrder: "https://ca.test/order",
};
const ORDER = {
  status: "pending",
  identifiers: [{ type: "dns", value: "blog.test" }],
  authorizations: ["https://ca.test/a/1"],
  finalize: "https://ca.test/f/1",
};

describe("a directory", () => {
  it("has URLs, and what is said of itself", () => {
    expect(decodeDirectory(text(DIRECTORY))).toEqual({
      ok: true,
      value: { ...DIRECTORY, renewalInfo: "", termsOfService: "", externalAccountRequired: false, profiles: [] },
    });
    const meta = { termsOfService: "https://ca.test/terms", externalAccountRequired: true, profiles: { a: "", b: "" } };
    expectPart(decodeDirectory(text({ ...DIRECTORY, meta, renewalInfo: "https://ca.test/ari" })), {
      value: { ...meta, profiles: ["a", "b"], renewalInfo: "https://ca.test/ari" },
    });
  });

  it("without one of them, in the clear, or of something else is none", () => {
    for (const wrong of [
      {},
      [],
      "a",
      { ...DIRECTORY, newOrder: 7 },
      { ...DIRECTORY, newNonce: "http://ca.test/nonce" },
    ])
      expect(decodeDirectory(text(wrong)).ok).toBe(false);
    expect(decodeDirectory("<!DOCTYPE html>")).toEqual({ ok: false, error: "it is not JSON" });
    expect(decodeDirectory(text({ ...DIRECTORY, newAccount: `https://${"a".repeat(TEXT_LIMIT)}` }))).toEqual({
      ok: false,
      error: "newAccount is not a URL of https",
    });
    expect(decodeDirectory("[".repeat(60_000)).ok).toBe(false);
    expect(decodeDirectory(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`).ok).toBe(false);
  });
});

describe("an order", () => {
  it("is read in each of its states", () => {
    for (const status of ["pending", "ready", "processing", "invalid"])
      expectPart(decodeOrder(text({ ...ORDER, status })), {
        value: { status, certificate: "", error: undefined },
      });
    const valid = { ...ORDER, status: "valid", certificate: "https://ca.test/c/1" };
    expectPart(decodeOrder(text(valid)), { value: { certificate: "https://ca.test/c/1" } });
  });

  it("is none without what its state needs", () => {
    for (const wrong of [
      { ...ORDER, status: "done" },
      { ...ORDER, status: "valid" },
      { ...ORDER, finalize: "" },
      { ...ORDER, authorizations: ["ftp://x"] },
    ])
      expect(decodeOrder(text(wrong)).ok).toBe(false);
  });
});

describe("the others", () => {
  it("an account, a list of orders", () => {
    expect(decodeAccount(text({ status: "valid", orders: "https://ca.test/o" }))).toEqual({
      ok: true,
      value: { status: "valid", orders: "https://ca.test/o" },
    });
    const orders = Array.from({ length: LIST_LIMIT + 20 }, (_, i) => `https://ca.test/o/${i}`);
    expect(decodeOrders(text({ orders: [...orders.slice(0, 5), 7, "no"] }))).toEqual({
      ok: true,
      value: orders.slice(0, 5),
    });
    expectPart(decodeOrders(text({ orders })), { value: { length: LIST_LIMIT } });
    expect(decodeOrders(text({ orders: 1 })).ok).toBe(false);
  });

  it("an authorization, whose token must be fit for a path", () => {
    const challenge = { type: "http-01", url: "https://ca.test/ch", status: "pending", token: "abc_-9" };
    const read = (more: object) => {
      const decoded = decodeAuthorization(
        text({
          status: "pending",
          identifier: { type: "dns", value: "a.test" },
          challenges: [{ ...challenge, ...more }],
        }),
      );
      return decoded.ok ? decoded.value.challenges[0] : undefined;
    };
    expect(read({})).toEqual({ ...challenge, validated: 0, error: undefined });
    for (const token of ["../x", "a b", "", "é", "a".repeat(501), 7]) expect(read({ token })?.token).toBe("");
    const validated = "2026-03-04T12:00:00.123456789+01:00";
    expect(read({ validated })?.validated).toBe(Date.parse("2026-03-04T11:00:00.123Z"));
    for (const wrong of ["yesterday", "2026-13-44T99:00:00Z", "+012026-01-01T00:00:00Z", 12])
      expect(read({ validated: wrong })?.validated).toBe(0);
    expect(decodeAuthorization(text({})).ok).toBe(false);
  });

  it("a window of renewal, which has a start and an end", () => {
    const window = (start: string, end: string) => decodeRenewalInfo(text({ suggestedWindow: { start, end } }));
    expect(window("2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z")).toEqual({
      ok: true,
      value: { start: Date.parse("2026-03-04T12:00:00Z"), end: Date.parse("2026-03-05T12:00:00Z"), explanation: "" },
    });
    expect(window("2026-03-05T12:00:00Z", "2026-03-04T12:00:00Z").ok).toBe(false);
    expect(window("a", "b").ok).toBe(false);
    expect(decodeRenewalInfo("null").ok).toBe(false);
  });

  it("never throw", () => {
    const all = [
      decodeDirectory,
      decodeAccount,
      decodeOrder,
      decodeOrders,
      decodeAuthorization,
      decodeProblem,
      decodeRenewalInfo,
    ];
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.object().map(text)), (any) => {
        for (const decode of all) decode(any);
      }),
    );
  });
});

describe("a refusal", () => {
  it("is told in the authority's words, short and on one line, with what to do", () => {
    const problem = decodeProblem(
      text({
        type: "urn:ietf:params:acme:error:connection",
        detail: `10.0.0.1: Fetching\nhttp://a.test/: \u001b[31mTimeout ${"x".repeat(1000)}`,
        status: 400,
      }),
    );
    const { what, advice, passing, type } = refusal("a.test is not proved", "a.test", problem, undefined);
    expect(what).toMatch(
      /^a\.test is not proved: the authority says "10\.0\.0\.1: Fetching http:\/\/a\.test\/: {1,2}\[31mTimeout x+…" \(connection\)$/,
    );
    expect(what.length).toBeLessThan(400);
    expect(advice).toBe("port 80 (or 443) of a.test must lead here from everywhere");
    expect([passing, type]).toEqual([false, "connection"]);
  });

  it("of several names says which", () => {
    const subproblems = ["a.test", "b.test"].map((value) => ({
      type: "urn:ietf:params:acme:error:caa",
      detail: "no",
      identifier: { type: "dns", value },
    }));
    const problem = decodeProblem(
      text({ type: "urn:ietf:params:acme:error:compound", detail: "several", subproblems }),
    );
    expect(describeProblem(problem)).toBe('"several" (compound); a.test: no; b.test: no');
    expect(refusal("no order", "", problem, 5).advice).toBe(
      "a CAA record in the DNS of a.test names other authorities",
    );
  });

  it("without words is told as that, and is tried again soon", () => {
    for (const nothing of ["", "[]", "{}", "<html>"]) {
      const failed = refusal("no order", "", decodeProblem(nothing), undefined);
      expectPart(failed, { what: "no order: the authority says nothing more", advice: "", passing: true });
    }
  });
});
