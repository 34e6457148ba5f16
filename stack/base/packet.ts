// An IP packet that has come, as a transport sees it: whole, put together from fragments or merged by the card, of
// whatever family. One object is filled again and again; what it names is valid during the call that hands it over.

import { NO_PAYLOAD } from "./link.ts";
import { NO_PATH, type Path } from "./path.ts";

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
  /** The card vouches for the transport checksum. */
  checksumValid = false;
  /** It had a header of a fragment, be it of a whole packet; of IPv6 alone (RFC 6980). */
  fragmented = false;
}

/** Who takes packets: the host, which hands them on by protocol. */
export abstract class PacketReceiver {
  abstract packet(packet: Packet): void;
}
