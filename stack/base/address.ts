// Addresses, as the data path holds them: plain numbers and byte ranges, branded so that they cannot be mixed up.

/** An IPv4 address as an unsigned 32-bit number, network order read as big-endian: 10.0.2.2 is 0x0a000202. */
export type Ipv4 = number & { readonly brand: "Ipv4" };
/** A TCP or UDP port, 0 to 65535. */
export type Port = number & { readonly brand: "Port" };
/** An Ethernet address as an unsigned 48-bit number; the first byte on the wire is the most significant. */
export type Mac = number & { readonly brand: "Mac" };

export const ANY_ADDRESS = 0 as Ipv4;
export const BROADCAST_ADDRESS = 0xffffffff as Ipv4;
export const BROADCAST_MAC = 0xffffffffffff as Mac;

/** "10.0.2.2" */
export function formatIpv4(address: number): string {
  const a = Math.floor(address / 0x1000000);
  return `${a}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Four decimal numbers without leading zeros (RFC 6943 3.1.1, strict form), or undefined. */
export function parseIpv4(text: string): Ipv4 | undefined {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (octet < 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else if (c >= 48 && c <= 57) {
      if (octet === 0) return undefined;
      octet = Math.max(octet, 0) * 10 + (c - 48);
      if (octet > 255) return undefined;
    } else return undefined;
  }
  if (dots !== 3 || octet < 0) return undefined;
  return (value * 256 + octet) as Ipv4;
}

const HEX = "0123456789abcdef";

/** "52:54:00:12:34:56" */
export function formatMac(mac: Mac): string {
  let text = "";
  for (let i = 5; i >= 0; i--) {
    const byte = Math.floor(mac / 256 ** i) % 256;
    text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15) + (i > 0 ? ":" : "");
  }
  return text;
}
