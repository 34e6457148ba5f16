import type { Ipv4 } from "../../../stack/base/address.ts";
import { PROTOCOL_UDP } from "../../../stack/base/ip-sink.ts";
import { PathTable } from "../../../stack/base/path.ts";
import { decode, encode, HEADER_LENGTH, UdpHeader } from "../../../stack/udp/wire.ts";
import { packetOf } from "../../support/ipv4.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

export const udp: Target = {
  name: "udp",
  limit: 128,
  words: [
    [0, 53],
    [0, 67, 0, 68],
    [0, 8],
    [0, 7],
  ],
  seeds: () => [hex("0035c000 000d0000 68656c6c6f"), hex("0035c000 00080000 0000"), hex("0000c000 00080000")],
  run: (bytes) => {
    decoded(bytes);
    const length = bytes.length < HEADER_LENGTH ? 0 : bytes[4]! * 256 + bytes[5]!;
    if (length < HEADER_LENGTH || length > bytes.length) return;
    const mended = bytes.slice();
    mended[6] = 0;
    mended[7] = 0;
    const paths = new PathTable(4, 1500, 7);
    const pseudo = paths.pseudoHeader(paths.open4(LOCAL, REMOTE), PROTOCOL_UDP, length);
    // RFC 768: a sum of zero is sent as all ones.
    const sum = 0xffff - nativeChecksum(mended, 0, length, pseudo) || 0xffff;
    mended[6] = sum >> 8;
    mended[7] = sum & 255;
    const [from, to] = [mended[0]! * 256 + mended[1]!, mended[2]! * 256 + mended[3]!];
    same(decoded(mended), from !== 0 && to !== 0, "whether a datagram with a right checksum is taken");
    const again = new Uint8Array(HEADER_LENGTH);
    encode(again, 0, from, to, length, sum);
    same(again, mended.subarray(0, HEADER_LENGTH), "written again");
  },
};

const LOCAL = 0x0a000001 as Ipv4;
const REMOTE = 0x0a000002 as Ipv4;

function decoded(bytes: Uint8Array): boolean {
  const found = anywhere(bytes, (array, offset, length) => {
    const paths = new PathTable(4, 1500, 7);
    const packet = packetOf(paths.open4(LOCAL, REMOTE), PROTOCOL_UDP, array, offset);
    packet.length = length;
    const header = new UdpHeader();
    const error = decode(packet, paths, header);
    return error === 0 ? { ...header, payloadOffset: header.payloadOffset - offset } : error;
  });
  if (typeof found === "number") return false;
  check(found.payloadOffset + found.payloadLength <= bytes.length, "the payload reaches beyond the packet");
  check(found.sourcePort > 0 && found.destinationPort > 0, "a port of 0");
  return true;
}
