import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Ipv4, Port } from "../../../stack/base/address.ts";
import { writeU16 } from "../../../stack/base/bytes.ts";
import type { Path } from "../../../stack/base/path.ts";
import { BINDING_LIMIT, type Datagram, UDP_NO_USER, UDP_OTHER_PEER, Udp, UdpUser } from "../../../stack/udp/machine.ts";
import {
  decode,
  LARGEST_PAYLOAD,
  UDP_CHECKSUM,
  UDP_LENGTH,
  UDP_PORT,
  UDP_TRUNCATED,
  UdpHeader,
} from "../../../stack/udp/wire.ts";
import { bytesOf, hex, pattern } from "../../support/bytes.ts";
import { checksumHolds, FakeIpSink, fieldU16 } from "../../support/fake-ip-sink.ts";
import { packetOf } from "../../support/ipv4.ts";

const US = 0x0a00020f as Ipv4;
const PEER = 0x0a000202 as Ipv4;

class Recorder extends UdpUser {
  readonly log: string[] = [];
  datagram(d: Datagram): void {
    const text = String.fromCharCode(...d.bytes.slice(d.offset, d.offset + d.length));
    this.log.push(`${d.localPort} ${sink.paths.remoteText(d.path)}:${d.remotePort} ${text}`);
  }
  override refused(local: Port, path: Path, port: Port): void {
    this.log.push(`refused ${local} ${sink.paths.remoteText(path)}:${port}`);
  }
}

let sink: FakeIpSink;
let udp: Udp;
let user: Recorder;
/** Paths as the sender has them; what comes back along one has it the other way round. */
let toPeer: Path;
let toUs: Path;
let self: Path;
beforeEach(() => {
  sink = new FakeIpSink();
  udp = new Udp(sink);
  toPeer = sink.paths.open4(US, PEER);
  toUs = sink.paths.open4(PEER, US);
  self = sink.paths.open4(US, US);
  user = new Recorder();
});

/** What was sent last comes back to us as if from its source. */
function loop(verified = false): number {
  const [packet] = sink.drain();
  const back = packetOf(sink.paths.open4(packet!.destination, packet!.source), 17, packet!.bytes);
  back.checksumValid = verified;
  return udp.input(back, 0);
}

