import type { Mac } from "../../../stack/base/address.ts";
import { isUnspecified } from "../../../stack/base/address6.ts";
import { readU16, readU32 } from "../../../stack/base/bytes.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { fault, Lease } from "../../../stack/dhcpv6/lease.ts";
import { DOMAIN_LIMIT, NAME_SERVER_LIMIT, TIME_SERVER_LIMIT } from "../../../stack/dhcpv6/settings.ts";
import {
  Dhcpv6Answer,
  Dhcpv6Request,
  DUID_LIMIT,
  decode,
  encode,
  LONGEST_REQUEST,
  MESSAGE_CONFIRM,
  MESSAGE_DECLINE,
  MESSAGE_INFORMATION_REQUEST,
  WORDS_LIMIT,
} from "../../../stack/dhcpv6/wire.ts";
import { anywhere, check, hex, join, Script, same, type Target } from "../target.ts";

const MAC = 0x525400123456 as Mac;
const CLIENT = hex("0001000a 00030001525400123456");
const SERVER = hex("0002000a 00030001020000000001");
const ADDRESS = hex("20010db8000000000000000000000010");
const LENT = join(hex("00050018"), ADDRESS, hex("000000c8 0000012c"));
const ASSOCIATION = join(hex("00030028 00123456 00000064 000000a0"), LENT);
const SETTINGS = join(
  hex("00170010 20010db8000000000000000000000053 0018000d 076578616d706c6503636f6d00"),
  hex("001f0010 20010db8000000000000000000000123 00380016 00030005 036e747000 0001000d 20010db80000000000000000000000"),
);

/** An odd number of bytes: a request that is made of them. Otherwise an answer. */
export const dhcpv6: Target = {
  name: "dhcpv6",
  limit: 500,
  words: [
    ...[CLIENT, SERVER, ASSOCIATION, LENT].map((bytes) => [...bytes]),
    ...[
      [0, 14, 0, 0],
      [0, 13, 0, 2, 0, 2],
      [0, 13, 0, 2, 0, 3],
      [0, 13, 0, 2, 0, 4],
    ],
    ...[
      [0, 82, 0, 4, 0, 0, 0, 60],
      [0, 83, 0, 4, 0, 0, 0, 60],
      [0, 32, 0, 4, 0, 0, 2, 88],
    ],
    ...[
      [0, 56, 0, 20, 0, 1, 0, 16],
      [0, 3, 0, 5, 3, 110, 116, 112, 0],
      [255, 255, 255, 255],
    ],
  ],
  seeds: () => [
    even(join(hex("02123456"), CLIENT, SERVER, ASSOCIATION, SETTINGS)),
    even(join(hex("07123456"), SERVER, CLIENT, ASSOCIATION, hex("000e0000 00520004 0000003c"))),
    even(join(hex("07123456"), CLIENT, SERVER, SETTINGS, hex("00200004 00000258 00530004 0000003c"))),
    even(join(hex("07123456"), CLIENT, SERVER, hex("00030014 00123456 00000000 00000000 000d0004 0002 6e6f"))),
    even(join(hex("07123456"), CLIENT, SERVER, hex("000d0006 0004 61776179"))),
    hex("05 01 12345678 05 01020304050607080910111213141516"),
  ],
  run: (bytes) => {
    if (bytes.length % 2 === 1) {
      written(bytes);
      return;
    }
    for (const held of [new Uint8Array(16), ADDRESS]) {
      const found = anywhere(bytes, (array, offset, length) => {
        const answer = new Dhcpv6Answer();
        const error = decode(array, offset, length, MAC, held, answer);
        return error === 0 ? { ...answer } : error;
      });
      if (typeof found === "number") continue;
      verify(found);
    }
  },
};

function verify(answer: Dhcpv6Answer): void {
  const { settings } = answer;
  check(answer.serverLength >= 3 && answer.serverLength <= DUID_LIMIT, "a server without a proper identifier");
  check(settings.nameServers.length <= NAME_SERVER_LIMIT, "more name servers than are taken");
  check(settings.timeServers.length <= TIME_SERVER_LIMIT, "more time servers than are taken");
  check(settings.search.length <= DOMAIN_LIMIT, "more domains than are taken");
  for (const name of settings.search) check(/^[A-Za-z0-9_.-]{1,253}$/.test(name), `the domain ${name}`);
  for (const name of settings.timeServers) check(/^[A-Za-z0-9_.:-]{1,253}$/.test(name), `the time server ${name}`);
  check(answer.words.length <= WORDS_LIMIT && /^[\x20-\x7e]*$/.test(answer.words), "words that cannot be shown");
  check(answer.preferred <= answer.valid || answer.valid === 0, "preferred for longer than valid");
  if (fault(answer) !== "") return;
  check(!isUnspecified(answer.address, 0), "an address that is none");
  const lease = new Lease();
  lease.take(answer, SECOND);
  const { renewAt, rebindAt, validUntil, preferredUntil } = lease;
  check(renewAt >= 5 * SECOND && renewAt <= rebindAt, "prolonged at once, or after it is too late");
  check(validUntil >= 10 * SECOND && preferredUntil <= validUntil, "a lease that is over at once");
}

function even(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : join(bytes, [0]);
}

function written(bytes: Uint8Array): void {
  const script = new Script(bytes);
  const request = new Dhcpv6Request();
  request.type = script.u8() % 12;
  request.mac = (script.u16() * 0x100000000 + script.u32()) as Mac;
  request.transaction = script.u32();
  request.elapsed = script.u32();
  request.serverLength = script.u8() % (DUID_LIMIT + 1);
  const rest = script.rest();
  request.address.set(rest.subarray(0, 16));
  request.server.set(rest.subarray(0, DUID_LIMIT));
  const into = new Uint8Array(LONGEST_REQUEST + 8).fill(0xaa);
  const length = encode(into, request);
  check(length <= LONGEST_REQUEST, `a request of ${length} bytes`);
  same(into.subarray(LONGEST_REQUEST), new Uint8Array(8).fill(0xaa), "what lies behind the request");
  const options = new Map<number, Uint8Array>();
  let at = 4;
  while (at < length) {
    const end = at + 4 + readU16(into, at + 2);
    check(end <= length && !options.has(readU16(into, at)), `option ${readU16(into, at)} is damaged`);
    options.set(readU16(into, at), into.slice(at + 4, end));
    at = end;
  }
  const { type } = request;
  const silent = type === MESSAGE_CONFIRM || type === MESSAGE_DECLINE;
  same(readU32(into, 0), type * 0x1000000 + (request.transaction & 0xffffff), "type and transaction");
  same(options.get(1)?.length, 10, "the client's identifier");
  same(options.get(8)?.length, 2, "the time that has passed");
  same(options.has(2), request.serverLength > 0, "whether a server is named");
  same(options.has(3), type !== MESSAGE_INFORMATION_REQUEST, "whether an address is asked for");
  same(options.has(6), !silent, "whether other things are asked for");
}
