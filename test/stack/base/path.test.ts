import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { formatIpv4, type Ipv4 } from "../../../stack/base/address.ts";
import { formatIpv6, parseIpv6 } from "../../../stack/base/address6.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { LocalAddresses } from "../../../stack/base/local-addresses.ts";
import { latin1 } from "../../../stack/base/native.ts";
import {
  type Client,
  IDLE_PATHS,
  MTU_LIFETIME,
  NO_CLIENT,
  NO_PATH,
  type Path,
  PathTable,
} from "../../../stack/base/path.ts";
import { toHex } from "../../support/bytes.ts";

const US = 0x0a000001 as Ipv4;
const CAPACITY = 8;

let paths: PathTable;
beforeEach(() => {
  paths = new PathTable(CAPACITY, 1500, 0x12345678);
});

function peer(n: number): Ipv4 {
  return (0xc0000200 + n) as Ipv4;
}

describe("the table of paths", () => {
  it("gives one index to one pair of addresses, and says what it stands for", () => {
    const path = paths.open4(US, peer(1));
    expect(paths.open4(US, peer(2))).not.toBe(path);
    expect(paths.open4(peer(1), US)).not.toBe(path);
    expect(paths.open4(US, peer(1))).toBe(path);
    expect(paths.find4(US, peer(1))).toBe(path);
    expect([paths.localText(path), paths.remoteText(path)]).toEqual(["10.0.0.1", "192.0.2.1"]);
    expect([paths.local4Of(path), paths.remote4Of(path)]).toEqual([US, peer(1)]);
    expect(paths.size).toBe(3);
  });

  it("finds without entering", () => {
    expect(paths.find4(US, peer(1))).toBe(NO_PATH);
    expect(paths.size).toBe(0);
  });

  it("leads to an address as text from our own, and nowhere from nonsense", () => {
    paths.setLocal("10.0.0.1");
    expect(paths.toward("192.0.2.7")).toBe(paths.find4(US, peer(7)));
    for (const text of ["", "192.0.2", "192.0.2.256", "::1"]) expect(paths.toward(text)).toBe(NO_PATH);
    paths.setLocal("");
    expect(paths.localText(paths.toward("192.0.2.7"))).toBe("0.0.0.0");
  });

  it("forgets what nobody holds, the longest unused first, however many addresses come", () => {
    const held: Path[] = [];
    for (let i = 0; i < CAPACITY; i++) {
      const path = paths.open4(US, peer(i));
      paths.hold(path);
      held.push(path);
    }
    for (let i = 0; i < 10_000; i++) expect(paths.open4(US, (0x0b000000 + i) as Ipv4)).toBeGreaterThanOrEqual(0);
    expect(paths.size).toBe(CAPACITY + IDLE_PATHS);
    for (let i = 0; i < CAPACITY; i++) expect(paths.find4(US, peer(i))).toBe(held[i]);
    // The last IDLE_PATHS are still there, those before them are not.
    expect(paths.find4(US, (0x0b000000 + 9999) as Ipv4)).toBeGreaterThanOrEqual(0);
    expect(paths.find4(US, (0x0b000000 + 9999 - IDLE_PATHS) as Ipv4)).toBe(NO_PATH);
  });

  it("says so when every entry is held, and has room again when one is let go of", () => {
    for (let i = 0; i < CAPACITY + IDLE_PATHS; i++) paths.hold(paths.open4(US, peer(i)));
    expect(paths.open4(US, peer(200))).toBe(NO_PATH);
    paths.letGo(paths.open4(US, peer(3)));
    expect(paths.open4(US, peer(200))).toBeGreaterThanOrEqual(0);
    expect(paths.find4(US, peer(3))).toBe(NO_PATH);
    // The first of them was also what `open4` had found last.
    expect(paths.remoteText(paths.open4(US, peer(200)))).toBe("192.0.2.200");
  });

  it("is our bug when a path is let go of once too often", () => {
    const path = paths.open4(US, peer(1));
    expect(() => paths.letGo(path)).toThrow();
  });

  it("holds what is held, whatever comes and goes", () => {
    const step = fc.tuple(fc.constantFrom("open", "hold", "letGo"), fc.nat(120));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new PathTable(CAPACITY, 1500, 7);
        // By peer: how many hold its path, and the path.
        const users: number[] = [];
        const held: Path[] = [];
        let some = 0;
        for (let n = 0; n <= 120; n++) {
          users.push(0);
          held.push(NO_PATH);
        }
        for (const [what, n] of steps) {
          const known = users[n]! > 0;
          if (what === "letGo") {
            if (!known) continue;
            table.letGo(held[n]!);
            users[n] = users[n]! - 1;
            if (users[n] === 0) some--;
            continue;
          }
          const path = table.open4(US, peer(n));
          if (known) expect(path).toBe(held[n]!);
          if (what === "open" || (!known && some === CAPACITY)) continue;
          table.hold(path);
          if (!known) some++;
          held[n] = path;
          users[n] = users[n]! + 1;
        }
        for (let n = 0; n <= 120; n++) {
          if (users[n] === 0) continue;
          expect(table.find4(US, peer(n))).toBe(held[n]!);
          expect(table.remoteText(held[n]!)).toBe(formatIpv4(peer(n)));
        }
      }),
    );
  });

  it("has the sum of both addresses ready for checksums", () => {
    const address = fc.nat(0xffffffff) as fc.Arbitrary<Ipv4>;
    fc.assert(
      fc.property(address, address, fc.nat(255), fc.nat(65_535), (local, remote, protocol, length) => {
        const path = paths.open4(local, remote);
        const words = [local >>> 16, local & 0xffff, remote >>> 16, remote & 0xffff, protocol, length];
        const sum = words.reduce((total, word) => total + word, 0);
        expect(paths.pseudoHeader(path, protocol, length)).toBe(fold(sum));
      }),
    );
  });

  it("writes an address as it says it", () => {
    const into = new Uint8Array(20);
    for (const text of ["0.0.0.0", "1.22.133.204", "255.255.255.255", "10.0.100.9"]) {
      const path = paths.toward(text);
      const end = paths.writeRemote(path, into, 2);
      expect(String.fromCharCode(...into.slice(2, end))).toBe(text);
      expect(toHex(into, 0, 2)).toBe("0000");
    }
  });

  it("believes a smaller MTU for ten minutes, and of another pair of addresses nothing", () => {
    const path = paths.open4(US, peer(1));
    paths.hold(path);
    paths.lowerMtu(path, 1280, 5);
    paths.lowerMtu(path, 1400, 6);
    expect([paths.mtu(path, 6), paths.mtu(paths.open4(US, peer(2)), 6)]).toEqual([1280, 1500]);
    expect(paths.mtu(path, 5 + MTU_LIFETIME)).toBe(1500);
    paths.lowerMtu(path, 1280, 5 + MTU_LIFETIME);
    paths.letGo(path);
    for (let i = 0; i < CAPACITY + IDLE_PATHS; i++) paths.open4(US, (0x0b000000 + i) as Ipv4);
    expect(paths.mtu(paths.open4(US, peer(1)), 6 + MTU_LIFETIME)).toBe(1500);
  });
});

