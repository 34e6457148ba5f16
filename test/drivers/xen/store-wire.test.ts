import { describe, expect, it } from "vitest";
import {
  encodeStoreRequest,
  parseStoreMac,
  parseStoreNames,
  parseStoreNumber,
  quoteStoreText,
  STORE_READ,
  StoreMessage,
} from "../../../drivers/xen/store-wire.ts";

function feed(bytes: readonly number[]): StoreMessage {
  const message = new StoreMessage();
  for (const byte of bytes) message.add(byte);
  return message;
}

describe("a message of xenstore", () => {
  it("is four numbers and its text", () => {
    const bytes = encodeStoreRequest(STORE_READ, 0x0102, "a/b\0");
    expect([...bytes]).toEqual([2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0x61, 0x2f, 0x62, 0]);
    const message = feed([...bytes]);
    expect(message.whole).toBe(true);
    expect(message.type).toBe(STORE_READ);
    expect(message.id).toBe(0x0102);
    expect(message.text()).toBe("a/b");
  });

  it("is whole with its last byte only", () => {
    const message = feed([2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x34]);
    expect(message.whole).toBe(false);
    message.add(0x35);
    expect(message.whole).toBe(true);
    expect(message.text()).toBe("45");
    message.clear();
    expect(message.whole).toBe(false);
  });

  it("without a text is whole with its header", () => {
    const message = feed([2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(message.whole).toBe(true);
    expect(message.text()).toBe("");
  });

  it("is broken when it says that it is longer than 4,096 bytes", () => {
    expect(feed([2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0]).broken).toBe(false);
    expect(feed([2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0, 0]).broken).toBe(true);
    expect(feed([2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]).broken).toBe(true);
  });
});

describe("what is written in xenstore", () => {
  it("has numbers in decimal, within their bound", () => {
    expect(parseStoreNumber("0", 8)).toBe(0);
    expect(parseStoreNumber("32751", 0x7fef)).toBe(32751);
    expect(parseStoreNumber("32752", 0x7fef)).toBe(-1);
    for (const bad of ["", "-1", "1.5", " 1", "1 ", "0x10", "abc", "99999999999999999999"])
      expect(parseStoreNumber(bad, 4095)).toBe(-1);
  });

  it("has addresses of cards", () => {
    expect(parseStoreMac("00:16:3e:00:00:03")).toBe(0x00163e000003);
    expect(parseStoreMac("00:16:3E:AB:cd:EF")).toBe(0x00163eabcdef);
    // Of a group, none at all, badly written.
    for (const bad of [
      "01:16:3e:00:00:03",
      "ff:ff:ff:ff:ff:ff",
      "00:00:00:00:00:00",
      "",
      "00:16:3e:00:00",
      "00-16-3e-00-00-03",
    ])
      expect(parseStoreMac(bad)).toBe(-1);
    expect(parseStoreMac("00:16:3e:00:00:0g")).toBe(-1);
    expect(parseStoreMac("00:16:3e:00:00:033")).toBe(-1);
  });

  it("has names, each ended", () => {
    expect(parseStoreNames("")).toEqual([]);
    expect(parseStoreNames("0\x001")).toEqual(["0", "1"]);
  });

  it("is shown to people cut, and in print", () => {
    expect(quoteStoreText("power\x1b[31moff")).toBe('"power?[31moff"');
    expect(quoteStoreText("x".repeat(100))).toBe(`"${"x".repeat(64)}..."`);
  });
});
