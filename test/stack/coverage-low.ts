// Entry for `scriptc coverage`: reaches every file of the lower protocols, so that what cannot be compiled is listed.

import type { Ipv4, Mac, Port } from "../../stack/base/address.ts";
import { Link } from "../../stack/base/link.ts";
import { formatImfDate, formatRfc3339, parseImfDate } from "../../stack/base/time.ts";
import { DhcpClient, DhcpSink, type Lease } from "../../stack/dhcp/machine.ts";
import { Resolver, ResolverSink } from "../../stack/dns/machine.ts";
import { decode as decodeEthernet, EthernetHeader } from "../../stack/ethernet/wire.ts";
import { Icmp, IcmpUser } from "../../stack/icmp/machine.ts";
import type { IcmpMessage } from "../../stack/icmp/wire.ts";
import { IpOutput, OutputUser } from "../../stack/ipv4/output.ts";
import { Reassembly } from "../../stack/ipv4/reassembly.ts";
import { decode as decodeIpv4, Ipv4Header } from "../../stack/ipv4/wire.ts";
import { encode as encodeSyslog, SyslogHeader } from "../../stack/syslog/wire.ts";
import { Udp, UdpUser } from "../../stack/udp/machine.ts";

console.log(formatImfDate(0), formatRfc3339(0), parseImfDate(formatImfDate(784_111_777)));

class NoLink extends Link {
  override reserve(): number {
    return -1;
  }
  override send(_slot: number, _head: number, _payload: Uint8Array, _offset: number, _length: number): void {}
}

class NoUser extends OutputUser {
  override unreachable(_destination: Ipv4, _now: number): void {}
  override conflict(_mac: Mac, _now: number): void {}
}

class NoErrors extends IcmpUser {
  override icmpError(_message: IcmpMessage, _now: number): void {}
}

class Ears extends UdpUser {
  override datagram(
    _localPort: Port,
    _source: Ipv4,
    _sourcePort: Port,
    _bytes: Uint8Array,
    _offset: number,
    _length: number,
    _now: number,
  ): void {}
}

const bytes = new Uint8Array(64);
const output = new IpOutput(new NoLink());
const outputUser = new NoUser();
output.configure(0 as Ipv4, 24, 0 as Ipv4, 0);
output.receiveArp(bytes, 0, 0, 0, outputUser);
output.step(0, outputUser);
const ethernet = new EthernetHeader();
const header = new Ipv4Header();
decodeEthernet(bytes, 0, 0, ethernet);
decodeIpv4(bytes, 0, 0, header);
new Reassembly().input(header, bytes, 0);
const udp = new Udp(output);
udp.bind(53 as Port, new Ears());
udp.input(header, bytes, 0, 0, false, 0);
const icmp = new Icmp();
icmp.input(header, bytes, 0, 0, true, 0, output, new NoErrors());
icmp.portUnreachable(header, bytes, 0, output);

class NoLease extends DhcpSink {
  override sendDhcp(_destination: Ipv4, _bytes: Uint8Array, _length: number): void {}
  override bound(_lease: Lease, _renewed: boolean, _now: number): void {}
  override lost(_reason: number, _now: number): void {}
}

class NoNames extends ResolverSink {
  override random(): number {
    return 4;
  }
  override sendQuery(_port: Port, _server: Ipv4, _bytes: Uint8Array, _length: number): boolean {
    return false;
  }
  override closePort(_port: Port): void {}
  override openTcp(_query: number, _server: Ipv4, _bytes: Uint8Array, _length: number): void {}
  override closeTcp(_query: number): void {}
  override answer(_token: number, _addresses: readonly number[], _error: number, _now: number): void {}
}

const leases = new NoLease();
const dhcp = new DhcpClient(0 as Mac, "epiphyte");
dhcp.start(0);
dhcp.step(0, 1, leases);
dhcp.input(bytes, 0, bytes.length, 0, 1, leases);
dhcp.conflict(0, 1, leases);
dhcp.release(0, 1, leases);
console.log(dhcp.nextDeadline());

const names = new NoNames();
const resolver = new Resolver();
resolver.configure([1 as Ipv4], "example");
resolver.query("name", 1, 1, 0, names);
resolver.input(1 as Port, 1 as Ipv4, bytes, 0, bytes.length, 0, names);
resolver.refused(1 as Port, 0, names);
resolver.tcpAnswer(0, bytes, 0, bytes.length, 0, names);
resolver.tcpFailed(0, 0, names);
resolver.step(0, names);
console.log(resolver.nextDeadline());

console.log(encodeSyslog(new Uint8Array(480), new SyslogHeader(), bytes, 0, bytes.length));
