// What neighbour discovery and multicast listening send: messages of ICMPv6 that need no path, because they are what
// makes paths. One object is filled again and again.

import type { Mac } from "./address.ts";
import { ADDRESS6_LENGTH } from "./address6.ts";

/** Bytes of the longest: a report of as many groups as we can be in (stack/mld). */
export const CONTROL_LIMIT = 1024;

export class ControlMessage {
  destinationMac = 0 as Mac;
  readonly source: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
  readonly destination: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
  hopLimit = 255;
  /** Behind a hop-by-hop header that asks routers to look at it (RFC 2711). */
  routerAlert = false;
  /** From its type on; who sends it writes the checksum. */
  readonly bytes: Uint8Array = new Uint8Array(CONTROL_LIMIT);
  length = 0;
}

export abstract class ControlSink {
  /** Sends it; false when the link is full (it will be tried again). */
  abstract transmit(message: ControlMessage): boolean;
  /** 32 bits that nobody can foresee. */
  abstract random(): number;
}
