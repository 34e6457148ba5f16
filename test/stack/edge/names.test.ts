import { describe, expect, test } from "vitest";
import { TYPE_A, TYPE_AAAA } from "../../../stack/dns/wire.ts";
import { describeUnusable, EdgeNames } from "../../../stack/edge/names.ts";
import type { Seam } from "../../../stack/edge/seam.ts";
import {
  RESOLVE_BAD_NAME,
  RESOLVE_DONE,
  RESOLVE_NO_ADDRESS,
  RESOLVE_NO_SUCH_NAME,
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
  "a b": { [TYPE_A]: RESOLVE_BAD_NAME },
};

/** The error in words, or the addresses. */
async function resolved(name: string): Promise<string> {
  let current: readonly string[] = [];
  const asked: string[] = [];
  const names: EdgeNames = new EdgeNames({
    resolve: (of: string, type: number) => {
      const answer = ZONE[of]![type]!;
      asked.push(String(type));
      queueMicrotask(() => {
        current = typeof answer === "number" ? [] : answer;
        names.resolved(asked.length, typeof answer === "number" ? answer : RESOLVE_DONE);
      });
      return asked.length;
    },
    resolvedCount: () => current.length,
    resolvedAddress: (index: number) => current[index]!,
  } as Partial<Seam> as Seam);
  const result = await names.resolve(name);
  if (result.ok) return result.value.join(" ");
  const { error } = result;
  const usable = error.kind === "no-address" || error.kind === "only-ipv6" || error.kind === "not-a-host";
  return usable ? describeUnusable(error) : error.kind;
}

describe("a name", () => {
  test("has the addresses that can be another machine's", async () => {
    expect(await resolved("a.test")).toBe("192.0.2.1 192.0.2.2");
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
