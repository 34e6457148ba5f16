import { expect, test } from "vitest";
import { DropLog, dropsOf } from "../../image/drops.ts";
import { COUNTER_NAMES, Counters, FRAMES_IN, ICMP_DAMAGED, SEGMENTS_IN } from "../../stack/base/counters.ts";

test("of all figures those by which something was thrown away", () => {
  const counters = new Counters();
  for (let i = 0; i < COUNTER_NAMES.length; i++) counters.add(i, i + 1);
  const drops = dropsOf(`connections 3\nevents-dropped 2\nframes-lost-in 0\n${counters.describe()}`);
  expect(drops["icmp-damaged"]).toBe(ICMP_DAMAGED + 1);
  expect(drops["events-dropped"]).toBe(2);
  for (const name of ["connections", "frames-in", "segments-out", "retransmits", "frames-lost-in"])
    expect(name in drops).toBe(false);
});

test("what has become more is said once", () => {
  const counters = new Counters();
  const log = new DropLog();
  counters.note(FRAMES_IN);
  counters.note(SEGMENTS_IN);
  expect(log.changes(counters.describe())).toBe("");
  counters.add(ICMP_DAMAGED, 2);
  expect(log.changes(counters.describe())).toBe("icmp-damaged 2 (2 more)");
  expect(log.changes(counters.describe())).toBe("");
  counters.note(ICMP_DAMAGED);
  expect(log.changes(counters.describe())).toBe("icmp-damaged 3 (1 more)");
});
