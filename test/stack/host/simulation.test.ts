import { describe, expect, test } from "vitest";
import { SCENARIOS, scenario } from "./scenarios.ts";

describe("two hosts on one wire", () => {
  SCENARIOS.forEach((name, index) => {
    test(name, () => {
      expect(scenario(index)).toBe("");
    });
  });
});
