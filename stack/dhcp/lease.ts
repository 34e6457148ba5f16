// What a server has given, and what it cannot give.

import { formatIpv4, type Ipv4 } from "../base/address.ts";
import type { DhcpReply } from "./wire.ts";

export class Lease {
  address = 0 as Ipv4;
  prefixLength = 0;
  /** 0: none. */
  gateway = 0 as Ipv4;
  /** As in DhcpReply. */
  routes: readonly string[] = [];
  dnsServers: readonly Ipv4[] = [];
  ntpServers: readonly Ipv4[] = [];
  /** Where names without a dot are looked for: option 119, else the domain. */
  search: readonly string[] = [];
  /** 0: not told. */
  mtu = 0;
  /** Option 224, where it was asked for. */
  parameters = "";
  server = 0 as Ipv4;
  /** 0xffffffff: for ever. */
  seconds = 0;

  /** Takes what the reply gives; its times apart. */
  take(reply: DhcpReply): void {
    this.address = reply.yourAddress;
    this.prefixLength = prefixOf(reply.subnetMask, reply.yourAddress);
    this.gateway = reply.router;
    this.routes = reply.routes;
    this.dnsServers = reply.dnsServers;
    this.ntpServers = reply.ntpServers;
    this.search = reply.search.length > 0 || reply.domain === "" ? reply.search : [reply.domain];
    this.mtu = reply.mtu;
  }
}

/** What makes an offer or a lease useless, in words; "" when nothing does. `verb`: what its server does with it. */
export function fault(reply: DhcpReply, server: Ipv4, verb: string): string {
  const { yourAddress } = reply;
  if (!isHost(yourAddress))
    return `the DHCP server ${formatIpv4(server)} ${verb} ${formatIpv4(yourAddress)}, which is not the address of a host`;
  return reply.leaseTime === 0 ? `the DHCP server ${formatIpv4(server)} ${verb} a lease of 0 s` : "";
}

function isHost(address: Ipv4): boolean {
  const top = address >>> 24;
  return top !== 0 && top !== 127 && top < 224;
}

/** The length of a mask of ones followed by zeros; without one, that of the address's old class (RFC 950 2.1). */
function prefixOf(mask: number, address: Ipv4): number {
  const inverted = ~mask >>> 0;
  if (mask !== 0 && (inverted & (inverted + 1)) === 0) {
    let length = 0;
    for (let rest = mask; rest !== 0; rest = (rest << 1) >>> 0) length++;
    return length;
  }
  const top = address >>> 24;
  if (top < 128) return 8;
  return top < 192 ? 16 : 24;
}

export function addressTexts(addresses: readonly Ipv4[]): readonly string[] {
  const texts: string[] = [];
  for (const address of addresses) texts.push(formatIpv4(address));
  return texts;
}
