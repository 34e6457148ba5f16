import fc from "fast-check";
import { expect, test } from "vitest";
import { firstHeading } from "../../../appliance/content/text.ts";

test.each([
  ["# One\ntext", "One"],
  ["   # One", "One"],
  ["text\n#\tOne", "One"],
  ["text\n   # One #\n", "One"],
  ["One\n=\ntext", "One"],
  ["text\n\nOne\r\n   ===\r\n", "One"],
  ["    # code\n## Two\n#none", undefined],
  ["```\n# code\n```\n", undefined],
  ["\n".repeat(100) + "# Far", undefined],
])("the first heading of %j is %j", (text, title) => {
  expect(firstHeading(text, 0)?.title).toBe(title);
});

test("a text without the signs of a heading is passed by: the same as when its lines are gone over", () => {
  const pieces = ["#", "# ", "#\t", "=", "==", " ", "   ", "\t", "\n", "\r\n", "\n\n", "a", "Words", "```", "~~~", "-"];
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, fc.nat(5), (text, from) => {
      const start = Math.min(from, text.length);
      const found = firstHeading(text, start);
      // A heading beyond the lines that are looked at makes it go over them.
      const walked = firstHeading(`${text}${"\n".repeat(120)}# Far`, start);
      expect([found?.title, found?.first]).toEqual([walked?.title, walked?.first]);
    }),
    { numRuns: 2000 },
  );
});
