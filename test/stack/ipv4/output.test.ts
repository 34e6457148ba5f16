import { beforeEach, describe, expect, test } from "vitest";
import { REQUEST_LIMIT } from "../../../stack/arp/machine.ts";
import { ArpPacket, encode as encodeArp, OPERATION_REPLY, PACKET_LENGTH } from "../../../stack/arp/wire.ts";
import { BROADCAST_ADDRESS, type Ipv4, type Mac } from "../../../stack/base/address.ts";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { PACKETS_UNSENT } from "../../../stack/base/counters.ts";
import { NO_PAYLOAD } from "../../../stack/base/link.ts";
import { sumBytes } from "../../../stack/base/native.ts";
import { ECT0, NOT_ECT } from "../../../stack/base/packet.ts";
import { type Path, PathTable } from "../../../stack/base/path.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { WAITING_LIMIT, WAITING_PER_NEIGHBOUR } from "../../../stack/ethernet/waiting.ts";
import { decode as decodeEthernet, EthernetHeader } from "../../../stack/ethernet/wire.ts";
import { IpOutput, OutputUser } from "../../../stack/ipv4/output.ts";
import { Reassembly } from "../../../stack/ipv4/reassembly.ts";
import {
  DESTINATION_BROADCAST,
  DESTINATION_MULTICAST,
  DESTINATION_OTHER,
  DESTINATION_OURS,
} from "../../../stack/ipv4/subnet.ts";
import { decode, Ipv4Header } from "../../../stack/ipv4/wire.ts";
import { pattern } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { pseudoHeaderSum } from "../../support/ipv4.ts";

const US = 0x0a00020f as Ipv4;
const GATEWAY = 0x0a000202 as Ipv4;
const PEER = 0x0a000210 as Ipv4;
const FAR = 0x08080808 as Ipv4;
const PEER_MAC = 0x525400000002 as Mac;

class Recorder extends OutputUser {
  readonly lost: Ipv4[] = [];
  readonly conflicts: number[] = [];
  unreachable(path: Path): void {
    this.lost.push(paths.remote4Of(path));
  }
  conflict(_address: string, mac: Mac): void {
    this.conflicts.push(mac);
  }
}

let link: FakeLink;
let paths: PathTable;
let output: IpOutput;
let user: Recorder;

beforeEach(() => {
  link = new FakeLink(0x525400000001, 40);
  paths = new PathTable(40, 1500, 7);
  output = new IpOutput(link, paths);
  user = new Recorder();
  output.configure("10.0.2.15", 24, "10.0.2.2", 0);
  output.step(0, user);
  output.step(2 * SECOND, user);
  link.drain();
});

/** A neighbour's ARP packet arrives. */
function hear(operation: number, address: Ipv4, mac: Mac, target: Ipv4, now: number): number {
  const packet = new ArpPacket();
  packet.operation = operation;
  packet.senderAddress = address;
  packet.senderMac = mac;
  packet.targetAddress = target;
  const bytes = new Uint8Array(PACKET_LENGTH);
  encodeArp(bytes, 0, packet);
  return output.receiveArp(bytes, 0, bytes.length, now, user);
}

function reserve(): number {
  return output.reserve(paths.open4(US, PEER));
}

function release(at: number): void {
  output.release(at, paths.open4(US, PEER));
}

function send(destination: Ipv4, text: string, payload: Uint8Array = NO_PAYLOAD): boolean {
  const at = reserve();
  if (at < 0) return false;
  for (let i = 0; i < text.length; i++) output.bytes[at + i] = text.charCodeAt(i);
  output.protocol = 17;
  output.send(at, paths.open4(US, destination), text.length, payload, 0, payload.length);
  return true;
}

interface Seen {
  readonly to: number;
  readonly header: Ipv4Header;
  readonly text: string;
  readonly frame: Uint8Array;
}

/** The IPv4 frames that left, decoded. */
function seen(): Seen[] {
  const list: Seen[] = [];
  for (const frame of link.drain()) {
    const ethernet = new EthernetHeader();
    expect(decodeEthernet(frame, 0, frame.length, ethernet)).toBe(0);
    if (ethernet.etherType !== 0x0800) continue;
    const header = new Ipv4Header();
    expect(decode(frame, 14, frame.length - 14, header)).toBe(0);
    const text = String.fromCharCode(...frame.slice(34, 34 + Math.min(40, header.payloadLength)));
    list.push({ to: ethernet.destination, header, text, frame });
  }
  return list;
}

