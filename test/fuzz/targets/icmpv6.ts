import { PathTable } from "../../../stack/base/path.ts";
import { Quotation } from "../../../stack/base/quotation.ts";
import {
  decode,
  HEADER_LENGTH,
  Icmpv6Message,
  KIND_ECHO,
  KIND_TOO_BIG,
  writeChecksum,
} from "../../../stack/icmpv6/wire.ts";
import { decodeQuotation } from "../../../stack/ipv6/quotation.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

const HERE = "20010db8000000000000000000000001";
const THERE = "20010db8000000000000000000000002";

/** The message, and what it quotes. */
export const icmpv6: Target = {
  name: "icmpv6",
  limit: 160,
  words: [
    [1, 4],
    [2, 0],
    [3, 0],
    [4, 1],
    [128, 0],
    [129, 0],
    [0x60, 0],
    [44, 0],
    [6, 64],
  ],
  seeds: () => [
    hex("8000 0000 00010002 68656c6c6f"),
    hex(`0200 0000 00000500 60000000 0014 0640 ${HERE} ${THERE} 0050c000 00000001`),
    hex(`0104 0000 00000000 60000000 0020 1140 ${HERE} ${THERE} 00350035 00080000`),
    hex(`0300 0000 00000000 60000000 0020 2c40 ${HERE} ${THERE} 1100000100000001 00350035 00080000`),
    hex(`0401 0000 00000006 60000000 0020 2c40 ${HERE} ${THERE} 1100 0008 00000001 00350035 00080000`),
  ],
  run: (bytes) => {
    decoded(bytes);
    const mended = bytes.slice();
    if (mended.length < HEADER_LENGTH) return;
    writeU16Zero(mended);
    writeChecksum(mended, 0, mended.length, 58);
    check(decoded(mended), "what we write ourselves is not taken");
  },
};

function writeU16Zero(bytes: Uint8Array): void {
  bytes[2] = 0;
  bytes[3] = 0;
}

function decoded(bytes: Uint8Array): boolean {
  const message = new Icmpv6Message();
  const found = anywhere(bytes, (array, offset, length) => {
    const error = decode(array, offset, length, 58, message);
    return error === 0 ? { ...message, quotation: quoted(array, offset + 8, length - 8) } : error;
  });
  if (typeof found === "number") return false;
  same(found.mtu === 0 || found.kind === KIND_TOO_BIG, true, "an MTU of what is not too big");
  same(found.kind === KIND_ECHO, bytes[0] === 128, "what an echo is");
  return true;
}

function quoted(array: Uint8Array, offset: number, length: number): unknown {
  const paths = new PathTable(4, 1500, 7);
  const known = paths.open6(hex(`${THERE} ${HERE}`), 0);
  paths.hold(known);
  const quotation = new Quotation();
  const readable = decodeQuotation(array, offset, length, paths, quotation);
  if (!readable) return undefined;
  check(length >= 48, "a quotation out of nothing");
  check(quotation.path === known || quotation.path < 0, "a quotation makes a path");
  check(paths.size === 1, "a quotation enters a path");
  return { ...quotation };
}
