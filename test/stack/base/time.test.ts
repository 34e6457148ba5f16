import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { civil, formatImfDate, formatRfc3339, LAST_SECOND, parseImfDate, secondsOf } from "../../../stack/base/time.ts";

// The example of RFC 9110 5.6.7, in its three forms.
const EXAMPLE = 784_111_777;

describe("calendar time", () => {
  test("civil names the parts of known instants", () => {
    expect(civil(0)).toEqual({ year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, weekday: 4 });
    expect(civil(951_782_400)).toEqual({ year: 2000, month: 2, day: 29, hour: 0, minute: 0, second: 0, weekday: 2 });
    expect(civil(4_107_542_400)).toEqual({ year: 2100, month: 3, day: 1, hour: 0, minute: 0, second: 0, weekday: 1 });
  });

  test("civil moves what it cannot express to the nearer end", () => {
    expect(civil(-5)).toEqual(civil(0));
    expect(civil(Number.NaN)).toEqual(civil(0));
    expect(civil(LAST_SECOND + 1)).toEqual(civil(LAST_SECOND));
  });

  test("civil and secondsOf are inverse, and agree with the engine's own calendar", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_SECOND }), (seconds) => {
        const t = civil(seconds);
        expect(secondsOf(t.year, t.month, t.day, t.hour, t.minute, t.second)).toBe(seconds);
        expect(formatRfc3339(seconds * 1000)).toBe(new Date(seconds * 1000).toISOString());
        expect(t.weekday).toBe(new Date(seconds * 1000).getUTCDay());
      }),
      { numRuns: 200 },
    );
  });

  test("RFC 3339 carries milliseconds with leading zeros", () => {
    expect(formatRfc3339(482_196_050_520)).toBe("1985-04-12T23:20:50.520Z");
    expect(formatRfc3339(7)).toBe("1970-01-01T00:00:00.007Z");
  });
});

describe("HTTP dates", () => {
  test("the fixed form is written as in RFC 9110", () => {
    expect(formatImfDate(EXAMPLE)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  });

  test("all three forms are read", () => {
    expect(parseImfDate("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(EXAMPLE);
    expect(parseImfDate("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(EXAMPLE);
    expect(parseImfDate("Sun Nov  6 08:49:37 1994")).toBe(EXAMPLE);
    expect(parseImfDate("Wed Nov 16 08:49:37 1994")).toBe(EXAMPLE + 10 * 86_400);
  });

  test("a two-digit year lies at most 50 years ahead of now", () => {
    const now = secondsOf(2026, 6, 1, 0, 0, 0);
    expect(parseImfDate("Sunday, 06-Nov-76 08:49:37 GMT", now)).toBe(secondsOf(2076, 11, 6, 8, 49, 37));
    expect(parseImfDate("Sunday, 06-Nov-77 08:49:37 GMT", now)).toBe(secondsOf(1977, 11, 6, 8, 49, 37));
    const later = secondsOf(2080, 6, 1, 0, 0, 0);
    expect(parseImfDate("Sunday, 06-Nov-10 08:49:37 GMT", later)).toBe(secondsOf(2110, 11, 6, 8, 49, 37));
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_SECOND }), (seconds) => {
        expect(parseImfDate(formatImfDate(seconds))).toBe(seconds);
      }),
      { numRuns: 200 },
    );
  });

  test("dates that do not exist are refused", () => {
    for (const text of [
      "",
      "Sun, 31 Apr 2025 08:49:37 GMT",
      "Sun, 29 Feb 2023 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1969 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "sun, 06 Nov 1994 08:49:37 GMT",
      "unN, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 anF 1994 08:49:37 GMT",
      "Sunday, 06 Nov 94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 94",
    ])
      expect(parseImfDate(text)).toBe(-1);
  });

  test("any text gives a number and no exception", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(parseImfDate(text)).toBeGreaterThanOrEqual(-1);
      }),
    );
  });
});
