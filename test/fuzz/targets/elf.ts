import { readElf } from "../../../image/build/elf.ts";
import { BuildError } from "../../../image/build/run.ts";
import { check, hex, join, type Target } from "../target.ts";

/** The image, as those who pack it read it. */
export const elf: Target = {
  name: "elf",
  limit: 400,
  words: [
    "\x7fELF",
    [1, 0, 0, 0],
    [56, 0],
    [64, 0, 0, 0, 0, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ],
  seeds: () => [join(HEADER, SEGMENT, new Uint8Array(80)), join(HEADER, SEGMENT), HEADER, hex("7f454c46")],
  run: (bytes) => {
    try {
      const { start, end, loaded } = readElf(bytes);
      check(loaded.length <= bytes.length, "more is loaded than there is");
      check(start <= end && start >= 0, "an image that ends before it begins");
    } catch (error) {
      // What is wrong with it is said in words.
      if (!(error instanceof BuildError)) throw error;
    }
  },
};

const HEADER = hex(
  "7f454c46020101000000000000000000 02003e0001000000 0000100000000000 4000000000000000 0000000000000000 00000000 4000 3800 0100 0000 0000 0000",
);
const SEGMENT = hex(
  "01000000 07000000 0000000000000000 0000100000000000 0000100000000000 0001000000000000 0002000000000000 0010000000000000",
);
