// Two hosts below the transports: Ethernet, ARP, IPv4, ICMP and UDP over a wire with faults, under a virtual clock.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ipv4, Mac, Port } from "../../../stack/base/address.ts";
import { FrameReceiver } from "../../../stack/base/link.ts";
import { type Instant, MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { decode as decodeEthernet, ETHERTYPE_ARP, EthernetHeader } from "../../../stack/ethernet/wire.ts";
import { Icmp, IcmpUser } from "../../../stack/icmp/machine.ts";
import { type IcmpMessage, KIND_PORT_UNREACHABLE } from "../../../stack/icmp/wire.ts";
import { DESTINATION_OURS, IpOutput, OutputUser } from "../../../stack/ipv4/output.ts";
import { Reassembly } from "../../../stack/ipv4/reassembly.ts";
import { decode as decodeIpv4, Ipv4Header } from "../../../stack/ipv4/wire.ts";
import { UDP_NO_USER, Udp, UdpUser } from "../../../stack/udp/machine.ts";
import { pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { type Faults, NO_FAULTS, pcapOf, Wire } from "../../support/wire.ts";

class Quiet extends OutputUser {
  readonly lost: number[] = [];
  unreachable(destination: Ipv4): void {
    this.lost.push(destination);
  }
  conflict(_mac: Mac): void {}
}

/** Tells UDP of closed ports. */
class Errors extends IcmpUser {
  private readonly udp: Udp;
  constructor(udp: Udp) {
    super();
    this.udp = udp;
  }
  icmpError(m: IcmpMessage, now: Instant): void {
    if (m.kind === KIND_PORT_UNREACHABLE)
      this.udp.icmpError(m.sourcePort as Port, m.destination, m.destinationPort as Port, now);
  }
}

class Node extends FrameReceiver {
  readonly link: FakeLink;
  readonly output: IpOutput;
  readonly udp: Udp;
  readonly icmp = new Icmp();
  readonly reassembly = new Reassembly();
  readonly user = new Quiet();
  now: Instant = 0;
  private readonly ethernet = new EthernetHeader();
  private readonly header = new Ipv4Header();
  private readonly errors: IcmpUser;

  constructor(mac: number, address: Ipv4) {
    super();
    this.link = new FakeLink(mac, 64);
    this.output = new IpOutput(this.link);
    const udp = new Udp(this.output);
    this.udp = udp;
    udp.address = address;
    this.output.configure(address, 24, 0 as Ipv4, 0);
    this.errors = new Errors(udp);
  }

  receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { ethernet, header, output, now } = this;
    if (decodeEthernet(bytes, offset, length, ethernet) !== 0) return;
    const at = ethernet.payloadOffset;
    const rest = length - (at - offset);
    if (ethernet.etherType === ETHERTYPE_ARP) output.receiveArp(bytes, at, rest, now, this.user);
    else if (
      decodeIpv4(bytes, at, rest, header) === 0 &&
      output.destinationKind(header.destination) === DESTINATION_OURS
    ) {
      const { reassembly } = this;
      if (!header.isFragment()) this.take(bytes, checksumValid);
      else if (reassembly.input(header, bytes, now)) {
        decodeIpv4(reassembly.bytes, reassembly.offset, reassembly.length, header);
        this.take(reassembly.bytes, false);
      }
    }
  }

  step(now: Instant): void {
    this.now = now;
    this.output.now = now;
    this.link.poll(this, now);
    this.output.step(now, this.user);
  }

  private take(bytes: Uint8Array, checksumValid: boolean): void {
    const { header, output, now } = this;
    const offset = header.payloadOffset;
    const length = header.payloadLength;
    if (header.protocol === 1) this.icmp.input(header, bytes, offset, length, true, now, output, this.errors);
    else if (this.udp.input(header, bytes, offset, length, checksumValid, now) === UDP_NO_USER)
      this.icmp.portUnreachable(header, bytes, now, output);
  }
}

class Ears extends UdpUser {
  readonly heard: Uint8Array[] = [];
  refusals = 0;
  datagram(_l: Port, _s: Ipv4, _p: Port, bytes: Uint8Array, offset: number, length: number): void {
    this.heard.push(bytes.slice(offset, offset + length));
  }
  override refused(): void {
    this.refusals++;
  }
}

const A = 0x0a000001 as Ipv4;
const B = 0x0a000002 as Ipv4;

/** Runs both hosts for so long, calling `act` every 10 ms. */
function run(faults: Faults, seed: number, duration: Instant, act: (a: Node, b: Node, tick: number) => void): Node[] {
  const a = new Node(0x525400000001, A);
  const b = new Node(0x525400000002, B);
  const wire = new Wire([a.link, b.link], faults, seed);
  let tick = 0;
  for (let now = 0; now <= duration; now += MILLISECOND) {
    if (now >= tick * 10 * MILLISECOND) {
      a.output.now = now;
      act(a, b, tick++);
    }
    wire.step(now);
    a.step(now);
    b.step(now);
  }
  expect(toHex(pcapOf(wire.log), 0, 8)).toBe("a1b2c3d400020004");
  return [a, b];
}

describe("two hosts on a wire", () => {
  test("datagrams of all sizes arrive whole, ARP and fragments included", () => {
    const ears = new Ears();
    const sizes = [0, 1, 1472, 1473, 2000, 5000, 16_000];
    run(NO_FAULTS, 1, SECOND, (a, b, tick) => {
      if (tick === 0) b.udp.bind(9 as Port, ears);
      if (tick === 0) a.udp.send(7 as Port, B, 9 as Port, pattern(3), 0, 3);
      else if (tick > 1 && tick - 2 < sizes.length)
        a.udp.send(7 as Port, B, 9 as Port, pattern(sizes[tick - 2]!), 0, sizes[tick - 2]!);
    });
    expect(ears.heard.map((h) => h.length)).toEqual([3, ...sizes]);
    for (const bytes of ears.heard) expect(toHex(bytes)).toBe(toHex(pattern(bytes.length)));
  });

  test("a closed port is told to who sent", () => {
    const ears = new Ears();
    run(NO_FAULTS, 1, SECOND, (a, _b, tick) => {
      if (tick === 0) a.udp.bind(7 as Port, ears);
      if (tick === 0) a.udp.send(7 as Port, B, 9 as Port, pattern(3), 0, 3);
    });
    expect(ears.refusals).toBe(1);
  });

  test("a host that is not there is reported", () => {
    const [a] = run(NO_FAULTS, 1, 4 * SECOND, (node, _b, tick) => {
      if (tick === 0) node.udp.send(7 as Port, 0x0a000063 as Ipv4, 9 as Port, pattern(3), 0, 3);
    });
    expect(a!.user.lost).toEqual([0x0a000063]);
    expect(a!.link.held).toBeLessThanOrEqual(1);
  });

  test("through loss, repetition, reordering and damage nothing false arrives, and most of it does", () => {
    const faults = { loss: 0.05, repetition: 0.02, reordering: 0.1, damage: 0.03, delay: MILLISECOND };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const ears = new Ears();
        const count = 80;
        run(faults, seed, 8 * SECOND, (a, b, tick) => {
          if (tick === 0) b.udp.bind(9 as Port, ears);
          const length = 20 + ((tick * 37) % 3000);
          if (tick >= 500 && tick < 500 + count) a.udp.send(7 as Port, B, 9 as Port, pattern(length), 0, length);
          else if (tick < 500 && tick % 50 === 0) a.udp.send(7 as Port, B, 9 as Port, pattern(20), 0, 20);
        });
        expect(ears.heard.length).toBeGreaterThan(count / 2);
        for (const bytes of ears.heard) expect(toHex(bytes)).toBe(toHex(pattern(bytes.length)));
      }),
      { numRuns: 5 },
    );
  });
});