const LOCAL6 = "2001:db8::1";

class Ours extends LocalAddresses {
  override choose(_destination: Uint8Array, _offset: number, into: Uint8Array, intoOffset: number): boolean {
    return parseIpv6(LOCAL6, into, intoOffset);
  }

  override has(bytes: Uint8Array, offset: number): boolean {
    return formatIpv6(bytes, offset) === LOCAL6;
  }
}

describe("paths of IPv6", () => {
  const LOCAL = LOCAL6;
  const PEER = "2001:db8:1::7";

  /** The peer's address, then ours: as a packet that has come has them. */
  function pair(remote: string, local: string): Uint8Array {
    const bytes = new Uint8Array(40);
    expect(parseIpv6(remote, bytes, 8)).toBe(true);
    expect(parseIpv6(local, bytes, 24)).toBe(true);
    return bytes;
  }

  it("are one index to one pair, beside those of IPv4 with the same last four bytes", () => {
    const path = paths.open6(pair(PEER, LOCAL), 8);
    expect(paths.open6(pair(PEER, LOCAL), 8)).toBe(path);
    expect(paths.open6(pair(LOCAL, PEER), 8)).not.toBe(path);
    expect(paths.open6(pair(PEER, "2001:db8::2"), 8)).not.toBe(path);
    expect(paths.open6(pair("2001:db8:1::8", LOCAL), 8)).not.toBe(path);
    const mapped = paths.open6(pair("::ffff:192.0.2.1", "::ffff:10.0.0.1"), 8);
    const four = paths.open4(US, peer(1));
    expect(four).not.toBe(mapped);
    expect(paths.open6(pair("::ffff:192.0.2.1", "::ffff:10.0.0.1"), 8)).toBe(mapped);
    expect([paths.families[four]!, paths.headerLength(four)]).toEqual([4, 20]);
    expect([paths.families[path]!, paths.headerLength(path)]).toEqual([6, 40]);
    expect([paths.localText(path), paths.remoteText(path)]).toEqual([LOCAL, PEER]);
  });

  it("find without entering", () => {
    const bytes = pair(PEER, LOCAL);
    expect(paths.find6(bytes, 24, bytes, 8)).toBe(NO_PATH);
    expect(paths.size).toBe(0);
    const path = paths.open6(bytes, 8);
    expect(paths.find6(bytes, 24, bytes, 8)).toBe(path);
    expect(paths.find6(bytes, 8, bytes, 24)).toBe(NO_PATH);
  });

  it("have the sum of their pseudo-header (RFC 8200 8.1)", () => {
    const bytes = pair("fe80::ffff:ffff:ffff:ffff", "2001:db8::ffff");
    const path = paths.open6(bytes, 8);
    // Source, destination, the length in 32 bits, three zeros and the next header.
    const whole = new Uint8Array(40);
    whole.set(bytes.subarray(8, 40));
    whole[34] = 0x12;
    whole[35] = 0x34;
    whole[39] = 17;
    expect(paths.pseudoHeader(path, 17, 0x1234)).toBe(nativeChecksum(whole, 0, 40, 0));
  });

  it("write both addresses for a hash, and the peer's for a log", () => {
    const path = paths.open6(pair(PEER, LOCAL), 8);
    const into = new Uint8Array(64);
    expect(paths.writeAddresses(path, into)).toBe(32);
    expect(formatIpv6(into, 0)).toBe(LOCAL);
    expect(formatIpv6(into, 16)).toBe(PEER);
    expect(latin1(into, 3, paths.writeRemote(path, into, 3) - 3)).toBe(PEER);
  });

  it("lead to an address as text from the one that is chosen, and nowhere without one or to a mapped one", () => {
    expect(paths.toward(PEER)).toBe(NO_PATH);
    paths.local6 = new Ours();
    const path = paths.toward(PEER);
    expect([paths.localText(path), paths.remoteText(path)]).toEqual([LOCAL, PEER]);
    expect(paths.isOurs(path)).toBe(true);
    expect(paths.isOurs(paths.open6(pair(PEER, "2001:db8::2"), 8))).toBe(false);
    expect(paths.toward("::ffff:192.0.2.1")).toBe(NO_PATH);
  });

  it("are ours while the address is", () => {
    paths.setLocal("10.0.0.1");
    const path = paths.open4(US, peer(1));
    expect(paths.isOurs(path)).toBe(true);
    paths.setLocal("");
    expect(paths.isOurs(path)).toBe(false);
  });

  it("have an MTU of their own, that of their family at first", () => {
    paths.linkMtu6 = 1400;
    const path = paths.open6(pair(PEER, LOCAL), 8);
    expect([paths.mtu(path, 0), paths.mtu(paths.open4(US, peer(1)), 0)]).toEqual([1400, 1500]);
    paths.lowerMtu(path, 1280, 0);
    expect(paths.mtu(path, 1)).toBe(1280);
    expect(paths.mtu(path, MTU_LIFETIME)).toBe(1400);
  });

  it("are forgotten like others, whoever sends from however many", () => {
    const held = paths.open6(pair(PEER, LOCAL), 8);
    paths.hold(held);
    for (let i = 0; i < 2000; i++) {
      const bytes = pair("2001:db8:2::", LOCAL);
      bytes[22] = i >> 8;
      bytes[23] = i & 255;
      const path = paths.open6(bytes, 8);
      expect(path).toBeGreaterThanOrEqual(0);
      expect(paths.open6(bytes, 8)).toBe(path);
    }
    expect(paths.size).toBe(CAPACITY + IDLE_PATHS);
    expect(paths.open6(pair(PEER, LOCAL), 8)).toBe(held);
    expect(paths.find4(US, peer(1))).toBe(NO_PATH);
    // An entry that was of IPv6 becomes one of IPv4, whole.
    for (let i = 0; i < 200; i++) paths.open4(US, (0x0b000000 + i) as Ipv4);
    const four = paths.open4(US, peer(9));
    expect([paths.localText(four), paths.remoteText(four)]).toEqual(["10.0.0.1", "192.0.2.9"]);
  });
});

