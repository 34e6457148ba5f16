import { ByteRange, decodeRange, RANGE_NONE, RANGE_ONE, RANGE_UNSATISFIABLE } from "../../../stack/http/conditional.ts";
import { anywhere, ascii, check, join, latin1, same, type Target } from "../target.ts";

const MOST = 10n ** 14n;

/** The first two bytes: the size of the representation. Then a Range field, read a second time by a pattern. */
export const httpRange: Target = {
  name: "http-range",
  limit: 60,
  words: ["bytes=", "Bytes=", "items=", "-", "0-", "-5", "0-0", ",", " ", "\t", "99999999999999999999", "9"],
  seeds: () =>
    ["0-0", "5-", "-7", "2-1", "-0", "0-1,3-4", " \t3-3", "99999999999999999999-", "0-99999999999999999999", "x"].map(
      (text) => join([0, 10], ascii(`bytes=${text}`)),
    ),
  run: (bytes) => {
    const size = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    const field = bytes.subarray(2);
    const range = new ByteRange();
    const found = anywhere(field, (array, offset, length) => {
      range.first = range.length = 0;
      return {
        verdict: decodeRange(array, offset, offset + length, size, range),
        first: range.first,
        length: range.length,
      };
    });
    const wanted = expected(latin1(field), size);
    if (wanted !== undefined) same(found, wanted, `bytes ${latin1(field)} of ${size}`);
    if (found.verdict !== RANGE_ONE) return;
    check(found.first >= 0 && found.length > 0 && found.first + found.length <= size, "a range outside of the body");
  },
};

/** Undefined: of two numbers beyond any body it does not matter which is larger. */
function expected(text: string, size: number): unknown {
  const none = { verdict: RANGE_NONE, first: 0, length: 0 };
  const match = /^bytes=[ \t]*(\d*)-(\d*)$/i.exec(text);
  if (match === null || (match[1] === "" && match[2] === "")) return none;
  const [from, to] = [BigInt(match[1] || "-1"), BigInt(match[2] || "-1")];
  if (match[1] === "") {
    if (to === 0n || size === 0) return { ...none, verdict: RANGE_UNSATISFIABLE };
    const length = to < BigInt(size) ? Number(to) : size;
    return { verdict: RANGE_ONE, first: size - length, length };
  }
  if (from > MOST && to > MOST) return undefined;
  if (to >= 0n && to < from) return none;
  if (from >= BigInt(size)) return { ...none, verdict: RANGE_UNSATISFIABLE };
  const last = to < 0n || to >= BigInt(size) ? size - 1 : Number(to);
  return { verdict: RANGE_ONE, first: Number(from), length: last - Number(from) + 1 };
}
