// What the IP layer hands up goes to the machine of its protocol; what nobody takes is refused (RFC 1122 3.2.2.1).

import { type Counters, PACKETS_TOO_EARLY } from "../base/counters.ts";
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { type Packet, PacketReceiver } from "../base/packet.ts";
import type { Instant } from "../base/result.ts";
import type { Icmp } from "../icmp/machine.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { UDP_NO_USER, type Udp } from "../udp/machine.ts";

export class Delivery extends PacketReceiver {
  now: Instant = 0;
  /** We have an address. Before, only UDP is listened to: DHCP. */
  configured = false;

  private readonly icmp: Icmp;
  private readonly udp: Udp;
  private readonly tcp: Tcp;
  private readonly counters: Counters;

  constructor(icmp: Icmp, udp: Udp, tcp: Tcp, counters: Counters) {
    super();
    this.counters = counters;
    this.icmp = icmp;
    this.udp = udp;
    this.tcp = tcp;
  }

  override packet(packet: Packet): void {
    if (packet.protocol === PROTOCOL_TCP && this.configured) this.tcp.input(packet, this.now);
    else if (packet.protocol === PROTOCOL_UDP) {
      const error = this.udp.input(packet, this.now);
      if (error === UDP_NO_USER && this.configured) this.icmp.portUnreachable(packet, this.now);
    } else if (!this.configured) this.counters.note(PACKETS_TOO_EARLY);
    else if (packet.protocol === PROTOCOL_ICMP) this.icmp.input(packet, this.now);
    else this.icmp.protocolUnreachable(packet, this.now);
  }
}
