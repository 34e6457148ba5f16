import { describe, expect, test } from "vitest";
import { NO_PAYLOAD } from "../../../stack/base/link.ts";
import { FaultInjector, FaultRates, HOLD } from "../../../stack/links/fault-injector.ts";
import { OMITTED_LIMIT, OmittedFlows } from "../../../stack/links/omitted-flows.ts";
import { encodeFileHeader, FILE_HEADER, PcapRecord, RECORD_HEADER, recordAt } from "../../../stack/links/pcap.ts";
import { dateRecords, PcapWriter, SENT } from "../../../stack/links/pcap-writer.ts";
import { LineSink, Tracer } from "../../../stack/links/tracer.ts";
import { ObservedLink, SHOWN_LENGTH } from "../../../stack/links/wrapped-link.ts";
import { bytesOf, hex, pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { FrameRecorder } from "../../support/frame-recorder.ts";
import { ipv4, ipv6, udp } from "./sample-frames.ts";

class Lines extends LineSink {
  readonly lines: string[] = [];
  override line(text: string): void {
    this.lines.push(text);
  }
}

/** Sends the bytes, the first `head` of them from the slot. */
function send(link: ObservedLink, bytes: Uint8Array, head: number): void {
  const at = link.reserve();
  for (let i = 0; i < head; i++) link.slots[at + i] = bytes[i]!;
  link.send(at, head, bytes, head, bytes.length - head);
}

const ECHO = ipv4(1, hex("0800 0000 0007 0001"));
const SYSLOG = ipv4(17, udp(514, 514, bytesOf("<134>1 - ...")));

describe("a link that is observed", () => {
  test("is the link to its host: its card, its slots, its offloads", () => {
    const card = new FakeLink(0x020000000009, 4);
    card.checksumOffload = true;
    card.segmentOffload = true;
    const link = new ObservedLink(card, new Tracer(new Lines()));
    expect([link.mac, link.mtu, link.up]).toEqual([0x020000000009, 1500, true]);
    expect([link.checksumOffload, link.segmentOffload, link.segmentOffload6]).toEqual([true, true, false]);
    const at = link.reserve();
    expect(card.held).toBe(1);
    link.slots[at] = 7;
    link.send(at, 14, NO_PAYLOAD, 0, 0);
    expect(card.frames[0]![0]).toBe(7);
    card.free = 0;
    expect(link.reserve()).toBe(-1);
  });

  test("passes on what is asked of the card, once", () => {
    const card = new FakeLink(0x020000000009, 4);
    card.checksumOffload = true;
    const link = new ObservedLink(card, new Tracer(new Lines()));
    link.checksumStart = 34;
    link.checksumOffset = 6;
    send(link, SYSLOG, 42);
    // The card has completed it: the sum is no longer that of the datagram without one.
    expect(toHex(card.frames[0]!, 40, 2) === toHex(SYSLOG, 40, 2)).toBe(false);
    expect([link.checksumStart, link.checksumOffset, link.segmentSize]).toEqual([0, 0, 0]);
    send(link, SYSLOG, 42);
    expect(toHex(card.frames[1]!)).toBe(toHex(SYSLOG));
  });

  test("says each frame in a line, in the order in which they pass", () => {
    const card = new FakeLink(0x525400123456, 4);
    const lines = new Lines();
    const link = new ObservedLink(card, new Tracer(lines));
    card.incoming.push(ECHO);
    const host = new FrameRecorder();
    link.poll(host, 5);
    send(link, SYSLOG, 20);
    expect(lines.lines).toEqual([
      "In  IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 8",
      "Out IP 10.0.0.1.514 > 10.0.0.2.514: SYSLOG facility 16, severity info, length 12",
    ]);
    expect(host.frames.length).toBe(1);
    expect(card.frames.length).toBe(1);
  });

  test("shows a long frame by its beginning", () => {
    const card = new FakeLink(0x525400123456, 4);
    const lines = new Lines();
    const link = new ObservedLink(card, new Tracer(lines));
    send(link, ipv4(17, udp(1025, 9, pattern(1400))), 42);
    expect(1442).toBeGreaterThan(SHOWN_LENGTH);
    expect(lines.lines).toEqual(["Out IP 10.0.0.1.1025 > 10.0.0.2.9: UDP, length 1400"]);
  });
});

describe("records of a pcap file", () => {
  test("begin with the header that file(1) knows", () => {
    const header = new Uint8Array(FILE_HEADER);
    encodeFileHeader(header, 1518);
    expect(toHex(header)).toBe("a1b2c3d4000200040000000000000000000005ee00000001");
  });

  test("have the frame, when it passed, and by whom it was sent", () => {
    const card = new FakeLink(0x525400123456, 4);
    const writer = new PcapWriter(4096, 40);
    const link = new ObservedLink(card, writer);
    card.incoming.push(ECHO);
    link.poll(new FrameRecorder(), 5_000_007);
    send(link, SYSLOG, 20);
    const records = writer.take(4096);
    const record = new PcapRecord();
    recordAt(records, 0, record);
    expect([record.time, record.captured, record.length]).toEqual([5_000_007, 40, 42]);
    expect(toHex(records, RECORD_HEADER, 40)).toBe(toHex(ECHO, 0, 40));
    recordAt(records, RECORD_HEADER + 40, record);
    expect([record.time, record.captured, record.length]).toEqual([SENT + 5_000_007, 40, 54]);
    expect(dateRecords(records, 1_767_225_600_000_000)).toBe(2);
    recordAt(records, RECORD_HEADER + 40, record);
    expect(record.time).toBe(1_767_225_605_000_007);
    expect(writer.take(4096).length).toBe(0);
  });

  test("are taken whole, as many as are wanted", () => {
    const writer = new PcapWriter(4096, 100);
    const link = new ObservedLink(new FakeLink(0x525400123456, 4), writer);
    for (let i = 0; i < 5; i++) send(link, ECHO, 42);
    expect(writer.take(1).length).toBe(58);
    expect(writer.take(130).length).toBe(116);
    expect(writer.take(4096).length).toBe(116);
  });

  test("of what finds no room are counted, and what came first is kept", () => {
    const writer = new PcapWriter(3 * 58, 100);
    const link = new ObservedLink(new FakeLink(0x525400123456, 16), writer);
    for (let i = 0; i < 5; i++) send(link, ECHO, 42);
    expect(writer.lost).toBe(2);
    // The room of what was taken is there again.
    expect(writer.take(58).length).toBe(58);
    send(link, ECHO, 42);
    expect(writer.lost).toBe(2);
    expect(writer.take(4096).length).toBe(174);
  });

  test("are no more once it is over, and what waits can still be taken", () => {
    const writer = new PcapWriter(4096, 100);
    const link = new ObservedLink(new FakeLink(0x525400123456, 4), writer);
    send(link, ECHO, 42);
    writer.finish();
    send(link, ECHO, 42);
    expect(writer.take(4096).length).toBe(58);
    send(link, ECHO, 42);
    expect([writer.take(4096).length, writer.lost]).toEqual([0, 0]);
  });

  test("leave out the flow by which they leave", () => {
    const writer = new PcapWriter(4096, 100);
    const link = new ObservedLink(new FakeLink(0x525400123456, 4), writer);
    writer.omitted.add("10.0.0.2", 514);
    send(link, SYSLOG, 20);
    expect([writer.take(4096).length, writer.lost]).toEqual([0, 0]);
    send(link, ECHO, 42);
    expect(writer.take(4096).length).toBe(58);
    // Nor are they counted when there is no room.
    const full = new PcapWriter(0, 100);
    full.omitted.add("10.0.0.2", 514);
    const through = new ObservedLink(new FakeLink(0x525400123456, 4), full);
    send(through, SYSLOG, 42);
    expect(full.lost).toBe(0);
    send(through, ECHO, 42);
    expect(full.lost).toBe(1);
  });
});

/** The frame is left out when flows with this end are. */
function omits(address: string, port: number, frame: Uint8Array): boolean {
  const flows = new OmittedFlows();
  flows.add(address, port);
  return flows.has(frame, 0, frame.length);
}

describe("flows that are left out", () => {
  const there = udp(2000, 514, bytesOf("x"));
  const back = udp(514, 2000, bytesOf("x"));

  test("both ways, of their address and their port alone", () => {
    expect(omits("10.0.0.2", 514, ipv4(17, there))).toBe(true);
    expect(omits("10.0.0.1", 514, ipv4(6, back))).toBe(true);
    expect(omits("10.0.0.2", 2000, ipv4(17, there))).toBe(false);
    expect(omits("10.0.0.1", 514, ipv4(17, there))).toBe(false);
    expect(omits("10.0.0.3", 514, ipv4(17, there))).toBe(false);
    expect(omits("10.0.0.2", 514, ipv4(1, there))).toBe(false);
    expect(omits("fe80::1", 514, ipv4(17, there))).toBe(false);
  });

  test("of IPv6", () => {
    expect(omits("2001:db8::2", 514, ipv6(17, there))).toBe(true);
    expect(omits("fe80::1", 514, ipv6(6, back))).toBe(true);
    expect(omits("fe80::1", 514, ipv6(17, there))).toBe(false);
    expect(omits("10.0.0.2", 514, ipv6(17, there))).toBe(false);
  });

  test("the later pieces of a datagram go with its address", () => {
    expect(omits("10.0.0.2", 514, ipv4(17, bytesOf("anything"), 3))).toBe(true);
    expect(omits("10.0.0.3", 514, ipv4(17, bytesOf("anything"), 3))).toBe(false);
    expect(omits("2001:db8::2", 514, ipv6(44, hex("1100 0009 00001267 0102030405060708")))).toBe(true);
    expect(omits("2001:db8::2", 515, ipv6(44, hex("1100 0001 00001267 07d0 0202 0009 0000")))).toBe(false);
  });

  test("what is cut short is none, nor is what is no address", () => {
    const frame = ipv4(17, there);
    const flows = new OmittedFlows();
    flows.add("10.0.0.2", 514);
    for (let length = 0; length < 38; length++) expect(flows.has(frame, 0, length)).toBe(false);
    expect(omits("localhost", 514, frame)).toBe(false);
  });

  test("with a bare priority (VLAN 0) as well", () => {
    const frame = ipv4(17, there);
    const tagged = new Uint8Array(frame.length + 4);
    tagged.set(frame.subarray(0, 12));
    tagged.set(hex("8100 a000"), 12);
    tagged.set(frame.subarray(12), 16);
    expect(omits("10.0.0.2", 514, tagged)).toBe(true);
    expect(omits("10.0.0.2", 515, tagged)).toBe(false);
  });

  test("one that is named again takes no further place", () => {
    const flows = new OmittedFlows();
    flows.add("10.0.0.2", 514);
    for (let i = 0; i < 2 * OMITTED_LIMIT; i++) flows.add("10.9.9.9", 1);
    const frame = ipv4(17, there);
    expect(flows.has(frame, 0, frame.length)).toBe(true);
  });

  test("of more than are remembered the oldest is seen again", () => {
    const flows = new OmittedFlows();
    flows.add("10.0.0.2", 514);
    for (let i = 1; i < OMITTED_LIMIT; i++) flows.add("10.9.9.9", i);
    const frame = ipv4(17, there);
    expect(flows.has(frame, 0, frame.length)).toBe(true);
    flows.add("10.9.9.9", 99);
    expect(flows.has(frame, 0, frame.length)).toBe(false);
  });
});

/** What of `count` numbered frames comes through, and the link that they came through. */
class Passage {
  readonly card = new FakeLink(0x525400123456, 4);
  readonly host = new FrameRecorder();
  readonly link: FaultInjector;

  constructor(rates: FaultRates, seed: number, count: number) {
    this.link = new FaultInjector(this.card, rates, hex(seed.toString(16).padStart(8, "0")));
    for (let i = 0; i < count; i++) {
      const frame = new Uint8Array(60);
      nativeStore32(frame, 0, i);
      this.card.incoming.push(frame);
      this.link.poll(this.host, i);
    }
  }

  get numbers(): number[] {
    return this.host.frames.map((frame) => frame[2]! * 256 + frame[3]!);
  }
}

describe("a link with faults", () => {
  test("without any passes all", () => {
    const { numbers } = new Passage(new FaultRates(), 0, 50);
    expect(numbers.length).toBe(50);
    for (let i = 0; i < 50; i++) expect(numbers[i]).toBe(i);
  });

  test("loses as many as it is told", () => {
    const rates = new FaultRates();
    rates.drop = 0.2;
    const { host, link } = new Passage(rates, 5, 2000);
    expect(host.frames.length + link.dropped).toBe(2000);
    expect(link.dropped).toBeGreaterThan(300);
    expect(link.dropped).toBeLessThan(500);
  });

  test("repeats", () => {
    const rates = new FaultRates();
    rates.duplicate = 1;
    expect(new Passage(rates, 5, 3).numbers).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test("turns one bit of a frame, in a copy", () => {
    const rates = new FaultRates();
    rates.corrupt = 1;
    const { host, link } = new Passage(rates, 5, 100);
    expect(link.corrupted).toBe(100);
    host.frames.forEach((frame, number) => {
      let bits = 0;
      frame.forEach((byte, at) => {
        const whole = at === 3 ? number : 0;
        for (let bit = 0; bit < 8; bit++) bits += ((byte ^ whole) >> bit) & 1;
      });
      expect(bits).toBe(1);
    });
  });

  test("has one overtaken by the next, or come late when there is none", () => {
    const rates = new FaultRates();
    rates.reorder = 1;
    const { numbers, link, host, card } = new Passage(rates, 5, 3);
    expect(numbers).toEqual([1, 0]);
    // The third waits: nothing comes that could overtake it.
    expect(link.nextDeadline()).toBe(2 + HOLD);
    expect(link.poll(host, 1 + HOLD)).toBe(false);
    expect(link.poll(host, 2 + HOLD)).toBe(true);
    expect(host.frames.length).toBe(3);
    expect(card.incoming.length).toBe(0);
    expect(link.poll(host, 3 + HOLD)).toBe(false);
  });

  test("does the same for the same bytes", () => {
    const rates = new FaultRates();
    rates.drop = 0.1;
    rates.duplicate = 0.1;
    rates.reorder = 0.1;
    expect(new Passage(rates, 7, 300).numbers).toEqual(new Passage(rates, 7, 300).numbers);
    expect(toHex(bytesOf(new Passage(rates, 7, 300).numbers.join()))).not.toBe(
      toHex(bytesOf(new Passage(rates, 8, 300).numbers.join())),
    );
  });
});
