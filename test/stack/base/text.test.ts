import { expect, test } from "vitest";
import { asciiLower } from "../../../stack/base/text.ts";

test("letters of ASCII become small, all else stays", () => {
  expect(asciiLower("")).toBe("");
  expect(asciiLower("abc-1.org")).toBe("abc-1.org");
  expect(asciiLower("ABC-1.Org")).toBe("abc-1.org");
  expect(asciiLower("@[AZ`{")).toBe("@[az`{");
  expect(asciiLower("xÄÉZ")).toBe("xÄÉz");
});
