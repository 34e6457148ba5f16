import { expect, test } from "vitest";
import { includes, parseCidr } from "../../appliance/cidr.ts";

function holds(range: string, address: string): boolean {
  const cidr = parseCidr(range);
  if (typeof cidr === "string") throw new Error(cidr);
  return includes(cidr, address);
}

test("a range has the addresses whose first bits are its own", () => {
  expect(holds("10.0.0.0/8", "10.255.1.2")).toBe(true);
  expect(holds("10.0.0.0/8", "11.0.0.1")).toBe(false);
  expect(holds("10.9.0.0/20", "10.9.15.255")).toBe(true);
  expect(holds("10.9.0.0/20", "10.9.16.0")).toBe(false);
  expect(holds("0.0.0.0/0", "203.0.113.9")).toBe(true);
  expect(holds("192.0.2.7", "192.0.2.7")).toBe(true);
  expect(holds("192.0.2.7/32", "192.0.2.6")).toBe(false);
  expect(holds("2001:db8::/33", "2001:db8:7fff::1")).toBe(true);
  expect(holds("2001:db8::/33", "2001:db8:8000::1")).toBe(false);
});

test("families are apart, and what is no address is in no range", () => {
  expect(holds("0.0.0.0/0", "2001:db8::1")).toBe(false);
  expect(holds("::/0", "10.0.0.1")).toBe(false);
  expect(holds("::/0", "")).toBe(false);
});

test("what is no range is told", () => {
  for (const text of ["", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "name/8", "10.0.0.0/8/8"])
    expect(parseCidr(text)).toMatch(/^(is not a range|the length of its network)/);
});
