import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Mac } from "../../../stack/base/address.ts";
import {
  decode,
  ETHERNET_NO_TYPE,
  ETHERNET_OTHER_VLAN,
  ETHERNET_TRUNCATED,
  ETHERTYPE_ARP,
  EthernetHeader,
  encode,
  HEADER_LENGTH,
  isGroup,
} from "../../../stack/ethernet/wire.ts";
import { hex } from "../../support/bytes.ts";

const FRAME = hex("ffffffffffff 525400123456 0806 0001");

describe("Ethernet frames", () => {
  test("a header is read from literal bytes", () => {
    const header = new EthernetHeader();
    expect(decode(FRAME, 0, FRAME.length, header)).toBe(0);
    expect(header.destination).toBe(0xffffffffffff);
    expect(header.source).toBe(0x525400123456);
    expect(header.etherType).toBe(ETHERTYPE_ARP);
    expect(header.payloadOffset).toBe(14);
  });

  test("a priority tag is skipped, a VLAN's frame is refused", () => {
    const header = new EthernetHeader();
    const tagged = hex("ffffffffffff 525400123456 8100 e000 0800 45");
    expect(decode(tagged, 0, tagged.length, header)).toBe(0);
    expect(header.etherType).toBe(0x0800);
    expect(header.payloadOffset).toBe(18);
    const vlan = hex("ffffffffffff 525400123456 8100 e007 0800 45");
    expect(decode(vlan, 0, vlan.length, header)).toBe(ETHERNET_OTHER_VLAN);
    expect(decode(vlan, 0, 17, header)).toBe(ETHERNET_TRUNCATED);
  });

  test("a length field in place of the type is refused", () => {
    const frame = hex("0180c2000000 525400123456 0026 4242");
    expect(decode(frame, 0, frame.length, new EthernetHeader())).toBe(ETHERNET_NO_TYPE);
  });

  test("what is written is read back", () => {
    const mac = fc.integer({ min: 0, max: 0xffffffffffff });
    fc.assert(
      fc.property(
        mac,
        mac,
        fc.integer({ min: 0x0600, max: 0xffff }),
        fc.integer({ min: 0, max: 9 }),
        (a, b, type, at) => {
          fc.pre(type !== 0x8100);
          const bytes = new Uint8Array(32);
          encode(bytes, at, a as Mac, b as Mac, type);
          const header = new EthernetHeader();
          expect(decode(bytes, at, HEADER_LENGTH, header)).toBe(0);
          expect([header.destination, header.source, header.etherType]).toEqual([a, b, type]);
        },
      ),
    );
  });

  test("any bytes give a number and no exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const header = new EthernetHeader();
        if (decode(bytes, 0, bytes.length, header) === 0)
          expect(header.payloadOffset).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("group addresses have the lowest bit of their first byte set", () => {
    expect(isGroup(0xffffffffffff as Mac)).toBe(true);
    expect(isGroup(0x01005e000001 as Mac)).toBe(true);
    expect(isGroup(0x525400123456 as Mac)).toBe(false);
  });
});
