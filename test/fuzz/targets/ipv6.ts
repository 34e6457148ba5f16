import { decode, EXTENSION_BYTES, HEADER_LENGTH, IPV6_PROBLEM, Ipv6Header } from "../../../stack/ipv6/wire.ts";
import { anywhere, check, hex, type Target } from "../target.ts";

const ADDRESSES = "20010db8000000000000000000000001 20010db8000000000000000000000002";

/** A header and those that extend it. */
export const ipv6: Target = {
  name: "ipv6",
  limit: 700,
  words: [
    [0x60],
    [0, 0],
    [43, 0],
    [44, 0],
    [60, 0],
    [6, 0],
    [59],
    [5, 2, 0, 0],
    [1, 4, 0, 0, 0, 0],
    [0xc2, 4],
    [44, 0, 0, 1],
  ],
  seeds: () => [
    hex(`60000000 0008 0640 ${ADDRESSES} 0102030405060708`),
    hex(`60000000 0010 0040 ${ADDRESSES} 3a00050200000100 8300000000000000`),
    hex(`60000000 0018 2c40 ${ADDRESSES} 1100000100000007 0102030405060708 0102030405060708`),
    hex(`60000000 0018 3c40 ${ADDRESSES} 2b00010400000000 0600000000000000 0102030405060708`),
    hex(`60000000 0010 2b40 ${ADDRESSES} 0600000100000000 0102030405060708`),
    hex(`60000000 0010 3c40 ${ADDRESSES} 0600c20000000000 0102030405060708`),
    hex(`60000000 0008 3b40 ${ADDRESSES} 0102030405060708`),
  ],
  run: (bytes) => {
    anywhere(bytes, (array, offset, length) => {
      const header = new Ipv6Header();
      const error = decode(array, offset, length, header);
      if (error === IPV6_PROBLEM) {
        check(header.problemPointer >= 4 && header.problemPointer < length, "a problem outside of the packet");
        return [error, header.problemCode, header.problemPointer, header.problemOfGroup];
      }
      if (error !== 0) return error;
      const end = header.payloadOffset + header.payloadLength;
      check(header.offset === offset && end <= offset + length, "a payload outside of the packet");
      check(header.payloadOffset === offset + header.headerLength, "a header of another length");
      check(
        header.headerLength <= HEADER_LENGTH + EXTENSION_BYTES && header.headerLength % 8 === 0,
        "too long a header",
      );
      check(array[header.namedAt] === header.protocol, "the protocol is named elsewhere");
      if (header.fragmented) {
        check(array[header.fragmentNamedAt] === 44, "the fragment header is named elsewhere");
        check(header.fragmentOffset + header.payloadLength <= 0xffff, "a fragment beyond what a packet can be");
      }
      const { protocol, hopLimit, headerLength, payloadLength, fragmented, fragmentOffset, moreFragments } = header;
      return [protocol, hopLimit, headerLength, payloadLength, fragmented, fragmentOffset, moreFragments];
    });
  },
};