describe("whose share something counts to", () => {
  /** A peer of IPv6 and us. */
  function pair(remote: string): Uint8Array {
    const bytes = new Uint8Array(32);
    parseIpv6(remote, bytes, 0);
    parseIpv6("2001:db8::1", bytes, 16);
    return bytes;
  }
  const clientOf = (remote: string): number => paths.clientOf(paths.open6(pair(remote), 0));

  it("is that of the IPv4 address, and of the first 64 bits of IPv6", () => {
    expect(paths.clientOf(NO_PATH)).toBe(NO_CLIENT);
    const one = clientOf("2001:db8:1:2::1");
    expect(clientOf("2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(one);
    const others = [paths.clientOf(paths.open4(US, peer(1))), paths.clientOf(paths.open4(US, peer(2)))];
    for (const address of ["2001:db8:1:3::1", "2001:db9:1:2::1", "fe80::1"]) others.push(clientOf(address) as Client);
    expect(new Set([one, ...others]).size).toBe(6);
  });

  it("is that of the IPv4 host behind a translator", () => {
    const one = clientOf("64:ff9b::192.0.2.1");
    expect(clientOf("64:ff9b::192.0.2.2")).not.toBe(one);
    expect(clientOf("64:ff9b::192.0.2.1")).toBe(one);
    // Not of the well-known prefix: only its first 96 bits are.
    expect(clientOf("64:ff9b::1:0:1")).toBe(clientOf("64:ff9b::1:0:2"));
  });

  it("stays while there is a path, however many networks come, and takes no more room than paths do", () => {
    const held = paths.open6(pair("2001:db8:9:9::1"), 0);
    paths.hold(held);
    const client = paths.clientOf(held);
    for (let i = 0; i < 5000; i++) {
      const other = clientOf(`2001:db8:${(i + 16).toString(16)}::1`);
      expect(other).not.toBe(client);
      expect(other).toBeLessThan(3 * paths.capacity);
    }
    expect(paths.clientOf(held)).toBe(client);
    expect(clientOf("2001:db8:9:9::2")).toBe(client);
  });
});
