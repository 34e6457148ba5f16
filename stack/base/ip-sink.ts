// Where a transport protocol puts its packets, of whatever family: the IP layer's end of a Link slot. Implemented by
// stack/ipv4 over Link, with stack/ipv6 behind it; its fake is test/support/fake-ip-sink.ts.
//
//   const at = sink.reserve(path);                   // -1: nothing free now; ask again when told to transmit
//   ... write the transport header (and small payloads) at sink.bytes[at] ... at most HEAD_ROOM bytes
//   sink.protocol = PROTOCOL_UDP;
//   sink.send(at, path, headLength, payload, payloadOffset, payloadLength);
//
// and, for packets that follow at once and differ in little,
//
//   const next = sink.repeat(at, length);            // the headers are there; change what is different
//   sink.sendRepeat(next, headLength, payload, payloadOffset, payloadLength);

import { Counters } from "./counters.ts";
import { NO_PAYLOAD } from "./link.ts";
import type { Path, PathTable } from "./path.ts";

/** Bytes that may be written at `at`: what a slot holds after the Ethernet and the larger IP header. */
export const HEAD_ROOM = 1984;

export abstract class IpSink {
  /** Between whom packets go. */
  readonly paths: PathTable;
  /** What is counted on the way, for all that send and receive here. */
  readonly counters: Counters;
  // What the way out can do: set by the implementation's constructor.
  /** The memory that `reserve` hands out of. */
  bytes: Uint8Array = NO_PAYLOAD;
  /** Largest IPv4 packet without fragmentation on the local link. */
  mtu = 1500;
  /** True: write only the pseudo-header's sum into the checksum field and name it in `checksumOffset`. */
  checksumOffload = false;
  /** True: one TCP packet may carry up to 65,000 bytes of payload with `segmentSize` set. */
  segmentOffload = false;
  /** The same for packets of IPv6. */
  segmentOffload6 = false;

  /** The protocol of the next `send`: whoever sends sets it before. */
  protocol = 0;

  // Options of the next `send`, which sets them back.
  /** Offset of the checksum field in the transport header (TCP 16, UDP 6) when offloaded; 0: already complete. */
  checksumOffset = 0;
  /** TSO: payload bytes a segment; 0: the packet fits the MTU or IP fragments it. */
  segmentSize = 0;
  /** Don't Fragment (RFC 1191); true after each send. False: the sender may cut the packet, of IPv6 as well. */
  dontFragment = true;
  /** The packet's ECN codepoint (packet.ts); a repeated packet has the one before it. */
  ecn = 0;

  constructor(paths: PathTable, counters: Counters = new Counters()) {
    this.paths = paths;
    this.counters = counters;
  }

  /**
   * Offset in `bytes` at which the transport header of a packet on this path goes, or -1. Every reserve is followed by
   * send or release, with the same path.
   */
  abstract reserve(path: Path): number;
  abstract release(at: number, path: Path): void;
  /** Sends what was written at `at`, followed by a range that stays where it is until it has left. */
  abstract send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void;

  /**
   * Reserves for a packet to the same place as the one that was sent last, which was written at `like`: the headers of
   * the layers below, and of what was written there the first `length` bytes, are copied. -1: nothing is free, or that
   * packet was not the last or cannot be repeated; `reserve` and `send` then say what is the matter.
   */
  abstract repeat(like: number, length: number): number;
  /**
   * A transport has sent the same more than once and heard nothing: the next hop may not be where it was (RFC 1122
   * 2.3.2.1, "advice from the transport").
   */
  abstract doubt(path: Path): void;
  /** Sends what `repeat` has begun; no longer than the packet repeated. Of the options it takes `checksumOffset`. */
  abstract sendRepeat(
    at: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void;
}

/**
 * The way out of one more family, behind an IpSink that has reserved the slot of the packet and hands over what was asked
 * for it, in the same fields.
 */
export abstract class FamilyOutput {
  protocol = 0;
  checksumOffset = 0;
  segmentSize = 0;
  dontFragment = true;
  ecn = 0;
  /** The packet that was sent last may be repeated: its slot still says what it was. */
  repeatable = false;

  abstract send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void;
  abstract doubt(path: Path): void;
}

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;
