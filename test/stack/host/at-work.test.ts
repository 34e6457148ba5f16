import { expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { type FrameReceiver, Link } from "../../../stack/base/link.ts";
import type { Instant } from "../../../stack/base/result.ts";
import { AT_FRAMES, AT_REST, AT_TCP, describeWork } from "../../../stack/host/at-work.ts";
import { Host } from "../../../stack/host/host.ts";
import { hex, pattern, toHex } from "../../support/bytes.ts";
import { arpFrame, echoPayload, ipv4Fragments, ipv4Frame, Route } from "../../support/packets.ts";

const IN = new Route(0x020000000002, 0x020000000001, 0x0a000002 as Ipv4, 0x0a000001 as Ipv4);
const NOTHING = new Uint8Array(0);

test("a frame is told by its protocols, its length and its first bytes", () => {
  const arp = arpFrame(IN, 1);
  expect(describeWork(AT_FRAMES, arp, 0, arp.length)).toBe(`holding a frame of 42 bytes (ARP): ${toHex(arp, 0, 42)}`);
  const echo = ipv4Frame(IN, 1, 1, NOTHING, echoPayload(pattern(500)));
  expect(describeWork(AT_FRAMES, echo, 0, echo.length)).toBe(
    `holding a frame of 542 bytes (IPv4, ICMP): ${toHex(echo, 0, 96)}`,
  );
  const piece = ipv4Fragments(IN, 17, 1, NOTHING, pattern(500), 8)[1]!;
  expect(describeWork(AT_FRAMES, piece, 0, piece.length)).toBe(
    `holding a frame of 42 bytes (IPv4, UDP, a fragment): ${toHex(piece, 0, 42)}`,
  );
  const odd = hex("0102030405060708090a0b0c86dd60");
  expect(describeWork(AT_FRAMES, odd, 0, 15)).toBe(
    "holding a frame of 15 bytes (EtherType 34525): 0102030405060708090a0b0c86dd60",
  );
  expect(describeWork(AT_FRAMES, odd, 3, 2)).toBe("holding a frame of 2 bytes (no Ethernet header): 0405");
});

test("without a frame the part of the step is told, and nothing between steps", () => {
  expect(describeWork(AT_FRAMES, NOTHING, 0, 0)).toBe("taking frames from the card");
  expect(describeWork(AT_TCP, NOTHING, 0, 0)).toBe("in the timers of TCP");
  expect(describeWork(AT_REST, NOTHING, 0, 0)).toBe("");
});

/** A card whose frame comes while somebody looks on. */
class Watched extends Link {
  seen = "";
  host: Host | undefined;
  frame: Uint8Array = NOTHING;
  override reserve(): number {
    return -1;
  }
  override send(): void {}
  override poll(receiver: FrameReceiver, _now: Instant): boolean {
    if (this.frame.length === 0) return false;
    receiver.receive(this.frame, 0, this.frame.length, false);
    if (this.host !== undefined) this.seen = this.host.atWork();
    this.frame = NOTHING;
    return true;
  }
}

test("the host tells of the frame that it holds, and of none when the frames are done", () => {
  const link = new Watched();
  const host = new Host(link, pattern(64), 1 << 24);
  link.host = host;
  expect(host.atWork()).toBe("");
  link.frame = hex("0102030405060708090a0b0c86dd60");
  host.poll(1);
  expect(link.seen).toBe("holding a frame of 15 bytes (EtherType 34525): 0102030405060708090a0b0c86dd60");
  expect(host.atWork()).toBe("");
});
