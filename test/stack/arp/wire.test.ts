import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ARP_OPERATION,
  ARP_OTHER_PROTOCOL,
  ARP_TRUNCATED,
  ArpPacket,
  decode,
  encode,
  OPERATION_REQUEST,
  PACKET_LENGTH,
} from "../../../stack/arp/wire.ts";
import type { Ipv4, Mac } from "../../../stack/base/address.ts";
import { hex } from "../../support/bytes.ts";

const REQUEST = hex("0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202");

describe("ARP packets", () => {
  test("a request is read from literal bytes", () => {
    const packet = new ArpPacket();
    expect(decode(REQUEST, 0, REQUEST.length, packet)).toBe(0);
    expect(packet.operation).toBe(OPERATION_REQUEST);
    expect(packet.senderMac).toBe(0x525400123456);
    expect(packet.senderAddress).toBe(0x0a00020f);
    expect(packet.targetMac).toBe(0);
    expect(packet.targetAddress).toBe(0x0a000202);
  });

  test("other hardware, other protocols and other operations are refused", () => {
    const packet = new ArpPacket();
    expect(decode(REQUEST, 0, 27, packet)).toBe(ARP_TRUNCATED);
    for (const at of [1, 2, 4, 5]) {
      const bytes = new Uint8Array(REQUEST);
      bytes.set([9], at);
      expect(decode(bytes, 0, bytes.length, packet)).toBe(ARP_OTHER_PROTOCOL);
    }
    const reverse = new Uint8Array(REQUEST);
    reverse[7] = 3;
    expect(decode(reverse, 0, reverse.length, packet)).toBe(ARP_OPERATION);
  });

  test("what is written is read back", () => {
    const mac = fc.integer({ min: 0, max: 0xffffffffffff });
    const address = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 }), mac, address, mac, address, (operation, a, b, c, d) => {
        const packet = new ArpPacket();
        packet.operation = operation;
        packet.senderMac = a as Mac;
        packet.senderAddress = b as Ipv4;
        packet.targetMac = c as Mac;
        packet.targetAddress = d as Ipv4;
        const bytes = new Uint8Array(PACKET_LENGTH + 3);
        encode(bytes, 3, packet);
        const read = new ArpPacket();
        expect(decode(bytes, 3, PACKET_LENGTH, read)).toBe(0);
        expect(read).toEqual(packet);
      }),
    );
  });

  test("any bytes give a number and no exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decode(bytes, 0, bytes.length, new ArpPacket())).toBeLessThanOrEqual(3);
      }),
    );
  });
});
