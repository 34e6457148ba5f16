import { decode, encode, HEADER_LENGTH, Ipv4Header, LARGEST_DATAGRAM } from "../../../stack/ipv4/wire.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

export const ipv4: Target = {
  name: "ipv4",
  limit: 200,
  words: [
    [0x45, 0],
    [0x46, 0],
    [0x4f, 0],
    [0x20, 0],
    [0x40, 0],
    [0x3f, 0xff],
    [10, 0, 0, 1],
    [127, 0, 0, 1],
    [224, 0, 0, 1],
  ],
  seeds: () => [
    hex("4500001c 00010000 40110000 0a000002 0a000001 0035003500080000"),
    hex("46000020 00014000 40060000 0a000002 0a000001 01010100 0035003500080000"),
    hex("4500001c 00012000 40110000 0a000002 0a000001 0035003500080000"),
    hex("4500001c 00011fff 40110000 0a000002 0a000001 0035003500080000"),
    hex("4500001c 00010000 40110000 7f000002 0a000001 0035003500080000"),
  ],
  run: (bytes) => {
    decoded(bytes);
    // And with a checksum that fits, without which hardly an input would get any further.
    const mended = bytes.slice();
    const length = Math.min(mended.length, ((mended[0] ?? 0) & 15) * 4) & ~1;
    if (length < HEADER_LENGTH) return;
    mended[10] = 0;
    mended[11] = 0;
    const sum = 0xffff - nativeChecksum(mended, 0, length, 0);
    mended[10] = sum >> 8;
    mended[11] = sum & 255;
    decoded(mended);
  },
};

function decoded(bytes: Uint8Array): void {
  const header = new Ipv4Header();
  const found = anywhere(bytes, (array, offset, length) => {
    const error = decode(array, offset, length, header);
    return error === 0 ? { ...header, payloadOffset: header.payloadOffset - offset } : error;
  });
  if (typeof found === "number") return;
  const { headerLength, totalLength, payloadLength, payloadOffset, source, destination } = found;
  check(payloadOffset === headerLength && payloadLength === totalLength - headerLength, "the lengths do not add up");
  check(headerLength >= HEADER_LENGTH && totalLength <= bytes.length, "the packet reaches beyond what came");
  check(source >>> 24 !== 127 && source >>> 24 !== 0 && source < 0xe0000000, "a source that no host has");
  check(destination >>> 24 !== 127, "a loopback address from outside");
  if (header.isFragment()) {
    check(header.fragmentOffset + payloadLength + HEADER_LENGTH <= LARGEST_DATAGRAM, "a fragment beyond the largest");
    if (header.moreFragments) check(payloadLength > 0 && payloadLength % 8 === 0, "a fragment that nothing can follow");
  }
  if (headerLength !== HEADER_LENGTH) return;
  const again = new Uint8Array(HEADER_LENGTH);
  encode(again, 0, header);
  // What is not kept is the type of service.
  const kept = bytes.slice(0, HEADER_LENGTH);
  if (kept[1] === 0 && !(kept[10] === 0 && kept[11] === 0)) same(again, kept, "written again");
}
