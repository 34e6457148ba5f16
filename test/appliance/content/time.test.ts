import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longDate, parseMoment, ptimeRfc3339, rfc3339 } from "../../../appliance/content/time.ts";

describe("moments", () => {
  const good: readonly (readonly [text: string, utc: string, offset: number])[] = [
    ["2026-05-01", "2026-05-01T00:00:00Z", 0],
    ["2026-5-1", "2026-05-01T00:00:00Z", 0],
    ["2026-05-01 10:30", "2026-05-01T10:30:00Z", 0],
    ["2026-05-01T10:30:00Z", "2026-05-01T10:30:00Z", 0],
    ["2026-05-01T10:30:00.123+02:00", "2026-05-01T08:30:00Z", 120],
    ["2026-05-01 10:30:00 -0730", "2026-05-01T18:00:00Z", -450],
    ["2026-05-01 10:30:00 UTC", "2026-05-01T10:30:00Z", 0],
    ["2024-02-29", "2024-02-29T00:00:00Z", 0],
    ["2000-02-29", "2000-02-29T00:00:00Z", 0],
    ["0001-01-01", "0001-01-01T00:00:00Z", 0],
    ["9999-12-31T23:59:60Z", "", 0],
    // As Hugo, Jekyll, Hexo, Zola and Pelican read them.
    ["2024/01/02", "2024-01-02T00:00:00Z", 0],
    ["2024/1/2 20:46:25", "2024-01-02T20:46:25Z", 0],
    ["2024.01.02", "2024-01-02T00:00:00Z", 0],
    ["20240102", "2024-01-02T00:00:00Z", 0],
    ["1704153600", "2024-01-02T00:00:00Z", 0],
    ["Tue, 02 Jan 2024 10:00:00 GMT", "2024-01-02T10:00:00Z", 0],
    ["Tue, 02 Jan 2024 10:00:00 -0500", "2024-01-02T15:00:00Z", -300],
    ["02 Jan 06 15:04 MST", "2006-01-02T22:04:00Z", -420],
    ["Monday, 02-Jan-06 15:04:05 MST", "2006-01-02T22:04:05Z", -420],
    ["Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z", 0],
    ["Mon Jan 02 15:04:05 -0700 2006", "2006-01-02T22:04:05Z", -420],
    ["2024-01-02 10:00:00 -0500 EST", "2024-01-02T15:00:00Z", -300],
    ["2024-01-02 10:00:00 -0300 -03", "2024-01-02T13:00:00Z", -180],
    ["2024-01-02T10:00:00.123456789+08:00", "2024-01-02T02:00:00Z", 480],
    ["2024-01-02 10:00:00 +8", "2024-01-02T02:00:00Z", 480],
    ["January 2, 2024", "2024-01-02T00:00:00Z", 0],
    ["Jan 2 2024 10:05 pm", "2024-01-02T22:05:00Z", 0],
    ["2nd January 2024", "2024-01-02T00:00:00Z", 0],
  ];
  for (const [text, utc, offset] of good)
    it(`reads ${text}`, () => {
      const moment = parseMoment(text);
      expect(moment === undefined ? "" : rfc3339(moment)).toBe(utc);
      if (moment !== undefined) expect(moment.offsetMinutes).toBe(offset);
    });

  for (const text of [
    "",
    "yesterday",
    "2026",
    "2026-13-01",
    "2026-02-29",
    "1900-02-29",
    "2026-04-31",
    "2026-05-01T24:00Z",
    "2026-05-01 10:60",
    "2026-05-01T10:30+25:00",
    "26-05-01",
    "2026-05-01x",
    // Day and month cannot be told apart, or nobody knows the zone.
    "01/02/2024",
    "2024-1/2",
    "2024-01-02 10:00 Europe/Berlin",
    "2024-01-02 10:00 XYZ",
    "2024-01-02 13:00 pm",
    "2024-01",
    "Feb 30, 2024",
    "Foo 2, 2024",
    `2024-01-02${" ".repeat(200)}`,
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseMoment(text)).toBeUndefined();
    });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000, max: 253_000_000_000 }), (seconds) => {
        expect(parseMoment(rfc3339({ seconds, offsetMinutes: 0 }))?.seconds).toBe(seconds);
      }),
      { numRuns: 200 },
    );
  });

  it("writes the day of whoever wrote it", () => {
    expect(longDate({ seconds: 1_777_680_000 - 1, offsetMinutes: 120 })).toBe("2 May 2026");
    expect(longDate({ seconds: 1_777_680_000 - 1, offsetMinutes: 0 })).toBe("1 May 2026");
  });

  it("writes UTC as OCaml's Ptime does", () => {
    expect(ptimeRfc3339({ seconds: 0, offsetMinutes: 60 })).toBe("1970-01-01T00:00:00-00:00");
  });

  it("bears what a broken history holds", () => {
    for (const seconds of [Number.NaN, Infinity, -Infinity, 1e18, -1e18]) {
      expect(rfc3339({ seconds, offsetMinutes: 0 })).toHaveLength(20);
      expect(longDate({ seconds, offsetMinutes: 1e9 })).not.toBe("");
    }
  });
});
