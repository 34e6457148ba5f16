import { BlockList, isIP } from "node:net";
import { includes, parseCidr } from "../../../appliance/cidr.ts";
import { ascii, check, latin1, same, type Target } from "../target.ts";

/** "RANGE ADDRESS": whether the address is in the range, as Node has it. */
export const cidr: Target = {
  name: "cidr",
  limit: 60,
  words: ["10.0.0.0/8", "2001:db8::/32", "/", "32", "128", "0", "::", "255.255.255.255", " ", "fe80::1"],
  seeds: () =>
    [
      "10.0.0.0/8 10.1.2.3",
      "192.0.2.77/31 192.0.2.76",
      "2001:db8::/33 2001:db8:8000::1",
      "0.0.0.0/0 1.2.3.4",
      "::1 ::1",
      "10.0.0.0/33 10.0.0.1",
      "10.0.0.0/ 10.0.0.1",
    ].map(ascii),
  run: (bytes) => {
    const [range = "", address = ""] = latin1(bytes).split(" ");
    const parsed = parseCidr(range);
    if (typeof parsed === "string") {
      check(parsed.length > 0, "no reason");
      return;
    }
    check(parsed.prefix >= 0 && parsed.prefix <= parsed.bytes.length * 8, "the prefix is longer than the address");
    const [base = ""] = range.split("/");
    const family = isIP(base);
    // Node takes a zone, and reads an IPv4 address within ::ffff:0:0/96 as that one: neither is meant here.
    if (family === 0 || isIP(address) !== family || `${base}${address}`.includes("%") || family === 6) return;
    const list = new BlockList();
    list.addSubnet(base, parsed.prefix, "ipv4");
    same(includes(parsed, address), list.check(address, "ipv4"), `whether ${address} is in ${range}`);
  },
};
