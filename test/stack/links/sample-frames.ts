// Frames of every protocol that crosses the link, byte by byte, and the line that each is shown by.

import { bytesOf, hex } from "../../support/bytes.ts";

export class Sample {
  readonly frame: Uint8Array;
  readonly line: string;

  constructor(frame: Uint8Array, line: string) {
    this.frame = frame;
    this.line = line;
  }
}

const OURS = "525400123456";
const PEER = "020000000001";
const FROM_PEER = `${OURS} ${PEER}`;

/** 10.0.0.1 to 10.0.0.2. */
export function ipv4(protocol: number, payload: Uint8Array, flags = 0): Uint8Array {
  const frame = joined(hex(`${FROM_PEER} 0800 4500 0000 1234 0000 4000 0000 0a000001 0a000002`), payload);
  nativeStore16(frame, 16, 20 + payload.length);
  nativeStore16(frame, 20, flags);
  frame[23] = protocol;
  nativeStore16(frame, 24, 0xffff ^ nativeChecksum(frame, 14, 20, 0));
  return frame;
}

/** fe80::1 to 2001:db8::2; the extension headers are part of the payload. */
export function ipv6(nextHeader: number, payload: Uint8Array): Uint8Array {
  const addresses = "fe800000000000000000000000000001 20010db8000000000000000000000002";
  const frame = joined(hex(`${FROM_PEER} 86dd 60000000 0000 00ff ${addresses}`), payload);
  nativeStore16(frame, 18, payload.length);
  frame[20] = nextHeader;
  return frame;
}

