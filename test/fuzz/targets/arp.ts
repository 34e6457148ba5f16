import { ArpPacket, decode, encode, PACKET_LENGTH } from "../../../stack/arp/wire.ts";
import { anywhere, hex, same, type Target } from "../target.ts";

export const arp: Target = {
  name: "arp",
  limit: 64,
  words: [hexWords("0001080006040001"), hexWords("0001080006040002"), [0, 3]],
  seeds: () => [
    hex("0001080006040001 020000000001 0a000001 000000000000 0a000002"),
    hex("0001080006040002 020000000001 0a000001 525400123456 0a000002 0000000000000000"),
    hex("0006080006040001 020000000001 0a000001 000000000000 0a000002"),
  ],
  run: (bytes) => {
    const packet = new ArpPacket();
    const found = anywhere(bytes, (array, offset, length) => {
      const error = decode(array, offset, length, packet);
      return error === 0 ? { ...packet } : error;
    });
    if (typeof found === "number") return;
    const again = new Uint8Array(PACKET_LENGTH);
    encode(again, 0, packet);
    same(again, bytes.subarray(0, PACKET_LENGTH), "written again");
  },
};

function hexWords(text: string): readonly number[] {
  return [...hex(text)];
}
