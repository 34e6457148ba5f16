import { LONGEST_LINE, printFrame } from "../../../stack/links/print.ts";
import { longAnswer, sampleFrames } from "../../stack/links/sample-frames.ts";
import { anywhere, check, type Target } from "../target.ts";

/** Every printer: of a frame as it was on the wire, and of the beginning of one. */
export const framePrint: Target = {
  name: "frame-print",
  limit: 600,
  words: [
    [0x08, 0x00, 0x45, 0x00],
    [0x08, 0x06, 0x00, 0x01],
    [0x86, 0xdd, 0x60, 0x00],
    [0x81, 0x00],
    [0x01, 0x01, 0x08, 0x0a],
    [0xc0, 0x0c],
    [0x63, 0x82, 0x53, 0x63, 0x35, 0x01],
    "HTTP/1.1 200",
    [0x16, 0x03, 0x01],
  ],
  seeds: () => [...sampleFrames().map(({ frame }) => frame), longAnswer()],
  run: (bytes) => {
    shown(bytes, bytes.length);
    // A wrong checksum is all that would be said of most.
    const mended = bytes.slice();
    const headerLength = mended.length < 34 ? 0 : (mended[14]! & 15) * 4;
    if (headerLength < 20 || 14 + headerLength > mended.length) return;
    nativeStore16(mended, 24, 0);
    nativeStore16(mended, 24, 0xffff ^ nativeChecksum(mended, 14, headerLength, 0));
    shown(mended, mended.length);
    shown(mended, mended.length >> 1);
  },
};

function shown(bytes: Uint8Array, captured: number): void {
  const line = anywhere(bytes.subarray(0, captured), (array, offset, length) =>
    printFrame(array, offset, length, bytes.length),
  );
  check(/^[\x20-\x7e]+$/.test(line), "a line that is none");
  check(line.length <= LONGEST_LINE, "a line that is too long");
}
