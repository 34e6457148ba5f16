// An IP packet that has come, as a transport sees it: whole, put together from fragments or merged by the card, of
// whatever family. One object is filled again and again; what it names is valid during the call that hands it over.

import { NO_PAYLOAD } from "./link.ts";
import { NO_PATH, type Path } from "./path.ts";

/** RFC 3168 5: who sends understands marks (NOT_ECT: it does not), and a router has marked the packet instead of dropping it. */
export const NOT_ECT = 0;
export const ECT0 = 2;
export const CONGESTION_EXPERIENCED = 3;

export class Packet {
  /** From our address (as the packet has it) to the sender. */
  path: Path = NO_PATH;
  protocol = 0;
  /** The payload is bytes[offset .. offset + length); right before it lie the `headerLength` bytes of the IP header. */
  bytes: Uint8Array = NO_PAYLOAD;
  offset = 0;
  length = 0;
  headerLength = 0;
  /** Sent to our own address, in a frame to our own card: only such a packet may be answered with an error or a SYN-ACK. */
  unicast = false;
  /** The ECN codepoint (RFC 3168 5): CONGESTION_EXPERIENCED and others. */
  ecn = 0;
  /** The card vouches for the transport checksum. */
  checksumValid = false;
  /** It had a header of a fragment, be it of a whole packet; of IPv6 alone (RFC 6980). */
  fragmented = false;
}

/** Who takes packets: the host, which hands them on by protocol. */
export abstract class PacketReceiver {
  abstract packet(packet: Packet): void;
}
