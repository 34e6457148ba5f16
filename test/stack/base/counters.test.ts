import { expect, test } from "vitest";
import * as all from "../../../stack/base/counters.ts";

test("each counter has the name of its constant, and each name a constant", () => {
  const { COUNTER_NAMES, OTHER_COUNTERS, Counters, ...constants } = all;
  const counters = new Counters();
  for (const [name, counter] of Object.entries(constants)) {
    expect(COUNTER_NAMES[counter]).toBe(name.toLowerCase().replaceAll("_", "-"));
    counters.note(counter);
    counters.add(counter, counter);
    expect(counters.value(counter)).toBe(counter + 1);
  }
  expect(Object.keys(constants)).toHaveLength(COUNTER_NAMES.length);
  expect(OTHER_COUNTERS.filter((name) => !COUNTER_NAMES.includes(name))).toEqual([]);
});
