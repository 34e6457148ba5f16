// Flows whose frames an observer leaves out: those by which what it observes is sent on. A frame of them that were observed
// would make the next one.

import { parseIpv4 } from "../base/address.ts";
import { ADDRESS6_LENGTH, equal6, parseIpv6 } from "../base/address6.ts";
import { readU16, readU32, writeU32 } from "../base/bytes.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_VLAN, HEADER_LENGTH, VLAN_TAG_LENGTH } from "../ethernet/wire.ts";
import { FRAGMENT_OFFSET, HEADER_LENGTH as IPV4_HEADER } from "../ipv4/wire.ts";
import {
  DESTINATION,
  FRAGMENT,
  FRAGMENT_HEADER,
  HEADER_LENGTH as IPV6_HEADER,
  NEXT_HEADER,
  SOURCE,
} from "../ipv6/wire.ts";

/** Flows that are left out; of more the oldest are seen again. A collector's name has few addresses. */
export const OMITTED_LIMIT = 8;

class Remote {
  /** An IPv4 address lies in the last four bytes. */
  readonly address: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
  family = 4;
  port = 0;
}

export class OmittedFlows {
  private readonly remotes: Remote[] = [];

  /** Leaves out what goes to and comes from this port of this address, by TCP or UDP. What is no address is nobody's. */
  add(address: string, port: number): void {
    const remote = new Remote();
    remote.port = port;
    const ipv4 = parseIpv4(address);
    if (ipv4 !== undefined) writeU32(remote.address, ADDRESS6_LENGTH - 4, ipv4);
    else if (parseIpv6(address, remote.address, 0)) remote.family = 6;
    else return;
    for (let i = 0; i < this.remotes.length; i++) {
      const known = this.remotes[i]!;
      if (known.family === remote.family && known.port === port && equal6(known.address, 0, remote.address, 0)) return;
    }
    if (this.remotes.length === OMITTED_LIMIT) this.remotes.shift();
    this.remotes.push(remote);
  }

  /** The frame at `offset`, of which `length` bytes are there, is of such a flow. */
  has(bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.remotes.length === 0) return false;
    const end = offset + length;
    let at = offset + HEADER_LENGTH;
    if (at + VLAN_TAG_LENGTH > end) return false;
    let type = readU16(bytes, offset + 12);
    if (type === ETHERTYPE_VLAN) {
      type = readU16(bytes, at + 2);
      at += VLAN_TAG_LENGTH;
    }
    if (at + IPV4_HEADER > end) return false;
    if (type === ETHERTYPE_IPV4) return this.has4(bytes, at, end);
    return type === ETHERTYPE_IPV6 && at + IPV6_HEADER <= end && this.has6(bytes, at, end);
  }

  private has4(bytes: Uint8Array, at: number, end: number): boolean {
    const protocol = bytes[at + 9]!;
    if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return false;
    // Only the first piece of a datagram has ports; the others go with its address.
    const first = (readU16(bytes, at + 6) & FRAGMENT_OFFSET) === 0;
    const ports = first ? at + (bytes[at]! & 15) * 4 : -1;
    for (let i = 0; i < this.remotes.length; i++) {
      const remote = this.remotes[i]!;
      if (remote.family !== 4) continue;
      const address = readU32(remote.address, ADDRESS6_LENGTH - 4);
      if (readU32(bytes, at + 12) === address && isPort(bytes, ports, end, remote.port)) return true;
      const toPort = first ? ports + 2 : -1;
      if (readU32(bytes, at + 16) === address && isPort(bytes, toPort, end, remote.port)) return true;
    }
    return false;
  }

  private has6(bytes: Uint8Array, at: number, end: number): boolean {
    let protocol = bytes[at + NEXT_HEADER]!;
    let ports = at + IPV6_HEADER;
    let first = true;
    if (protocol === FRAGMENT && ports + FRAGMENT_HEADER <= end) {
      protocol = bytes[ports]!;
      first = (readU16(bytes, ports + 2) & 0xfff8) === 0;
      ports += FRAGMENT_HEADER;
    }
    if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return false;
    for (let i = 0; i < this.remotes.length; i++) {
      const { family, address, port } = this.remotes[i]!;
      if (family !== 6) continue;
      if (equal6(bytes, at + SOURCE, address, 0) && isPort(bytes, first ? ports : -1, end, port)) return true;
      if (equal6(bytes, at + DESTINATION, address, 0) && isPort(bytes, first ? ports + 2 : -1, end, port)) return true;
    }
    return false;
  }
}

/** `at` -1: it is not known, and may be. */
function isPort(bytes: Uint8Array, at: number, end: number, port: number): boolean {
  return at < 0 || (at + 2 <= end && readU16(bytes, at) === port);
}