describe("IPv4 output", () => {
  test("a packet waits for its neighbour and leaves when the answer comes", () => {
    send(PEER, "hello", pattern(10));
    expect(seen()).toHaveLength(0);
    expect(output.nextDeadline()).toBeLessThanOrEqual(2 * SECOND);
    output.step(2 * SECOND, user);
    expect(link.drain()).toHaveLength(1);
    hear(OPERATION_REPLY, PEER, PEER_MAC, US, 2 * SECOND + 5);
    const packets = seen();
    expect(packets).toHaveLength(1);
    expect(packets[0]!.to).toBe(PEER_MAC);
    expect(packets[0]!.header.destination).toBe(PEER);
    expect(packets[0]!.header.flags).toBe(0x4000);
    expect(packets[0]!.header.identification).toBe(0);
    expect(packets[0]!.frame.slice(39)).toEqual(pattern(10));
    send(PEER, "again");
    expect(seen()).toHaveLength(1);
    expect(link.held).toBe(0);
  });

  test("a packet repeated is the packet sent: other payload, other length, checksum left to the link or not", () => {
    link.checksumOffload = true;
    output.checksumOffload = true;
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    const head = pattern(20);
    for (const [length, elsewhere] of [
      [1000, false],
      [1, true],
      [999, true],
    ] as const) {
      const spare = reserve();
      const first = reserve();
      output.bytes.set(head, first);
      output.protocol = 17;
      output.send(first, paths.open4(US, PEER), 20, pattern(1000), 0, 1000);
      if (elsewhere) release(spare);
      link.drain();
      const at = output.repeat(first, 12);
      expect(at).toBe(elsewhere ? spare : first);
      expect(output.bytes.slice(at, at + 12)).toEqual(head.slice(0, 12));
      output.bytes.set([1, 2, 3, 4, 5, 6, 7, 8], at + 12);
      if (length === 1) output.checksumOffset = 6;
      output.sendRepeat(at, 20, pattern(1001), 1, length);
      // The same by way of `send`.
      const other = reserve();
      expect(output.repeat(first, 12)).toBe(-1);
      output.bytes.set([...head.slice(0, 12), 1, 2, 3, 4, 5, 6, 7, 8], other);
      if (length === 1) output.checksumOffset = 6;
      output.protocol = 17;
      output.send(other, paths.open4(US, PEER), 20, pattern(1001), 1, length);
      const frames = link.drain();
      expect(frames).toHaveLength(2);
      expect(frames[0]!).toEqual(frames[1]!);
      if (!elsewhere) release(spare);
    }
  });

  test("what was not sent at once, may be fragmented or was not the last cannot be repeated", () => {
    const at = reserve();
    output.protocol = 17;
    output.send(at, paths.open4(US, PEER), 20, NO_PAYLOAD, 0, 0);
    // It waits for its neighbour.
    expect(output.repeat(at, 20)).toBe(-1);
    hear(1, PEER, PEER_MAC, US, 0);
    const fragmentable = reserve();
    output.dontFragment = false;
    output.protocol = 17;
    output.send(fragmentable, paths.open4(US, PEER), 20, NO_PAYLOAD, 0, 0);
    expect(output.repeat(fragmentable, 20)).toBe(-1);
    const large = reserve();
    output.protocol = 17;
    output.send(large, paths.open4(US, PEER), 20, pattern(2000), 0, 2000);
    expect(output.repeat(large, 20)).toBe(-1);
    const sent = reserve();
    output.protocol = 17;
    output.send(sent, paths.open4(US, PEER), 20, NO_PAYLOAD, 0, 0);
    expect(output.repeat(sent + 1, 20)).toBe(-1);
    link.free = 0;
    expect(output.repeat(sent, 20)).toBe(-1);
    link.free = 2;
    release(output.repeat(sent, 20));
    release(reserve());
    expect(output.repeat(sent, 20)).toBe(-1);
  });

  test("what lies beyond the prefix goes to the gateway, broadcasts and groups need no neighbour", () => {
    hear(1, GATEWAY, PEER_MAC, US, 0);
    link.drain();
    send(FAR, "far");
    send(BROADCAST_ADDRESS, "all");
    send(0x0a0002ff as Ipv4, "subnet");
    send(0xe0fb0001 as Ipv4, "group");
    const packets = seen();
    expect(packets.map((p) => p.text)).toEqual(["far", "all", "subnet", "group"]);
    expect(packets.map((p) => p.to)).toEqual([PEER_MAC, 0xffffffffffff, 0xffffffffffff, 0x01005e7b0001]);
  });

  test("of several routes the longest prefix counts, our own network's among them", () => {
    output.setRoutes([
      "10.0.0.0/8 10.0.2.3",
      "10.0.2.16/28 10.0.2.4",
      "172.16.0.0/12 0.0.0.0",
      "nonsense",
      "1.2.3.4/33 1.1.1.1",
    ]);
    const hop = (address: Ipv4): Ipv4 => output.subnet.nextHop(address);
    expect(hop(0x0a090909 as Ipv4)).toBe(0x0a000203);
    expect(hop(0x0a000220 as Ipv4)).toBe(0x0a000220);
    expect(hop(0x0a000210 as Ipv4)).toBe(0x0a000204);
    expect(hop(0xac1f0001 as Ipv4)).toBe(0xac1f0001);
    expect(hop(0x01020304 as Ipv4)).toBe(GATEWAY);
    output.setRoutes([]);
    expect(hop(0x0a090909 as Ipv4)).toBe(GATEWAY);
    output.setRoutes(["0.0.0.0/0 0.0.0.0"]);
    expect(hop(0x01020304 as Ipv4)).toBe(0x01020304);
  });

  test("link-local addresses are on the wire (RFC 3927 2.6.2), unless a route leads there", () => {
    const metadata = 0xa9fea9fe as Ipv4;
    const hop = (address: Ipv4): Ipv4 => output.subnet.nextHop(address);
    expect(hop(metadata)).toBe(metadata);
    expect(hop(0xa9ff0001 as Ipv4)).toBe(GATEWAY);
    output.setRoutes(["0.0.0.0/0 10.0.2.3", "169.0.0.0/8 10.0.2.3"]);
    expect(hop(metadata)).toBe(metadata);
    // As clouds name one.
    output.setRoutes(["169.254.169.254/32 10.0.2.4"]);
    expect(hop(metadata)).toBe(0x0a000204);
    output.setRoutes([]);
    output.configure("10.0.2.15", 32, "10.128.0.1", 0);
    expect(hop(metadata)).toBe(metadata);
    output.configure("169.254.1.2", 16, "169.254.0.1", 0);
    expect(hop(metadata)).toBe(metadata);
  });

  test("a gateway outside the prefix is a neighbour all the same", () => {
    output.configure("10.0.2.15", 32, "10.128.0.1", 0);
    hear(1, 0x0a800001 as Ipv4, PEER_MAC, US, 0);
    link.drain();
    send(PEER, "near");
    expect(seen().map((p) => p.to)).toEqual([PEER_MAC]);
  });

  test("without a route the packet is dropped and its destination reported", () => {
    output.configure("10.0.2.15", 24, "", 0);
    send(FAR, "far");
    send(US, "self");
    output.step(0, user);
    expect(user.lost.sort((a, b) => a - b)).toEqual([FAR, US]);
    expect(output.counters.value(PACKETS_UNSENT)).toBe(2);
    expect(link.held).toBeLessThanOrEqual(1);
  });

  test("a neighbour that never answers fails its packets and frees their slots", () => {
    let now = 5 * SECOND;
    output.now = now;
    send(PEER, "one");
    send(PEER, "two");
    for (let i = 0; i <= REQUEST_LIMIT; i++) {
      output.step(now, user);
      now = output.nextDeadline();
    }
    expect(user.lost).toEqual([PEER, PEER]);
    link.free = 0;
    expect(reserve()).toBeGreaterThanOrEqual(0);
  });

  test("no more than WAITING_PER_NEIGHBOUR packets wait for one neighbour: the oldest goes", () => {
    for (let i = 0; i < WAITING_PER_NEIGHBOUR + 2; i++) send(PEER, `${i}`);
    output.step(2 * SECOND, user);
    hear(OPERATION_REPLY, PEER, PEER_MAC, US, 2 * SECOND);
    expect(seen().map((p) => p.text)).toEqual(["2", "3", "4", "5"]);
  });

  test("no more than WAITING_LIMIT packets wait in all", () => {
    for (let i = 0; i < WAITING_LIMIT * 3; i++) expect(send((0x0a000240 + i) as Ipv4, `${i}`)).toBe(true);
    // What was driven out is a spare slot, taken up again by the next.
    expect(link.held).toBeLessThanOrEqual(WAITING_LIMIT + 1);
  });

  test("a datagram that may be fragmented is cut, and its pieces make it whole again", () => {
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    const whole = pattern(4001);
    for (const headLength of [0, 8, 1500]) {
      const at = reserve();
      output.bytes.set(whole.slice(0, headLength), at);
      output.dontFragment = false;
      output.protocol = 17;
      output.send(at, paths.open4(US, PEER), headLength, whole, headLength, whole.length - headLength);
      const reassembly = new Reassembly();
      const packets = seen();
      expect(packets).toHaveLength(3);
      expect(packets.map((p) => reassembly.input(p.header, p.frame, 0))).toEqual([false, false, true]);
      expect(reassembly.bytes.slice(reassembly.offset + 20, reassembly.offset + reassembly.length)).toEqual(whole);
    }
    expect(output.identification).toBe(3);
  });

  test("the checksum of a datagram that is cut is completed here: no card does", () => {
    link.checksumOffload = true;
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    for (const headLength of [8, 9]) {
      const whole = pattern(3001);
      const at = reserve();
      output.bytes.set(whole.slice(0, headLength), at);
      writeU16(output.bytes, at + 6, pseudoHeaderSum(US, PEER, 17, whole.length));
      output.checksumOffset = 6;
      output.dontFragment = false;
      output.protocol = 17;
      output.send(at, paths.open4(US, PEER), headLength, whole, headLength, whole.length - headLength);
      expect(output.counters.value(PACKETS_UNSENT)).toBe(0);
      const reassembly = new Reassembly();
      const packets = seen();
      expect(packets.map((p) => reassembly.input(p.header, p.frame, 0))).toEqual([false, false, true]);
      const sum = pseudoHeaderSum(US, PEER, 17, whole.length);
      expect(sumBytes(reassembly.bytes, reassembly.offset + 20, whole.length, sum)).toBe(0xffff);
    }
  });

  test("a path with a smaller MTU has smaller fragments", () => {
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    const path = paths.open4(US, PEER);
    paths.lowerMtu(path, 300, output.now);
    const at = reserve();
    output.dontFragment = false;
    output.protocol = 17;
    output.send(at, path, 8, pattern(600), 0, 600);
    expect(seen().map((p) => p.header.totalLength)).toEqual([300, 300, 68]);
  });

  test("a neighbour that is doubted is asked for, behind a gateway the gateway", () => {
    hear(1, GATEWAY, PEER_MAC, US, 0);
    output.now = 5 * SECOND;
    output.doubt(paths.open4(US, FAR));
    link.drain();
    output.step(5 * SECOND, user);
    const [frame] = link.drain();
    expect(frame!.slice(0, 6)).toEqual(new Uint8Array([255, 255, 255, 255, 255, 255]));
    expect(frame!.slice(38, 42)).toEqual(new Uint8Array([10, 0, 2, 2]));
    hear(OPERATION_REPLY, GATEWAY, 0x525400000009 as Mac, US, 5 * SECOND);
    send(FAR, "moved");
    expect(seen().map((p) => p.to)).toEqual([0x525400000009]);
  });

  test("a packet larger than the MTU that must not be fragmented is dropped", () => {
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    send(PEER, "x", pattern(1480));
    expect(seen()).toHaveLength(0);
    expect(output.counters.value(PACKETS_UNSENT)).toBe(1);
    send(PEER, "x", pattern(1479));
    expect(seen()).toHaveLength(1);
  });

  test("checksum and segmentation are left to a card that can", () => {
    link.checksumOffload = true;
    link.segmentOffload = true;
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    const at = reserve();
    for (let i = 0; i < 20; i++) output.bytes[at + i] = i === 12 ? 0x50 : 0;
    writeU16(output.bytes, at + 16, pseudoHeaderSum(US, PEER, 6, 5020));
    output.checksumOffset = 16;
    output.segmentSize = 1460;
    output.protocol = 6;
    output.send(at, paths.open4(US, PEER), 20, pattern(5000), 0, 5000);
    expect(link.sends).toBeGreaterThan(0);
    const frames = link.drain();
    expect(frames.map((f) => f.length - 54)).toEqual([1460, 1460, 1460, 620]);
    for (const frame of frames) {
      const pseudo = pseudoHeaderSum(US, PEER, 6, frame.length - 34);
      expect(sumBytes(frame, 34, frame.length - 34, pseudo)).toBe(0xffff);
    }
    expect(output.segmentSize).toBe(0);
  });

  test("what has its first bytes in the slot is cut like any other", () => {
    link.checksumOffload = true;
    link.segmentOffload = true;
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    const at = reserve();
    for (let i = 0; i < 220; i++) output.bytes[at + i] = i === 12 ? 0x50 : i < 20 ? 0 : 7;
    writeU16(output.bytes, at + 16, pseudoHeaderSum(US, PEER, 6, 1620));
    output.checksumOffset = 16;
    output.segmentSize = 1460;
    output.protocol = 6;
    output.send(at, paths.open4(US, PEER), 220, pattern(1400), 0, 1400);
    const frames = link.drain();
    expect(frames.map((f) => f.length - 54)).toEqual([1460, 140]);
    for (let i = 54; i < 254; i++) expect(frames[0]![i]!).toBe(7);
    expect(frames[1]!.slice(54)).toEqual(pattern(1400).slice(1260));
    for (const frame of frames) {
      const pseudo = pseudoHeaderSum(US, PEER, 6, frame.length - 34);
      expect(sumBytes(frame, 34, frame.length - 34, pseudo)).toBe(0xffff);
    }
  });

  test("an option asked for while the neighbour is unknown is kept with the packet", () => {
    link.checksumOffload = true;
    const at = reserve();
    writeU16(output.bytes, at, 53);
    writeU16(output.bytes, at + 2, 53);
    writeU16(output.bytes, at + 4, 8);
    writeU16(output.bytes, at + 6, pseudoHeaderSum(US, PEER, 17, 8));
    output.checksumOffset = 6;
    output.protocol = 17;
    output.send(at, paths.open4(US, PEER), 8, NO_PAYLOAD, 0, 0);
    expect(link.checksumStart).toBe(0);
    output.step(2 * SECOND, user);
    hear(OPERATION_REPLY, PEER, PEER_MAC, US, 2 * SECOND);
    const [packet] = seen();
    expect(sumBytes(packet!.frame, 34, 8, pseudoHeaderSum(US, PEER, 17, 8))).toBe(0xffff);
  });

  test("a codepoint holds for one packet, and for all its fragments (RFC 3168 5)", () => {
    hear(1, PEER, PEER_MAC, US, 0);
    link.drain();
    output.ecn = ECT0;
    send(PEER, "x", pattern(100));
    send(PEER, "x", pattern(100));
    output.ecn = ECT0;
    output.dontFragment = false;
    send(PEER, "x", pattern(2000));
    const codepoints = link.drain().map((frame) => {
      expect(sumBytes(frame, 14, 20, 0)).toBe(0xffff);
      return frame[15]!;
    });
    expect(codepoints.slice(0, 2)).toEqual([ECT0, NOT_ECT]);
    expect(codepoints.length).toBeGreaterThan(3);
    for (const codepoint of codepoints.slice(2)) expect(codepoint).toBe(ECT0);
    output.ecn = ECT0;
    release(reserve());
    send(PEER, "x", pattern(100));
    expect(link.drain()[0]![15]).toBe(NOT_ECT);
  });

  test("a full ring refuses to reserve, a released slot is used again", () => {
    link.free = 1;
    const at = reserve();
    expect(at).toBeGreaterThanOrEqual(34);
    expect(reserve()).toBe(-1);
    release(at);
    expect(reserve()).toBe(at);
  });

  test("a conflict over our address is reported", () => {
    hear(1, US, PEER_MAC, GATEWAY, 9 * SECOND);
    expect(user.conflicts).toEqual([PEER_MAC]);
  });

  test("destinations are told apart", () => {
    expect(output.subnet.kindOf(US)).toBe(DESTINATION_OURS);
    expect(output.subnet.kindOf(BROADCAST_ADDRESS)).toBe(DESTINATION_BROADCAST);
    expect(output.subnet.kindOf(0x0a0002ff as Ipv4)).toBe(DESTINATION_BROADCAST);
    expect(output.subnet.kindOf(0xe0000001 as Ipv4)).toBe(DESTINATION_MULTICAST);
    expect(output.subnet.kindOf(PEER)).toBe(DESTINATION_OTHER);
    output.configure("", 0, "", 0);
    expect(output.subnet.kindOf(PEER)).toBe(DESTINATION_OURS);
    expect(output.subnet.kindOf(BROADCAST_ADDRESS)).toBe(DESTINATION_BROADCAST);
    output.configure("10.0.2.15", 31, "", 0);
    expect(output.subnet.kindOf((US ^ 1) as Ipv4)).toBe(DESTINATION_OTHER);
  });
});
