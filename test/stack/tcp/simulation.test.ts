import { describe, expect, test } from "vitest";
import { SCENARIOS, scenario } from "./scenarios.ts";

describe("two machines", () => {
  SCENARIOS.forEach((name, index) => {
    test(name, () => {
      expect(scenario(index)).toBe("");
    });
  });
});
