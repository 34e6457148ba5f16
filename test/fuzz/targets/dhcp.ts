import type { Ipv4, Mac } from "../../../stack/base/address.ts";
import {
  decodeRoutes,
  decodeSearch,
  NAME_LIMIT,
  OPTION_LIMIT,
  ROUTE_LIMIT,
  Routes,
  SEARCH_LIMIT,
} from "../../../stack/dhcp/options.ts";
import {
  DhcpReply,
  DhcpRequest,
  DNS_SERVER_LIMIT,
  decode,
  encode,
  LARGEST_REQUEST,
  LEAST_MTU,
  MESSAGE_DISCOVER,
  MESSAGE_REQUEST,
  SHORTEST_MESSAGE,
} from "../../../stack/dhcp/wire.ts";
import { anywhere, ascii, check, hex, join, latin1, Script, same, type Target } from "../target.ts";

const COOKIE = hex("63825363");
const OFFER = hex(
  "350102 3604c0000201 0104ffffff00 0304c0000201 060cc0000201c0000202c0000203 0f076578616d706c65 1a0205dc 33040000a8c0 3a0400005460 3b0400009 450 ff".replace(
    "9 450",
    "9450",
  ),
);

/** An odd number of bytes: a request that is made of them and read again. Otherwise a reply. */
export const dhcp: Target = {
  name: "dhcp",
  limit: 700,
  words: [
    ...[[53, 1, 2], [53, 1, 5], [53, 1, 6], [52, 1, 1], [52, 1, 2], [52, 1, 3], [255]],
    ...[
      [26, 2, 5, 220],
      [26, 2, 0, 68],
      [121, 5, 0, 10, 0, 0, 1],
      [121, 8, 24, 10, 0, 0, 10, 0, 0, 1],
      [56, 2, 104, 105],
      [42, 4, 10, 0, 0, 1],
      [119, 5, 1, 97, 0, 192, 0],
      [224, 3, 45, 45, 114],
    ],
    ...[[3, 4, 10, 0, 0, 1], [6, 8, 1, 1, 1, 1, 8, 8, 8, 8], [15, 3, 97, 46, 98], [0, 0, 0], [...COOKIE]],
  ],
  seeds: () => [
    reply(OFFER),
    reply(hex("350105 7905000a000001 0304c0000201 ff00")),
    reply(hex("340103 350105 ff00"), hex("0104ffffff00 ff"), hex("0f0161 ff")),
    reply(hex("350106 38066e6f7420796f7500 ff")),
    join([1, 0x35, 2, 3, 4, 5], ascii("host")),
    reply(hex("350105 7706 03656e670161 7704 00 0162 c004 ff")),
    reply(join(hex("350105 e00a"), ascii("--remote=h"), hex("e003"), ascii("://"), hex("ff"))),
    hex("03656e67 056170706c65 03636f6d 00 096d61726b6574696e67 c004"),
    hex("200a800001 00000000 00 0a800001 0c ac1f 0a000003"),
    new Uint8Array(240),
  ],
  run: (bytes) => {
    if (bytes.length % 2 === 1) written(bytes);
    const routes = new Routes();
    decodeRoutes(bytes, bytes.length, routes);
    check(routes.others.length <= ROUTE_LIMIT, "more routes than are taken");
    const names = decodeSearch(bytes, bytes.length);
    check(names.length <= SEARCH_LIMIT && names.every((name) => name.length <= NAME_LIMIT), "too much to search in");
    const found = anywhere(bytes, (array, offset, length) => {
      // What an earlier message left must not be seen in the next.
      const message = new DhcpReply();
      message.dnsServers = [1 as Ipv4, 2 as Ipv4];
      message.domain = "of.before";
      message.leaseTime = 77;
      message.routes = ["of before"];
      message.search = ["of.before"];
      message.message = "of before";
      message.parameters = "of before";
      message.parametersTooLong = true;
      const error = decode(array, offset, length, message);
      return error === 0 ? { ...message } : error;
    });
    if (typeof found === "number") return;
    check(found.type > 0, "a message without a type");
    check(found.dnsServers.length <= DNS_SERVER_LIMIT, "more name servers than are taken");
    check(found.domain.length <= NAME_LIMIT && /^[\x20-\x7e]*$/.test(found.domain), "a domain that cannot be shown");
    check(found.message.length <= 255 && /^[\x20-\x7e]*$/.test(found.message), "a message that cannot be shown");
    check(
      found.parameters.length <= OPTION_LIMIT && /^[\x20-\x7e]*$/.test(found.parameters),
      "parameters that cannot be shown",
    );
    check(!found.parametersTooLong, "too many parameters in a message that has no room for them");
    check(found.mtu === 0 || found.mtu >= LEAST_MTU, "an MTU that no host can live with");
    for (const time of [found.leaseTime, found.renewalTime, found.rebindingTime])
      check(time >= -1 && time <= 0xffffffff, "a time that is none");
  },
};

function reply(options: Uint8Array, file: Uint8Array = new Uint8Array(0), sname = file): Uint8Array {
  const message = new Uint8Array(240 + options.length + (options.length % 2));
  message.set([2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  message.set([192, 0, 2, 10], 16);
  message.set([0x52, 0x54, 0, 0x12, 0x34, 0x56], 28);
  message.set(sname, 44);
  message.set(file, 108);
  message.set(COOKIE, 236);
  message.set(options, 240);
  return message;
}

function written(bytes: Uint8Array): void {
  const script = new Script(bytes);
  const request = new DhcpRequest();
  request.type = 1 + (script.u8() % 7);
  request.transaction = script.u32();
  request.seconds = script.u32();
  request.broadcast = script.u8() % 2 === 0;
  request.mac = (script.u16() * 0x100000000 + script.u32()) as Mac;
  request.clientAddress = script.u32() as Ipv4;
  request.requestedAddress = script.u32() as Ipv4;
  request.serverIdentifier = script.u32() as Ipv4;
  request.parametersWanted = script.u8() % 2 === 0;
  request.hostname = latin1(script.rest());
  const into = new Uint8Array(LARGEST_REQUEST + 8).fill(0xaa);
  const length = encode(into, request);
  check(length >= SHORTEST_MESSAGE && length <= LARGEST_REQUEST, `a request of ${length} bytes`);
  same(into.subarray(LARGEST_REQUEST), new Uint8Array(8).fill(0xaa), "what lies behind the request");
  const options = new Map<number, Uint8Array>();
  let at = 240;
  while (into[at] !== 255) {
    const end = at + 2 + into[at + 1]!;
    check(end < length && !options.has(into[at]!), `option ${into[at]} is damaged`);
    options.set(into[at]!, into.slice(at + 2, end));
    at = end;
  }
  same(options.get(53), Uint8Array.of(request.type), "the type");
  check((options.get(61)?.length ?? 0) === 7, "no client identifier");
  same(options.has(50), request.requestedAddress !== 0, "whether an address is asked for");
  same(options.has(54), request.serverIdentifier !== 0, "whether a server is named");
  const asks = request.type === MESSAGE_DISCOVER || request.type === MESSAGE_REQUEST;
  same(options.has(12), asks && request.hostname !== "", "whether a name is told");
  same(options.has(55), asks, "whether options are asked for");
  same(options.get(55)?.includes(224) ?? false, asks && request.parametersWanted, "whether parameters are asked for");
}
