import { imageSize } from "../../../appliance/content/image-size.ts";
import { ascii, check, type Target } from "../target.ts";

const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...ascii(part)] : [...part])));

/** Heads of pictures. */
export const imageSizes: Target = {
  name: "image-size",
  limit: 400,
  work: 400_000,
  words: [
    "\x89PNG\r\n\x1a\n",
    "IHDR",
    "GIF89a",
    "RIFF",
    "WEBP",
    "VP8X",
    "VP8L",
    "VP8 ",
    "Exif\0\0",
    "II*\0",
    "MM\0*",
    "<svg ",
    'width="',
    'viewBox="0 0 9 9"',
    "%",
    '">',
  ],
  seeds: () => [
    bytes([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13], "IHDR", [0, 0, 1, 0, 0, 0, 0, 200, 8, 6, 0, 0, 0]),
    bytes("GIF89a", [10, 0, 20, 0, 0]),
    bytes(
      [0xff, 0xd8, 0xff, 0xe1, 0, 0x22],
      "Exif\0\0II*\0",
      [8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0],
      [0xff, 0xc0, 0, 11, 8, 0, 30, 0, 40, 1, 1, 0x11, 0],
    ),
    bytes("RIFF", [22, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 49, 0, 0]),
    bytes("RIFF", [22, 0, 0, 0], "WEBPVP8L", [10, 0, 0, 0, 0x2f, 99, 0xc0, 12, 0, 0, 0, 0, 0, 0]),
    bytes("RIFF", [22, 0, 0, 0], "WEBPVP8 ", [10, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 100, 0, 50, 0]),
    ascii("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width=\"30px\" viewBox=\"0 0 60 20\"></svg>"),
  ],
  run: (input) => {
    const size = imageSize(input);
    if (size === undefined) return;
    for (const side of [size.width, size.height])
      check(Number.isInteger(side) && side >= 1 && side <= 100_000, "no length of a side");
  },
};