describe("UDP", () => {
  test("a literal datagram with its checksum is read", () => {
    // 10.0.2.2:5353 > 10.0.2.15:53, "hi".
    const bytes = hex("14e9 0035 000a 6a42 6869");
    const header = new UdpHeader();
    expect(decode(packetOf(toPeer, 17, bytes), sink.paths, header)).toBe(0);
    expect([header.sourcePort, header.destinationPort]).toEqual([5353, 53]);
    expect([header.payloadOffset, header.payloadLength]).toEqual([8, 2]);
    udp.send(toUs, 5353 as Port, 53 as Port, bytes, 8, 2);
    expect(sink.packets[0]!.bytes).toEqual(bytes);
  });

  test("what is sent reaches who has bound the port, whatever its length", () => {
    udp.bind(9 as Port, user);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.boolean(), (length, offload) => {
        sink.checksumOffload = offload;
        const bytes = pattern(length + 3);
        expect(udp.send(toPeer, 7 as Port, 9 as Port, bytes, 3, length)).toBe(true);
        const packet = sink.packets[0]!;
        expect(packet.bytes.slice(8)).toEqual(bytes.slice(3));
        expect(checksumHolds(packet)).toBe(true);
        expect(packet.dontFragment).toBe(false);
        expect(packet.checksumOffset).toBe(offload ? 6 : 0);
        expect(loop()).toBe(0);
        expect(user.log).toHaveLength(1);
        user.log.pop();
      }),
    );
  });

  test("a small datagram is copied: its bytes may change after the call", () => {
    const bytes = bytesOf("before");
    udp.send(toPeer, 7 as Port, 9 as Port, bytes, 0, 6);
    bytes.set(bytesOf("after!"));
    udp.bind(9 as Port, user);
    loop();
    expect(user.log).toEqual(["9 10.0.2.15:7 before"]);
  });

  test("a checksum that comes out as zero is sent as all ones (RFC 768)", () => {
    const bytes = new Uint8Array(2);
    udp.send(toPeer, 7 as Port, 9 as Port, bytes, 0, 2);
    writeU16(bytes, 0, fieldU16(sink.drain()[0]!, 6));
    udp.send(toPeer, 7 as Port, 9 as Port, bytes, 0, 2);
    expect(fieldU16(sink.packets[0]!, 6)).toBe(0xffff);
    udp.bind(9 as Port, user);
    expect(loop()).toBe(0);
  });

  test("a wrong checksum is refused unless the card vouches for it; none at all is taken", () => {
    udp.bind(9 as Port, user);
    udp.send(toPeer, 7 as Port, 9 as Port, bytesOf("x"), 0, 1);
    sink.packets[0]!.bytes[8] = 0x79;
    const again = sink.packets[0]!;
    expect(loop()).toBe(UDP_CHECKSUM);
    sink.packets.push(again);
    expect(loop(true)).toBe(0);
    writeU16(again.bytes, 6, 0);
    sink.packets.push(again);
    expect(loop()).toBe(0);
  });

  test("lengths and ports that cannot be are refused", () => {
    const header = new UdpHeader();
    const bytes = hex("0007 0009 0008 0000");
    expect(decode(packetOf(toPeer, 17, bytes), sink.paths, header)).toBe(0);
    expect(decode(packetOf(toPeer, 17, bytes.slice(0, 7)), sink.paths, header)).toBe(UDP_TRUNCATED);
    expect(decode(packetOf(toPeer, 17, hex("0007 0009 0007 0000")), sink.paths, header)).toBe(UDP_LENGTH);
    expect(decode(packetOf(toPeer, 17, hex("0007 0009 0009 0000")), sink.paths, header)).toBe(UDP_LENGTH);
    expect(decode(packetOf(toPeer, 17, hex("0000 0009 0008 0000")), sink.paths, header)).toBe(UDP_PORT);
    expect(udp.send(toPeer, 7 as Port, 9 as Port, new Uint8Array(70_000), 0, LARGEST_PAYLOAD + 1)).toBe(false);
  });

  test("padding behind the datagram is not payload", () => {
    udp.bind(9 as Port, user);
    expect(udp.input(packetOf(toPeer, 17, hex("0007 0009 000a 0000 6869 0000000000")), 0)).toBe(0);
    expect(user.log).toEqual(["9 10.0.2.2:7 hi"]);
  });

  test("a closed port is reported to the caller, a connected one takes its peer alone", () => {
    udp.send(self, 7 as Port, 9 as Port, bytesOf("x"), 0, 1);
    expect(loop()).toBe(UDP_NO_USER);
    expect(udp.bindTo(9 as Port, user, toPeer, 7 as Port)).toBe(true);
    udp.send(self, 7 as Port, 9 as Port, bytesOf("x"), 0, 1);
    expect(loop()).toBe(UDP_OTHER_PEER);
    udp.send(toUs, 8 as Port, 9 as Port, bytesOf("x"), 0, 1);
    expect(loop()).toBe(UDP_OTHER_PEER);
    udp.send(toUs, 7 as Port, 9 as Port, bytesOf("x"), 0, 1);
    expect(loop()).toBe(0);
    expect(user.log).toHaveLength(1);
  });

  test("a port is bound once, and BINDING_LIMIT ports are bound at most", () => {
    expect(udp.bind(9 as Port, user)).toBe(true);
    expect(udp.bind(9 as Port, user)).toBe(false);
    expect(udp.bind(0 as Port, user)).toBe(false);
    for (let i = 1; i < BINDING_LIMIT; i++) expect(udp.bind((1000 + i) as Port, user)).toBe(true);
    expect(udp.bind(7 as Port, user)).toBe(false);
    udp.unbind(9 as Port);
    expect(udp.isBound(9 as Port)).toBe(false);
    expect(udp.bind(7 as Port, user)).toBe(true);
  });

  test("a refusal reaches who sent", () => {
    udp.bind(9 as Port, user);
    udp.refused(toPeer, 9 as Port, 53 as Port, 0);
    udp.refused(toPeer, 10 as Port, 53 as Port, 0);
    expect(user.log).toEqual(["refused 9 10.0.2.2:53"]);
  });

  test("a refusal of another peer than the one a port is bound for means nothing; the path is held until unbind", () => {
    udp.bindTo(9 as Port, user, toPeer, 53 as Port);
    udp.refused(self, 9 as Port, 53 as Port, 0);
    expect(user.log).toEqual([]);
    udp.refused(toPeer, 9 as Port, 53 as Port, 0);
    expect(user.log).toHaveLength(1);
    udp.unbind(9 as Port);
    expect(() => sink.paths.letGo(toPeer)).toThrow();
  });

  test("a full link is told, and nothing is held", () => {
    sink.free = 0;
    expect(udp.send(toPeer, 7 as Port, 9 as Port, bytesOf("x"), 0, 1)).toBe(false);
    expect(sink.held).toHaveLength(0);
  });

  test("any bytes give a number and no exception", () => {
    const header = new UdpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, verified) => {
        const packet = packetOf(toPeer, 17, bytes);
        packet.checksumValid = verified;
        if (decode(packet, sink.paths, header) === 0)
          expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 200 },
    );
  });
});
