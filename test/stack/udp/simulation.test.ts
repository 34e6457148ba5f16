// Two hosts below the transports: Ethernet, ARP, IPv4, ICMP and UDP over a wire with faults, under a virtual clock.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Mac, Port } from "../../../stack/base/address.ts";
import { FrameReceiver, type Link } from "../../../stack/base/link.ts";
import { type Path, PathTable } from "../../../stack/base/path.ts";
import { ERROR_PORT_UNREACHABLE, type Quotation } from "../../../stack/base/quotation.ts";
import { type Instant, MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { decode as decodeEthernet, ETHERTYPE_ARP, EthernetHeader } from "../../../stack/ethernet/wire.ts";
import { Delivery } from "../../../stack/host/delivery.ts";
import { Icmp, IcmpUser } from "../../../stack/icmp/machine.ts";
import { IpInput } from "../../../stack/ipv4/input.ts";
import { IpOutput, OutputUser } from "../../../stack/ipv4/output.ts";
import { TcpLimits } from "../../../stack/tcp/limits.ts";
import { Tcp } from "../../../stack/tcp/tcp.ts";
import { type Datagram, Udp, UdpUser } from "../../../stack/udp/machine.ts";
import { pattern, toHex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { type Faults, faulty, NO_FAULTS, pcapOf, Wire } from "../../support/wire.ts";

class Quiet extends OutputUser {
  readonly lost: Path[] = [];
  unreachable(path: Path): void {
    this.lost.push(path);
  }
  conflict(_address: string, _mac: Mac): void {}
}

/** Tells UDP of closed ports. */
class Errors extends IcmpUser {
  private readonly udp: Udp;
  constructor(udp: Udp) {
    super();
    this.udp = udp;
  }
  networkError(q: Quotation, now: Instant): void {
    if (q.error === ERROR_PORT_UNREACHABLE) this.udp.refused(q.path, q.localPort as Port, q.remotePort as Port, now);
  }
}

class Node extends FrameReceiver {
  readonly link: FakeLink;
  readonly end: Link;
  readonly paths = new PathTable(8, 1500, 1);
  readonly output: IpOutput;
  readonly udp: Udp;
  readonly user = new Quiet();
  now: Instant = 0;
  private readonly delivery: Delivery;
  private readonly input: IpInput;
  private readonly ethernet = new EthernetHeader();

  constructor(mac: number, address: string, faults: Faults, seed: number) {
    super();
    this.link = new FakeLink(mac, 64);
    this.end = faulty(this.link, faults, seed);
    this.output = new IpOutput(this.end, this.paths);
    this.udp = new Udp(this.output);
    this.output.configure(address, 24, "", 0);
    const icmp = new Icmp(this.output, new Errors(this.udp));
    this.delivery = new Delivery(
      icmp,
      this.udp,
      new Tcp(this.output, new TcpLimits(), pattern(16)),
      this.output.counters,
    );
    this.delivery.configured = true;
    this.input = new IpInput(this.output, this.delivery);
  }

  receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    const { ethernet, output, now } = this;
    if (decodeEthernet(bytes, offset, length, ethernet) !== 0) return;
    const at = ethernet.payloadOffset;
    const rest = length - (at - offset);
    if (ethernet.etherType === ETHERTYPE_ARP) output.receiveArp(bytes, at, rest, now, this.user);
    else this.input.input(bytes, at, rest, ethernet.destination !== this.link.mac, checksumValid, now);
  }

  /** Sends to port 9 of this address. */
  send(address: string, bytes: Uint8Array): void {
    this.udp.send(this.paths.toward(address), 7 as Port, 9 as Port, bytes, 0, bytes.length);
  }

  step(now: Instant): void {
    this.now = now;
    this.delivery.now = now;
    this.output.now = now;
    this.end.poll(this, now);
    this.output.step(now, this.user);
  }
}

class Ears extends UdpUser {
  readonly heard: Uint8Array[] = [];
  refusals = 0;
  datagram(d: Datagram): void {
    this.heard.push(d.bytes.slice(d.offset, d.offset + d.length));
  }
  override refused(): void {
    this.refusals++;
  }
}

const A = "10.0.0.1";
const B = "10.0.0.2";

/** Runs both hosts for so long, calling `act` every 10 ms. */
function run(faults: Faults, seed: number, duration: Instant, act: (a: Node, b: Node, tick: number) => void): Node[] {
  const a = new Node(0x525400000001, A, faults, seed);
  const b = new Node(0x525400000002, B, faults, seed);
  const wire = new Wire([a.link, b.link], faults.delay);
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
      if (tick === 0) a.send(B, pattern(3));
      else if (tick > 1 && tick - 2 < sizes.length) a.send(B, pattern(sizes[tick - 2]!));
    });
    expect(ears.heard.map((h) => h.length)).toEqual([3, ...sizes]);
    for (const bytes of ears.heard) expect(toHex(bytes)).toBe(toHex(pattern(bytes.length)));
  });

  test("a closed port is told to who sent", () => {
    const ears = new Ears();
    run(NO_FAULTS, 1, SECOND, (a, _b, tick) => {
      if (tick === 0) a.udp.bind(7 as Port, ears);
      if (tick === 0) a.send(B, pattern(3));
    });
    expect(ears.refusals).toBe(1);
  });

  test("a host that is not there is reported", () => {
    const [a] = run(NO_FAULTS, 1, 4 * SECOND, (node, _b, tick) => {
      if (tick === 0) node.send("10.0.0.99", pattern(3));
    });
    expect(a!.user.lost.map((path) => a!.paths.remoteText(path))).toEqual(["10.0.0.99"]);
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
          if (tick >= 500 && tick < 500 + count) a.send(B, pattern(length));
          else if (tick < 500 && tick % 50 === 0) a.send(B, pattern(20));
        });
        expect(ears.heard.length).toBeGreaterThan(count / 2);
        for (const bytes of ears.heard) expect(toHex(bytes)).toBe(toHex(pattern(bytes.length)));
      }),
      { numRuns: 5 },
    );
  });
});
