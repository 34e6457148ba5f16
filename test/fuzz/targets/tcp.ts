import { ACK, CWR, decode, ECE, encode, FIN, PSH, RST, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

const KNOWN_FLAGS = FIN | SYN | RST | PSH | ACK | ECE | CWR;

export const tcp: Target = {
  name: "tcp",
  limit: 128,
  words: [
    [2, 4, 5, 0xb4],
    [3, 3, 7],
    [1, 1, 8, 10],
    [8, 10],
    [4, 2],
    [5, 10],
    [0x50, 2],
    [0xf0, 0x10],
    [0x80, 0x10],
  ],
  seeds: () => [
    hex("c0000050 00000001 00000000 a002ffff 00000000 020405b4 0402080a 00000001 00000000 01030307"),
    hex("c0000050 00000001 00000002 8010ffff 00000000 0101080a 00000001 00000002 474554"),
    hex("c0000050 00000001 00000002 5018ffff 00000000 474554"),
    hex("c0000050 00000001 00000002 7011ffff 00000000 080a0000 00000000"),
    hex("c0000050 00000001 00000002 f002ffff 00000000 0001020304050607080900"),
  ],
  run: (bytes) => {
    const segment = new Segment();
    const found = anywhere(bytes, (array, offset, length) => {
      // What an earlier segment left must not be seen in the next.
      segment.mss = 77;
      segment.scale = 7;
      segment.hasTimestamps = true;
      const error = decode(array, offset, length, segment);
      if (error !== 0) return error;
      if (!segment.hasTimestamps) segment.tsValue = segment.tsEcho = 0;
      return { ...segment, payloadOffset: segment.payloadOffset - offset };
    });
    if (typeof found === "number") return;
    const { payloadOffset, payloadLength, flags } = found;
    check(payloadOffset >= 20 && payloadOffset <= 60, "a header of another length");
    check(payloadOffset + payloadLength === bytes.length, "header and payload are not the segment");
    check((flags & ~KNOWN_FLAGS) === 0, "a flag that has no meaning here");
    const written = new Uint8Array(80);
    const length = encode(written, 0, segment);
    const again = new Segment();
    check(decode(written, 0, length, again) === 0, "what we write is no segment");
    const fields = (s: Segment): unknown => [s.sourcePort, s.destinationPort, s.seq, s.ack, s.flags, s.window];
    same(fields(again), fields(segment), "written again");
    same(again.hasTimestamps, segment.hasTimestamps, "timestamps written again");
    if (segment.hasTimestamps)
      same([again.tsValue, again.tsEcho], [segment.tsValue, segment.tsEcho], "timestamps written again");
    if ((flags & SYN) !== 0) same([again.mss, again.scale], [segment.mss, segment.scale], "a SYN's options");
  },
};
