import { describe, expect, test } from "vitest";
import { encodeNetHeader, NET_HEADER_SIZE } from "../../../drivers/virtio/net-header.ts";

describe("the header before a frame", () => {
  test("a header length left by an earlier frame in the slot is gone: a TAP refuses a frame shorter than it", () => {
    const bytes = new Uint8Array(NET_HEADER_SIZE);
    encodeNetHeader(bytes, 0, 34, 6, 0, 342);
    encodeNetHeader(bytes, 0, 0, 0, 0, 42);
    expect(bytes[0]).toBe(0);
    expect(bytes[1]).toBe(0);
    expect(bytes[2]! | bytes[3]!).toBe(0);
  });
});
