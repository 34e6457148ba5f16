import { describe, expect, test } from "vitest";
import { TYPE_A, TYPE_AAAA } from "../../../stack/dns/wire.ts";
import { describeUnusable, EdgeNames } from "../../../stack/edge/names.ts";
import type { Seam } from "../../../stack/edge/seam.ts";
import {
  RESOLVE_BAD_NAME,
  RESOLVE_DONE,
  RESOLVE_NO_ADDRESS,
  RESOLVE_NO_SUCH_NAME,
  RESOLVE_SERVER_FAILED,
} from "../../../stack/host/events.ts";

/** What a name has by type: addresses, or a code of the resolver. */
type Zone = Readonly<Record<string, Readonly<Record<number, readonly string[] | number>>>>;

const ZONE: Zone = {
  "a.test": { [TYPE_A]: ["192.0.2.1", "127.0.0.1", "192.0.2.2"] },
  "six.test": { [TYPE_A]: RESOLVE_NO_ADDRESS, [TYPE_AAAA]: ["2001:db8::1"] },
  "none.test": { [TYPE_A]: RESOLVE_NO_ADDRESS, [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
  "gone.test": { [TYPE_A]: RESOLVE_NO_SUCH_NAME },
  "blocked.test": { [TYPE_A]: ["0.0.0.0"] },
  "own.test": { [TYPE_A]: ["127.0.1.1"] },
  localhost: { [TYPE_A]: RESOLVE_BAD_NAME },
  "two.test": { [TYPE_A]: ["192.0.2.1", "192.0.2.2", "192.0.2.3"], [TYPE_AAAA]: ["2001:db8::1", "2001:db8::2"] },
  "four.test": { [TYPE_A]: ["192.0.2.1"], [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
  "hurt.test": { [TYPE_A]: RESOLVE_NO_ADDRESS, [TYPE_AAAA]: RESOLVE_SERVER_FAILED },
  "block6.test": { [TYPE_A]: ["0.0.0.0"], [TYPE_AAAA]: ["::", "::1", "::ffff:127.0.0.1", "ff02::1"] },
  "ipv4only.arpa.": { [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
  "192.0.2.33": { [TYPE_A]: ["192.0.2.33"], [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
  "10.1.2.3": { [TYPE_A]: ["10.1.2.3"], [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
  "a b": { [TYPE_A]: RESOLVE_BAD_NAME },
};

/** The error in words, or the addresses. */
async function resolved(
  name: string,
  four = "10.0.0.2",
  six = "",
  translation = "",
  zone: Zone = ZONE,
): Promise<string> {
  let current: readonly string[] = [];
  const asked: string[] = [];
  const names: EdgeNames = new EdgeNames({
    resolve: (of: string, type: number) => {
      const answer = zone[of]![type]!;
      const token = asked.push(String(type));
      queueMicrotask(() => {
        current = typeof answer === "number" ? [] : answer;
        names.resolved(token, typeof answer === "number" ? answer : RESOLVE_DONE);
      });
      return token;
    },
    address: () => four,
    address6: () => six,
    translation: () => translation,
    resolvedCount: () => current.length,
    resolvedAddress: (index: number) => current[index]!,
  } as Partial<Seam> as Seam);
  const result = await names.resolve(name);
  if (result.ok) return result.value.join(" ");
  const { error } = result;
  switch (error.kind) {
    case "no-address":
    case "only-ipv6":
    case "only-ipv4":
    case "not-a-host":
      return describeUnusable(error);
    default:
      return error.kind;
  }
}

describe("a name", () => {
  test("has the addresses that can be another machine's", async () => {
    expect(await resolved("a.test")).toBe("192.0.2.1 192.0.2.2");
  });

  test("has those of both families by turns where we have both", async () => {
    const six = "2001:db8::9";
    expect(await resolved("two.test", "10.0.0.2", six)).toBe("2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3");
    expect(await resolved("two.test", "", six)).toBe("2001:db8::1 2001:db8::2");
    expect(await resolved("two.test")).toBe("192.0.2.1 192.0.2.2 192.0.2.3");
    expect(await resolved("two.test", "")).toBe("192.0.2.1 192.0.2.2 192.0.2.3");
    expect(await resolved("four.test", "10.0.0.2", six)).toBe("192.0.2.1");
    expect(await resolved("six.test", "10.0.0.2", six)).toBe("2001:db8::1");
    expect(await resolved("four.test", "", six)).toBe("has only IPv4 addresses (A records), and this machine has none");
    expect(await resolved("none.test", "10.0.0.2", six)).toBe("has no address (neither A nor AAAA records)");
    expect(await resolved("hurt.test", "10.0.0.2", six)).toBe("server-failed");
    expect(await resolved("block6.test", "10.0.0.2", six)).toBe("has the address ::, which is no other machine's");
  });

  test("with addresses of IPv4 alone is reached by way of a translator, where routers tell of one (RFC 8781)", async () => {
    const six = "2001:db8::9";
    expect(await resolved("four.test", "", six, "64:ff9b::/96")).toBe("64:ff9b::c000:201");
    expect(await resolved("192.0.2.33", "", six, "2001:db8:122:344::/64")).toBe("2001:db8:122:344:c0:2:2100:0");
    expect(await resolved("10.1.2.3", "", six, "64:ff9b::/96")).toBe(
      "has only IPv4 addresses (A records), and this machine has none",
    );
    expect(
      await resolved("own.test", "", six, "64:ff9b::/96", {
        "own.test": { [TYPE_A]: ["127.0.1.1"], [TYPE_AAAA]: RESOLVE_NO_ADDRESS },
      }),
    ).toBe("has the address 127.0.1.1, which is no other machine's");
    // With an address of IPv4 there is no need of one.
    expect(await resolved("four.test", "10.0.0.2", six, "64:ff9b::/96")).toBe("192.0.2.1");
    expect(await resolved("two.test", "", six, "64:ff9b::/96")).toBe("2001:db8::1 2001:db8::2");
  });

  test("... or where name servers show one (RFC 7050)", async () => {
    const six = "2001:db8::9";
    const shown: Zone = { ...ZONE, "ipv4only.arpa.": { [TYPE_AAAA]: ["2001:db8:77::1", "2001:db8:64::c000:ab"] } };
    expect(await resolved("four.test", "", six, "", shown)).toBe("2001:db8:64::c000:201");
    const none: Zone = { ...ZONE, "ipv4only.arpa.": { [TYPE_AAAA]: ["2001:db8:77::1"] } };
    expect(await resolved("192.0.2.33", "", six, "", none)).toBe(
      "has only IPv4 addresses (A records), and this machine has none",
    );
  });

  test("may be an address of IPv6, in brackets or not", async () => {
    expect(await resolved("2001:db8::7")).toBe("2001:db8::7");
    expect(await resolved("[2001:db8::7]")).toBe("2001:db8::7");
    expect(await resolved("[::1]")).toBe("has the address ::1, which is no other machine's");
  });

  test("that has none of use is told with its reason", async () => {
    expect(await resolved("six.test")).toBe("has only IPv6 addresses (AAAA records), and this machine has none");
    expect(await resolved("none.test")).toBe("has no address (neither A nor AAAA records)");
    expect(await resolved("gone.test")).toBe("no-such-name");
    expect(await resolved("blocked.test")).toBe("has the address 0.0.0.0, which is no other machine's");
    expect(await resolved("own.test")).toBe("has the address 127.0.1.1, which is no other machine's");
    expect(await resolved("localhost")).toBe("has the address 127.0.0.1, which is no other machine's");
    expect(await resolved("a b")).toBe("bad-name");
  });
});
