import type { Ipv4 } from "../../../stack/base/address.ts";
import { PathTable } from "../../../stack/base/path.ts";
import { Quotation } from "../../../stack/base/quotation.ts";
import { decode, encode, HEADER_LENGTH, IcmpMessage, KIND_ECHO, KIND_TOO_BIG } from "../../../stack/icmp/wire.ts";
import { decodeQuotation } from "../../../stack/ipv4/quotation.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

/** The message, and what it quotes. */
export const icmp: Target = {
  name: "icmp",
  limit: 128,
  words: [
    [3, 4],
    [3, 3],
    [3, 2],
    [11, 0],
    [12, 0],
    [8, 0],
    [0, 0],
    [0x45, 0],
    [0x4f, 0],
    [10, 0, 0, 1, 10, 0, 0, 2],
  ],
  seeds: () => [
    hex("0800 0000 00010002 68656c6c6f"),
    hex("0000 0000 00010002"),
    hex("0304 0000 000005dc 4500003c 00014000 40060000 0a000001 0a000002 0050c000 00000001"),
    hex("0303 0000 00000000 46000040 00014000 40110000 0a000001 0a000002 01010101 00350035 00080000"),
    hex("0b00 0000 00000000 4500003c 00010001 40060000 0a000001 0a000002 0050c000 00000001"),
    hex("0c00 0000 00000000 4500"),
  ],
  run: (bytes) => {
    decoded(bytes);
    const mended = bytes.slice();
    if (mended.length < HEADER_LENGTH) return;
    encode(mended, 0, mended[0]!, mended[1]!, nativeLoad32(mended, 4), mended.length);
    check(decoded(mended), "what we write ourselves is not taken");
  },
};

function decoded(bytes: Uint8Array): boolean {
  const message = new IcmpMessage();
  const found = anywhere(bytes, (array, offset, length) => {
    const error = decode(array, offset, length, message);
    return error === 0 ? { ...message, quotation: quoted(array, offset + 8, length - 8) } : error;
  });
  if (typeof found === "number") return false;
  same(found.mtu === 0 || found.kind === KIND_TOO_BIG, true, "an MTU of what is not too big");
  same(found.kind === KIND_ECHO, bytes[0] === 8, "what an echo is");
  return true;
}

function quoted(array: Uint8Array, offset: number, length: number): unknown {
  const paths = new PathTable(4, 1500, 7);
  const known = paths.open4(0x0a000001 as Ipv4, 0x0a000002 as Ipv4);
  paths.hold(known);
  const quotation = new Quotation();
  const readable = decodeQuotation(array, offset, length, paths, quotation);
  if (!readable) return undefined;
  check(length >= 28, "a quotation out of nothing");
  check(quotation.path === known || quotation.path < 0, "a quotation makes a path");
  return { ...quotation };
}
