import { expect, test } from "vitest";
import { isOneRecord } from "../../../stack/tls/record.ts";

test("one record, whole, and nothing after it", () => {
  const bytes = new Uint8Array(3 + 5 + 300 + 4);
  bytes.set([23, 3, 3, 300 >> 8, 300 & 255], 3);
  for (let length = 0; length <= 309; length++) expect(isOneRecord(bytes, 3, length)).toBe(length === 305);
});
