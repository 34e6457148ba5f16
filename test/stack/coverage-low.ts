// Entry for `scriptc coverage`: reaches every file of the lower protocols, so that what cannot be compiled is listed.

import type { Ipv4 } from "../../stack/base/address.ts";
import { type Link, NO_PAYLOAD } from "../../stack/base/link.ts";
import { formatImfDate, formatRfc3339, parseImfDate } from "../../stack/base/time.ts";
import { decode as decodeEthernet, EthernetHeader } from "../../stack/ethernet/wire.ts";
import { Icmp, type IcmpUser } from "../../stack/icmp/machine.ts";
import { IpOutput, type OutputUser } from "../../stack/ipv4/output.ts";
import { Reassembly } from "../../stack/ipv4/reassembly.ts";
import { decode as decodeIpv4, Ipv4Header } from "../../stack/ipv4/wire.ts";
import { Udp } from "../../stack/udp/machine.ts";

console.log(formatImfDate(0), formatRfc3339(0), parseImfDate(formatImfDate(784_111_777)));

export function reach(link: Link, outputUser: OutputUser, icmpUser: IcmpUser): void {
  const bytes = NO_PAYLOAD;
  const output = new IpOutput(link);
  output.configure(0 as Ipv4, 24, 0 as Ipv4, 0);
  output.receiveArp(bytes, 0, 0, 0, outputUser);
  output.step(0, outputUser);
  const ethernet = new EthernetHeader();
  const header = new Ipv4Header();
  decodeEthernet(bytes, 0, 0, ethernet);
  decodeIpv4(bytes, 0, 0, header);
  new Reassembly().input(header, bytes, 0);
  const udp = new Udp(output);
  udp.input(header, bytes, 0, 0, false, 0);
  const icmp = new Icmp();
  icmp.input(header, bytes, 0, 0, true, 0, output, icmpUser);
  icmp.portUnreachable(header, bytes, 0, output);
}
