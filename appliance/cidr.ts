// Ranges of addresses (RFC 4632 3.1, RFC 4291 2.3), of either family.

import { formatIpv4, parseIpv4 } from "../stack/base/address.ts";
import { ADDRESS6_LENGTH, parseIpv6 } from "../stack/base/address6.ts";

export interface Cidr {
  readonly bytes: Uint8Array;
  readonly prefix: number;
}

/** "10.0.0.0/8" or "2001:db8::/32", or one address; else what is wrong with it. */
export function parseCidr(text: string): Cidr | string {
  const slash = text.indexOf("/");
  const bytes = addressBytes(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return "is not a range of addresses such as 10.0.0.0/8";
  const length = slash < 0 ? String(bytes.length * 8) : text.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bytes.length * 8)) return `the length of its network is a number from 0 to ${bytes.length * 8}`;
  return { bytes, prefix };
}

/** Whether the range has this address; what is no address is in none. */
export function includes({ bytes, prefix }: Cidr, address: string): boolean {
  const other = addressBytes(address);
  if (other === undefined || other.length !== bytes.length) return false;
  return bytes.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefix - 8 * i));
    return (byte ^ other[i]!) >> (8 - bits) === 0;
  });
}

function addressBytes(text: string): Uint8Array | undefined {
  const four = parseIpv4(text);
  if (four !== undefined) return Uint8Array.from(formatIpv4(four).split("."), Number);
  const bytes = new Uint8Array(ADDRESS6_LENGTH);
  return parseIpv6(text, bytes, 0) ? bytes : undefined;
}
