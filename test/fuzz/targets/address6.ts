import { isIPv6 } from "node:net";
import { formatIpv6, isMapped, parseIpv6 } from "../../../stack/base/address6.ts";
import { ascii, check, latin1, same, type Target } from "../target.ts";

/** The text of an IPv6 address, as Node has it. */
export const address6: Target = {
  name: "address6",
  limit: 60,
  words: ["::", ":", "0:", ":0", "ffff", "2001:db8", "1.2.3.4", "255", "fe80", "%0"],
  seeds: () =>
    [
      "2001:db8::1",
      "::",
      "::ffff:192.0.2.1",
      "1:2:3:4:5:6:7:8",
      "64:ff9b::192.0.2.33",
      "FE80:0:0:0:0:0:0:1",
      "1::2::3",
      "::1.2.3.256",
    ].map(ascii),
  run: (bytes) => {
    const text = latin1(bytes);
    const address = new Uint8Array(16);
    const taken = parseIpv6(text, address, 0);
    // A zone is no part of an address; and a fold of Node's: it takes 45 characters of what stands for fewer.
    same(taken, isIPv6(text) && !text.includes("%"), `whether ${JSON.stringify(text)} is an address`);
    if (!taken) {
      check(
        address.every((byte) => byte === 0),
        "something was written",
      );
      return;
    }
    const written = formatIpv6(address, 0);
    const again = new Uint8Array(16);
    check(parseIpv6(written, again, 0), `${written} is not read again`);
    same(again, address, `${written} read again`);
    if (isMapped(address, 0)) return;
    same(new URL(`http://[${text}]/`).hostname, `[${written}]`, "the form of RFC 5952");
  },
};
