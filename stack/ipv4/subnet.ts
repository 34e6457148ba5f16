// Our address in its network: what a destination means, and who is the next hop (RFC 1122 3.2.1.3, 3.3.1.1, 3.3.6).

import { ANY_ADDRESS, BROADCAST_ADDRESS, type Ipv4, parseIpv4 } from "../base/address.ts";

// What a destination address means to us (`kindOf`).
export const DESTINATION_OTHER = 0;
export const DESTINATION_OURS = 1;
export const DESTINATION_BROADCAST = 2;
export const DESTINATION_MULTICAST = 3;

/** 169.254.0.0/16. */
const LINK_LOCAL = 0xa9fe;
const LINK_LOCAL_LENGTH = 16;

class Route {
  network = 0 as Ipv4;
  mask = 0;
  prefixLength = 0;
  /** 0: on the wire itself. */
  router = ANY_ADDRESS;
}

export class Subnet {
  /** Ours; 0 while there is none. */
  address = 0 as Ipv4;
  gateway = 0 as Ipv4;
  broadcast: Ipv4 = BROADCAST_ADDRESS;
  private mask = 0;
  private prefixLength = 0;
  /** Besides our own network and the gateway; the longest prefix first. */
  private readonly routes: Route[] = [];
  /** The subnet's own address, which 4.2BSD took for broadcast (RFC 1122 3.3.6). */
  private network: Ipv4 = BROADCAST_ADDRESS;

  configure(address: Ipv4, prefixLength: number, gateway: Ipv4 | undefined): void {
    this.address = address;
    this.prefixLength = prefixLength;
    this.mask = maskOf(prefixLength);
    // RFC 3021: prefixes of 31 and 32 have no broadcast address.
    const hosts = prefixLength < 31 ? ~this.mask >>> 0 : 0;
    this.broadcast = (hosts === 0 ? BROADCAST_ADDRESS : (address | hosts) >>> 0) as Ipv4;
    this.network = (hosts === 0 ? BROADCAST_ADDRESS : (address & this.mask) >>> 0) as Ipv4;
    this.gateway = gateway === undefined ? ANY_ADDRESS : gateway;
  }

  /**
   * What a received packet's destination means. While there is no address every unicast address is ours, because DHCP
   * servers may answer to the address they are about to give (RFC 2131 4.1): take only UDP then.
   */
  kindOf(destination: Ipv4): number {
    if (destination === this.address && destination !== 0) return DESTINATION_OURS;
    if (destination === BROADCAST_ADDRESS) return DESTINATION_BROADCAST;
    if (destination >>> 28 === 14) return DESTINATION_MULTICAST;
    if (this.address === 0) return DESTINATION_OURS;
    if (destination === this.broadcast) return DESTINATION_BROADCAST;
    return DESTINATION_OTHER;
  }

  /** True for an address that no host of our own network can have: its broadcast addresses. */
  isBroadcast(address: Ipv4): boolean {
    return address === this.broadcast || address === this.network;
  }

  /**
   * Takes these routes instead of those before: "10.0.0.0/8 10.1.1.1", the router 0.0.0.0 for what is on the wire itself. What
   * is no route is left out.
   */
  setRoutes(texts: readonly string[]): void {
    while (this.routes.length > 0) this.routes.pop();
    for (let length = 32; length >= 0; length--) {
      for (const text of texts) {
        const slash = text.indexOf("/");
        const blank = text.indexOf(" ");
        const network = parseIpv4(text.substring(0, slash));
        const router = parseIpv4(text.substring(blank + 1));
        if (text.substring(slash + 1, blank) !== `${length}` || network === undefined || router === undefined) continue;
        const route = new Route();
        route.network = network;
        route.mask = maskOf(length);
        route.prefixLength = length;
        route.router = router;
        this.routes.push(route);
      }
    }
  }

  /**
   * RFC 1122 3.3.1.1: on the same network the destination itself, otherwise the gateway; 0: there is none. Link-local addresses
   * are on the wire (RFC 3927 2.6.2), unless a longer route says otherwise: clouds name one to their metadata so.
   */
  nextHop(destination: Ipv4): Ipv4 {
    const own = ((destination ^ this.address) & this.mask) === 0;
    const near = own || destination >>> 16 === LINK_LOCAL;
    const prefixLength = own ? this.prefixLength : LINK_LOCAL_LENGTH;
    if (this.routes.length > 0) {
      for (const route of this.routes) {
        if (near && route.prefixLength <= prefixLength) break;
        if (((destination ^ route.network) & route.mask) !== 0) continue;
        return route.router === 0 ? destination : route.router;
      }
    }
    return near ? destination : this.gateway;
  }
}

function maskOf(prefixLength: number): number {
  return prefixLength <= 0 ? 0 : (0xffffffff << (32 - Math.min(32, prefixLength))) >>> 0;
}
