import { ClientHello } from "../../../stack/tls/wire/client-hello.ts";
import { anywhere, ascii, check, hex, join, latin1, type Target } from "../target.ts";

const RANDOM = new Uint8Array(32).fill(7);
const extension = (type: number, data: Uint8Array): Uint8Array =>
  join([type >> 8, type & 255, data.length >> 8, data.length & 255], data);
const hello = (...extensions: readonly Uint8Array[]): Uint8Array => {
  const list = join(...extensions);
  const body = join([3, 3], RANDOM, [0, 0, 4, 0x13, 1, 0x13, 2, 1, 0, list.length >> 8, list.length & 255], list);
  return join([1, 0, body.length >> 8, body.length & 255], body);
};
const SHARE = extension(51, join([0, 38, 0, 29, 0, 32], RANDOM, [0, 0]).subarray(0, 40));
const EXTENSIONS = [
  extension(43, hex("04 0304 0303")),
  extension(10, hex("0004 001d 0017")),
  extension(13, hex("0004 0403 0804")),
  extension(0, join([0, 12, 0, 0, 9], ascii("A.Example"))),
  extension(16, join([0, 3, 2], ascii("h2"))),
  extension(51, join([0, 36, 0, 29, 0, 32], RANDOM)),
  extension(45, hex("01 01")),
  extension(44, hex("0003 616263")),
  extension(28, hex("0400")),
  extension(41, join([0, 9, 0, 3, 1, 2, 3, 0, 0, 0, 9, 0, 33, 32], RANDOM)),
];

/** A ClientHello as a server reads it, its header included. */
export const tlsClientHello: Target = {
  name: "tls-client-hello",
  limit: 700,
  words: [...EXTENSIONS.map((bytes) => [...bytes]), [...SHARE], [0, 0], [0xff, 0xff], [3, 4], [0xfe, 0x0d, 0, 0]],
  seeds: () => [
    hello(...EXTENSIONS),
    hello(),
    hello(EXTENSIONS[0]!, EXTENSIONS[0]!),
    hello(EXTENSIONS[9]!, EXTENSIONS[0]!),
  ],
  run: (bytes) => {
    if (bytes.length < 4) return;
    const found = anywhere(bytes, (array, offset, length) => {
      const message = new ClientHello(array, offset, length);
      const alert = message.decode();
      if (alert !== 0) return alert;
      const { legacyVersion, suites, versions, groups, schemes, serverName, protocols, recordSizeLimit } = message;
      const shares = message.shareOffsets.map((at, i) => latin1(array.subarray(at, at + message.shareLengths[i]!)));
      const places = [message.listStart, message.listEnd, ...message.shareOffsets, ...message.binderOffsets];
      check(
        places.every((at) => at >= offset && at <= offset + length),
        "something lies outside of the message",
      );
      check(message.truncated >= 0 && message.truncated <= length, "binders outside of the message");
      const sizes = [message.random.length, message.sessionId.length, message.identities.length, message.cookie.length];
      const rest = [
        message.uncompressed,
        message.pskDheKe,
        message.truncated,
        message.shareGroups,
        message.binderOffsets.length,
      ];
      return {
        legacyVersion,
        suites,
        versions,
        groups,
        schemes,
        serverName,
        protocols,
        recordSizeLimit,
        shares,
        sizes,
        rest,
      };
    });
    if (typeof found === "number") {
      check(found > 0 && found < 256, `an alert that is none: ${found}`);
      return;
    }
    check(found.sizes[0] === 32 && found.sizes[1]! <= 32, "a random or a session of another length");
    check(
      /^[a-z0-9._:-]*$/.test(found.serverName) && found.serverName.length <= 254,
      `a host called ${found.serverName}`,
    );
    check(
      found.protocols.every((name) => name.length >= 1 && name.length <= 255),
      "a protocol without a name",
    );
    check(new Set(found.rest[3] as readonly number[]).size === found.shares.length, "two shares for one group");
  },
};
