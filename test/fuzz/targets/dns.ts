import { isSpelt, normalizeName } from "../../../stack/dns/name.ts";
import {
  ADDRESS_LIMIT,
  addOptions,
  COOKIE_LIMIT,
  DnsAnswer,
  decodeResponse,
  encodeQuery,
  LARGEST_QUERY,
  TYPE_A,
  TYPE_AAAA,
} from "../../../stack/dns/wire.ts";
import { anywhere, check, hex, join, latin1, same, type Target } from "../target.ts";

const NAME = "a.example";
const QUESTION = hex("016107 6578616d706c65 00 0001 0001");
const QUESTION6 = hex("016107 6578616d706c65 00 001c 0001");

/** A response, to be read as one for A and for AAAA; and the same bytes as a name to ask for. */
export const dns: Target = {
  name: "dns",
  limit: 512,
  work: 400_000,
  words: [
    ...[[...QUESTION], [0xc0, 12], [0xc0, 0], [0xff, 0xff], [0, 1, 0, 1], [0, 5, 0, 1], [0, 6, 0, 1], [0, 28, 0, 1]],
    ...[[0, 0, 14, 16], [0, 4], [0, 16], [0x84, 0], [0x81, 0x83], [0x83, 0], [1, 97, 0], [63]],
  ],
  seeds: () => [
    join(hex("1234 8180 0001 0001 0000 0000"), QUESTION, hex("c00c 0001 0001 00000e10 0004 c0000201")),
    join(
      hex("1234 8180 0001 0001 0000 0000"),
      QUESTION6,
      hex("c00c 001c 0001 00000e10 0010 20010db8000000000000000000000001"),
    ),
    join(
      hex("1234 8180 0001 0002 0000 0000"),
      QUESTION,
      hex("c00c 0005 0001 00000e10 0004 0162c00e 0162c00e 0001 0001 0000003c 0004 c0000202"),
    ),
    join(
      hex("1234 8183 0001 0000 0001 0000"),
      QUESTION,
      hex("c00e 0006 0001 00000e10 0018 026e73c00e 00 00000001 00000002 00000003 00000004 0000012c"),
    ),
    hex("1234 8185 0000 0000 0000 0000"),
    join(hex("1234 8380 0001 0000 0000 0000"), QUESTION),
    join(hex("1234 8180 0001 0001 0000 0000"), QUESTION, hex("c01d c01d 0001 0001")),
    join(
      hex("1234 8187 0001 0000 0000 0001"),
      QUESTION,
      hex("00 0029 04d0 01000000 0014 000a 0010 01020304050607080910111213141516"),
    ),
  ],
  run: (bytes) => {
    for (const type of [TYPE_A, TYPE_AAAA]) answered(bytes, type);
    const name = normalizeName(latin1(bytes.subarray(0, 300)));
    if (name === "") return;
    same(normalizeName(name), name, "a name made normal twice");
    check(
      name.length <= 253 && name.split(".").every((label) => label.length >= 1 && label.length <= 63),
      "a long name",
    );
    const query = new Uint8Array(LARGEST_QUERY + 20).fill(0xaa);
    const spelling = bytes.length * 0x01234567;
    let length = encodeQuery(query, 5, 0x1234, name, TYPE_A, spelling);
    length = addOptions(query, 5, length, new Uint8Array(COOKIE_LIMIT), COOKIE_LIMIT);
    check(isSpelt(query, 5, name, spelling), "a query is not spelt as it was written");
    check(length <= LARGEST_QUERY && query[5 + length] === 0xaa && query[4] === 0xaa, "a query beyond its bounds");
    // As an answer to itself it says that there is nothing.
    query[7] = 0x80;
    const answer = new DnsAnswer();
    check(decodeResponse(query, 5, length, name, TYPE_A, answer) === 0, `the question for ${name} is not known again`);
    same([answer.id, answer.addresses, answer.canonicalName], [0x1234, [], name], "an answer without records");
    same(answer.cookieLength, COOKIE_LIMIT, "the length of a cookie");
  },
};

function answered(bytes: Uint8Array, type: number): void {
  const found = anywhere(bytes, (array, offset, length) => {
    const answer = new DnsAnswer();
    const error = decodeResponse(array, offset, length, NAME, type, answer);
    return error === 0 ? { ...answer } : error;
  });
  if (typeof found === "number") return;
  check(found.addresses.length <= ADDRESS_LIMIT, "too many addresses");
  check(
    found.addresses.every((address) => address.includes(type === TYPE_A ? "." : ":")),
    "of another family",
  );
  check(found.cookieLength <= COOKIE_LIMIT && found.rcode < 4096, "a cookie or a code without bounds");
  check(found.timeToLive >= 0 && found.timeToLive <= 86_400, `believed for ${found.timeToLive} s`);
  check(!found.truncated || found.addresses.length === 0, "addresses of an answer that was cut");
  check(!found.authoritativeAbsence || found.addresses.length === 0, "addresses that there are not");
  check(found.canonicalName !== "" && found.canonicalName.length <= 253, "a canonical name of another length");
}