export function udp(from: number, to: number, payload: Uint8Array): Uint8Array {
  const datagram = joined(new Uint8Array(8), payload);
  nativeStore16(datagram, 0, from);
  nativeStore16(datagram, 2, to);
  nativeStore16(datagram, 4, datagram.length);
  return datagram;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

const IP = "IP 10.0.0.1 > 10.0.0.2: ";
const IP6 = "IP6 fe80::1 > 2001:db8::2: ";
/** From port 1025 to port 80: sequence 1, acknowledgment 2, window 3. */
function segment(flags: string, options: string, payload: string): Uint8Array {
  const optionBytes = hex(options);
  const offset = (5 + optionBytes.length / 4) * 16;
  const head = joined(hex(`0401 0050 00000001 00000002 00${flags} 0003 0000 0000`), optionBytes);
  head[12] = offset;
  return joined(head, bytesOf(payload));
}

function dhcp(op: string, options: string): Uint8Array {
  const fixed = `${op}010600 deadbeef 0000 0000 00000000 0a000005 00000000 00000000 ${PEER}`;
  const message = joined(hex(fixed), new Uint8Array(202));
  return joined(joined(message, hex("63825363")), hex(options));
}

const NAME = "07 6578616d706c65 03 6f7267 00";

/** An answer of DNS with aliases that lead to a name as long as one may be, again and again. */
export function longAnswer(): Uint8Array {
  const label = `3f ${"61".repeat(63)}`;
  const name = `${label} ${label} ${label} 3b ${"62".repeat(59)} 00`;
  const alias = "c00c 0005 0001 0000003c 0002 c00c";
  return ipv4(17, udp(53, 1025, hex(`1267 8180 0001 0003 0000 0000 ${name} 0001 0001 ${alias} ${alias} ${alias}`)));
}

export function sampleFrames(): Sample[] {
  return [
    // What is not IP.
    new Sample(hex(""), "[|ether], length 0"),
    new Sample(hex(`${FROM_PEER} 08`), "[|ether], length 13"),
    new Sample(hex(`${FROM_PEER} 88cc 0102`), "02:00:00:00:00:01 > 52:54:00:12:34:56, ethertype 0x88cc, length 16"),
    new Sample(hex(`${FROM_PEER} 0003 424203`), "02:00:00:00:00:01 > 52:54:00:12:34:56, 802.3, length 17"),
    new Sample(
      hex(`${FROM_PEER} 8100 6005 88cc`),
      "vlan 5, p 3, 02:00:00:00:00:01 > 52:54:00:12:34:56, ethertype 0x88cc, length 18",
    ),
    // ARP.
    new Sample(
      hex(`ffffffffffff ${PEER} 0806 0001080006040001 ${PEER} 0a000001 000000000000 0a000002`),
      "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
    ),
    new Sample(
      hex(`${FROM_PEER} 0806 0001080006040002 ${PEER} 0a000001 ${OURS} 0a000002`),
      "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 28",
    ),
    new Sample(
      hex(`ffffffffffff ${PEER} 0806 0001080006040001 ${PEER} 00000000 000000000000 0a000002`),
      "ARP, Probe who-has 10.0.0.2, length 28",
    ),
    new Sample(
      hex(`ffffffffffff ${PEER} 0806 0001080006040001 ${PEER} 0a000001 000000000000 0a000001`),
      "ARP, Announcement 10.0.0.1 is-at 02:00:00:00:00:01, length 28",
    ),
    new Sample(hex(`${FROM_PEER} 0806 0001080006040001`), "ARP, [|arp], length 8"),
    // TCP.
    new Sample(
      ipv4(6, segment("02", "020405b4 0402 080a 0000000a 00000000 01 030307", "")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [S], seq 1, win 3, options [mss 1460,sackOK,TS val 10 ecr 0,nop,wscale 7], length 0",
    ),
    new Sample(
      ipv4(6, segment("10", "0101 050a 00000064 000000c8", "")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [.], ack 2, win 3, options [nop,nop,sack 1 {100:200}], length 0",
    ),
    new Sample(
      ipv4(6, segment("18", "", "GET /?token=secret HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\n\r\n")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [P.], seq 1:63, ack 2, win 3, length 62: HTTP: GET",
    ),
    new Sample(
      ipv6(6, segment("19", "", "HTTP/1.1 404 Not Found\r\n")),
      "IP6 fe80::1.1025 > 2001:db8::2.80: Flags [FP.], seq 1:25, ack 2, win 3, length 24: HTTP: 404",
    ),
    new Sample(ipv4(6, segment("04", "", "")), "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [R], seq 1, win 3, length 0"),
    new Sample(ipv4(6, segment("00", "", "")), "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [none], win 3, length 0"),
    new Sample(
      ipv4(6, segment("f0", "05060000 0000fe02", "")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [.UEW], ack 2, win 3, urg 0, options [opt 5,opt 254], length 0",
    ),
    new Sample(
      ipv4(6, segment("10", "02090000", "")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [.], ack 2, win 3, options [bad opt 2], length 0",
    ),
    new Sample(
      ipv4(6, segment("18", "", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [P.], seq 1:12, ack 2, win 3, length 11: TLS: client hello",
    ),
    new Sample(
      ipv4(6, segment("18", "", "\u0017\u0003\u0003\u0000\u0011secret")),
      "IP 10.0.0.1.1025 > 10.0.0.2.80: Flags [P.], seq 1:12, ack 2, win 3, length 11: TLS: application data",
    ),
    new Sample(ipv4(6, hex("0401 0050 00000001")), "IP 10.0.0.1.1025 > 10.0.0.2.80: [|tcp]"),
    // IP itself.
    new Sample(ipv4(47, hex("0102")), `${IP}ip-proto-47, length 2`),
    new Sample(ipv4(17, new Uint8Array(16), 0x2001), `${IP}frag 4660:16@8+, udp`),
    new Sample(ipv4(6, hex("0401"), 0x2000), `${IP}frag 4660:2@0+, [|tcp]`),
    new Sample(hex(`${FROM_PEER} 0800 4500`), "IP [|ip]"),
    new Sample(hex(`${FROM_PEER} 0800 5500 ${"00".repeat(18)}`), "IP version 5"),
    new Sample(hex(`${FROM_PEER} 0800 4500 0014 ${"00".repeat(16)}`), "IP bad checksum"),
    new Sample(
      ipv6(0, hex("3a00 0502 0000 0100 8f00 0000 0000 0001 04000000 ff0200000000000000000001ff000001")),
      `${IP6}HBH ICMP6, multicast listener report v2, 1 group record(s), gaddr ff02::1:ff00:1, length 28`,
    ),
    new Sample(ipv6(44, hex("1100 0009 00001267 0102030405060708")), `${IP6}frag (0x1267:8|8+) udp`),
    new Sample(ipv6(43, hex("3a")), `${IP6}[|ip6]`),
    new Sample(ipv6(59, hex("")), `${IP6}ip-proto-59, length 0`),
    // ICMP.
    new Sample(ipv4(1, hex("0800 0000 0007 0001 736563726574")), `${IP}ICMP echo request, id 7, seq 1, length 14`),
    new Sample(ipv4(1, hex("0000 0000 0007 0001")), `${IP}ICMP echo reply, id 7, seq 1, length 8`),
    new Sample(
      ipv4(1, hex("0303 0000 00000000 45000020 00000000 4011 0000 0a000002 0a000001 0401 829a 000c 0000")),
      `${IP}ICMP 10.0.0.1 udp port 33434 unreachable, length 36`,
    ),
    new Sample(
      ipv4(1, hex("0304 0000 0000 0514 45000020 00000000 4006 0000 0a000002 0a000001")),
      `${IP}ICMP 10.0.0.1 unreachable - need to frag (mtu 1300), length 28`,
    ),
    new Sample(ipv4(1, hex("0301 0000 00000000")), `${IP}ICMP host [|ip] unreachable, length 8`),
    new Sample(
      ipv4(1, hex("0b00 0000 00000000 45000020 00000000 4006 0000 0a000002 0a000009")),
      `${IP}ICMP time exceeded in-transit, for 10.0.0.9, length 28`,
    ),
    // ICMPv6, neighbours, listeners.
    new Sample(ipv6(58, hex("8100 0000 0007 0002")), `${IP6}ICMP6, echo reply, id 7, seq 2, length 8`),
    new Sample(ipv6(58, hex("0200 0000 00000500")), `${IP6}ICMP6, packet too big, mtu 1280, length 8`),
    new Sample(
      ipv6(
        58,
        hex(
          `0104 0000 00000000 60000000 0008 1140 ${"00".repeat(16)} 20010db8000000000000000000000009 0401 829a 0008 0000`,
        ),
      ),
      `${IP6}ICMP6, destination unreachable, unreachable port, 2001:db8::9 udp port 33434, length 56`,
    ),
    new Sample(
      ipv6(58, hex(`8700 0000 00000000 fe800000000000000000000000000009 0101 ${PEER}`)),
      `${IP6}ICMP6, neighbor solicitation, who has fe80::9, length 32`,
    ),
    new Sample(
      ipv6(58, hex(`8800 0000 60000000 fe800000000000000000000000000009 0201 ${PEER}`)),
      `${IP6}ICMP6, neighbor advertisement, tgt is fe80::9, length 32`,
    ),
    new Sample(ipv6(58, hex("8500 0000 00000000")), `${IP6}ICMP6, router solicitation, length 8`),
    new Sample(
      ipv6(
        58,
        hex(
          "8600 0000 4000 0708 00000000 00000000 0304 40c0 00015180 00003840 00000000 20010db8000000000000000000000000",
        ),
      ),
      `${IP6}ICMP6, router advertisement, lifetime 1800s, prefix 2001:db8::/64, length 48`,
    ),
    new Sample(
      ipv6(58, hex("8200 0000 2710 0000 00000000000000000000000000000000")),
      `${IP6}ICMP6, multicast listener query, max resp delay 10000, addr ::, length 24`,
    ),
    // What lies on UDP.
    new Sample(ipv4(17, udp(1025, 9, bytesOf("secret"))), "IP 10.0.0.1.1025 > 10.0.0.2.9: UDP, length 6"),
    new Sample(ipv4(17, hex("0401 0009 0099 0000")), "IP 10.0.0.1.1025 > 10.0.0.2.9: UDP, bad length 153 of 8"),
    new Sample(
      ipv4(17, udp(1025, 53, hex(`1267 0100 0001 0000 0000 0000 ${NAME} 0001 0001`))),
      "IP 10.0.0.1.1025 > 10.0.0.2.53: 4711+ A? example.org. (29)",
    ),
    new Sample(
      ipv4(17, udp(1025, 53, hex(`1267 0000 0001 0000 0000 0001 ${NAME} 001c 0001 00 0029 04d0 00000000 0000`))),
      "IP 10.0.0.1.1025 > 10.0.0.2.53: 4711 [1au] AAAA? example.org. (40)",
    ),
    new Sample(
      ipv4(
        17,
        udp(
          53,
          1025,
          hex(`1267 8580 0001 0002 0000 0000 ${NAME} 001c 0001 c00c 0005 0001 0000003c 0002 c00c
            c00c 001c 0001 0000003c 0010 20010db8000000000000000000000009`),
        ),
      ),
      "IP 10.0.0.1.53 > 10.0.0.2.1025: 4711* 2/0/0 CNAME example.org., AAAA 2001:db8::9 (71)",
    ),
    new Sample(
      ipv4(17, udp(53, 1025, hex(`1267 8183 0001 0000 0001 0000 ${NAME} 0001 0001`))),
      "IP 10.0.0.1.53 > 10.0.0.2.1025: 4711 NXDomain 0/1/0 (29)",
    ),
    new Sample(
      ipv4(17, udp(68, 67, dhcp("01", "350101 ff"))),
      "IP 10.0.0.1.68 > 10.0.0.2.67: BOOTP/DHCP, Discover from 02:00:00:00:00:01, xid 0xdeadbeef, your 10.0.0.5, length 244",
    ),
    new Sample(
      ipv4(17, udp(67, 68, dhcp("02", "350105 36040a000001 330400000e10 ff"))),
      "IP 10.0.0.1.67 > 10.0.0.2.68: BOOTP/DHCP, ACK to 02:00:00:00:00:01, xid 0xdeadbeef, your 10.0.0.5, server 10.0.0.1, lease 3600 s, length 256",
    ),
    new Sample(
      ipv6(17, udp(546, 547, hex("01abcdef 0001000a"))),
      "IP6 fe80::1.546 > 2001:db8::2.547: dhcp6 solicit, xid 0xabcdef, length 8",
    ),
    new Sample(
      ipv4(17, udp(123, 1025, hex(`2402 ${"00".repeat(46)}`))),
      "IP 10.0.0.1.123 > 10.0.0.2.1025: NTPv4, Server, stratum 2, length 48",
    ),
    new Sample(
      ipv4(17, udp(1025, 514, bytesOf("<134>1 - secret"))),
      "IP 10.0.0.1.1025 > 10.0.0.2.514: SYSLOG facility 16, severity info, length 15",
    ),
  ];
}
