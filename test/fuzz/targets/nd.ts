import type { Mac } from "../../../stack/base/address.ts";
import { NameServers } from "../../../stack/ndp/name-servers.ts";
import { Translator } from "../../../stack/ndp/translator.ts";
import {
  decode,
  encodeAdvertisement,
  encodeRouterSolicitation,
  encodeSolicitation,
  NdMessage,
  nextOption,
  OPTION_DOMAINS,
  OPTION_LIMIT,
  OPTION_PREF64,
  OPTION_SERVERS,
} from "../../../stack/ndp/wire.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

const TARGET = "fe800000000000000000000000000001";

/** Messages of neighbour discovery, and what routers tell about name servers. */
export const nd: Target = {
  name: "nd",
  limit: 400,
  words: [
    [133, 0],
    [134, 0],
    [135, 0],
    [136, 0],
    [137, 0],
    [1, 1],
    [2, 1],
    [14, 1],
    [3, 4, 64, 0xc0],
    [5, 1],
    [25, 3],
    [31, 2],
    [38, 2],
  ],
  seeds: () => [
    hex("8500 0000 00000000 0101 020000000001"),
    hex(
      "8600 0000 40 08 0708 00007530 000003e8 0101 020000000001 0501 0000 000005dc" +
        "0304 40c0 00015180 00003840 00000000 20010db8000000000000000000000000" +
        "1903 0000 00000708 20010db8000000000000000000000053" +
        "1f03 0000 00000708 076578616d706c65 0363 6f6d 00 000000",
    ),
    hex("8600 0000 40 00 0708 00000000 00000000 2602 0708 0064ff9b0000000000000000"),
    hex(`8700 0000 00000000 ${TARGET} 0101 020000000001`),
    hex(`8700 0000 00000000 ${TARGET} 0e01 010203040506`),
    hex(`8800 0000 60000000 ${TARGET} 0201 020000000001`),
    hex(`8900 0000 00000000 ${TARGET} ${TARGET}`),
  ],
  run: (bytes) => {
    const error = anywhere(bytes, (array, offset, length) => {
      const message = new NdMessage();
      const found = decode(array, offset, length, message);
      if (found !== 0) return found;
      let options = 0;
      const told = new NameServers();
      const translator = new Translator();
      for (let at = message.options; at < message.end; at = nextOption(array, at)) {
        options++;
        check(at + 8 <= offset + length, "an option beyond the message");
        if (array[at] === OPTION_SERVERS) told.readServers(array, at, 1);
        if (array[at] === OPTION_PREF64) translator.read(array, at, 1);
        if (array[at] === OPTION_DOMAINS) told.readDomains(array, at, 1);
      }
      check(options <= OPTION_LIMIT && message.end === offset + length, "options that do not end with it");
      check(told.servers.length <= 4 && told.domains.length <= 4, "more servers than may be");
      for (const domain of told.domains) check(/^[A-Za-z0-9_.-]{1,253}$/.test(domain), `the domain ${domain}`);
      told.step(Number.MAX_SAFE_INTEGER);
      const prefix = translator.translation.text();
      check(/^$|^[0-9a-f:.]+\/(32|40|48|56|64|96)$/.test(prefix), `the prefix ${prefix}`);
      const { type, linkAddress, nonce, lifetime, preference, hopLimit } = message;
      return [
        type,
        linkAddress,
        nonce,
        lifetime,
        preference,
        hopLimit,
        options,
        prefix,
        [...told.servers],
        [...told.domains],
      ];
    });
    if (typeof error === "number" || bytes.length < 24) return;
    // What we write ourselves is taken, whatever it is about.
    const into = new Uint8Array(64);
    const message = new NdMessage();
    const target = bytes.slice(8, 24);
    target[0] = 0x20;
    same(decode(into, 0, encodeRouterSolicitation(into, 7), message), 0, "a solicitation of ours");
    same(decode(into, 0, encodeSolicitation(into, target, 0, -1, 99), message), 0, "a probe of ours");
    same([message.nonce, message.linkAddress], [99, -1], "its nonce");
    same(decode(into, 0, encodeAdvertisement(into, target, 0, 5 as Mac, true, false), message), 0, "an answer of ours");
    same([message.linkAddress, message.solicited, message.override], [5, true, false], "what it says");
  },
};
