import type { Mac } from "../../../stack/base/address.ts";
import {
  decode,
  EthernetHeader,
  encode,
  HEADER_LENGTH,
  isGroup,
  VLAN_TAG_LENGTH,
} from "../../../stack/ethernet/wire.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

export const ethernet: Target = {
  name: "ethernet",
  limit: 128,
  words: [
    [8, 0],
    [8, 6],
    [0x81, 0],
    [0x81, 0, 0, 0],
    [0x05, 0xff],
    [0x06, 0],
  ],
  seeds: () => [
    hex("525400123456 020000000001 0800 4500"),
    hex("ffffffffffff 020000000001 0806 0001080006040001"),
    hex("525400123456 020000000001 8100 e000 0800 45"),
    hex("525400123456 020000000001 8100 0001 0800 45"),
    hex("0180c2000000 020000000001 0026 4242"),
  ],
  run: (bytes) => {
    const found = anywhere(bytes, (array, offset, length) => {
      const header = new EthernetHeader();
      const error = decode(array, offset, length, header);
      return error === 0 ? { ...header, payloadOffset: header.payloadOffset - offset } : error;
    });
    if (typeof found === "number") return;
    const { destination, source, etherType, payloadOffset } = found;
    check([HEADER_LENGTH, HEADER_LENGTH + VLAN_TAG_LENGTH].includes(payloadOffset), "where the payload begins");
    check(payloadOffset <= bytes.length, "the header reaches beyond the frame");
    check(etherType >= 0x600, "a length is taken for a type");
    same(isGroup(destination as Mac), (bytes[0]! & 1) === 1, "what a group is");
    const again = new Uint8Array(HEADER_LENGTH);
    encode(again, 0, destination as Mac, source as Mac, etherType);
    same(again.subarray(0, 12), bytes.subarray(0, 12), "addresses written again");
    same(again.subarray(12), bytes.subarray(payloadOffset - 2, payloadOffset), "the type written again");
  },
};
