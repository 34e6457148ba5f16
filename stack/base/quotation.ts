// What an error of the network says about a packet of ours that it quotes. Anyone can send such a message: check it
// against a connection, TCP also by `sequence` (RFC 5927 4.1).

import { NO_PATH, type Path } from "./path.ts";

/** Network, host or port cannot be reached now: soft (RFC 1122 4.2.3.9). */
export const ERROR_UNREACHABLE = 1;
/** Nobody listens on the port. */
export const ERROR_PORT_UNREACHABLE = 2;
/** The packet was too big for the next link, `mtu` is that link's; 0: a router that does not say (RFC 1191 4). */
export const ERROR_TOO_BIG = 3;

export class Quotation {
  /** ERROR_*, or 0: nothing that a transport could act on. */
  error = 0;
  mtu = 0;
  /** NO_PATH: none of ours. */
  path: Path = NO_PATH;
  protocol = 0;
  localPort = 0;
  remotePort = 0;
  /** Bytes 4 to 7 of the transport header: TCP's sequence number. */
  sequence = 0;
  /** Bytes of the whole packet, as its header said. */
  length = 0;
}
