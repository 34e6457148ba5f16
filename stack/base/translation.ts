/// <reference path="./native.d.ts" />
// IPv4 addresses within IPv6 addresses, as translators have them (RFC 6052 2.2): behind a prefix of 32, 40, 48, 56, 64 or 96
// bits, around the byte that is always zero.

import { copy6, formatIpv6, parseIpv6 } from "./address6.ts";

/** Lengths that a translator's prefix may have. */
export const TRANSLATION_LENGTHS: readonly number[] = [96, 64, 56, 48, 40, 32];
/** Bits 64 to 71: zero, whatever the prefix (2.2). */
const ZERO_BYTE = 8;
/** 64:ff9b::/96, which is only for addresses of the whole Internet (3.1). */
const WELL_KNOWN_HIGH = 0x0064ff9b;

/** A prefix and its length. */
export class Translation {
  readonly prefix: Uint8Array = new Uint8Array(16);
  /** 0: there is none. */
  length = 0;

  /** Takes the prefix that begins at `offset`. */
  take(bytes: Uint8Array, offset: number, length: number): void {
    copy6(this.prefix, 0, bytes, offset);
    this.length = length;
    for (let i = length / 8; i < 16; i++) this.prefix[i] = 0;
  }

  /**
   * What stands for the IPv4 address: text; "" where no translator may be asked for it: it is no host's beyond the link,
   * or a private one behind the well-known prefix.
   */
  toward(address: number): string {
    if (this.length === 0 || !isBeyondLink(address)) return "";
    if (nativeLoad32(this.prefix, 0) === WELL_KNOWN_HIGH && isPrivate(address)) return "";
    const into = new Uint8Array(16);
    copy6(into, 0, this.prefix, 0);
    let at = this.length / 8;
    for (let shift = 24; shift >= 0; shift -= 8) {
      if (at === ZERO_BYTE) at++;
      into[at] = (address >>> shift) & 255;
      at++;
    }
    return formatIpv6(into, 0);
  }

  /** Finds the prefix behind which an address holds one of these IPv4 addresses (RFC 7050 3). False: behind none. */
  find(address: Uint8Array, known: readonly number[]): boolean {
    for (const length of TRANSLATION_LENGTHS) {
      let found = 0;
      let at = length / 8;
      for (let i = 0; i < 4; i++) {
        if (at === ZERO_BYTE) at++;
        found = found * 256 + address[at]!;
        at++;
      }
      if (length < 96 && address[ZERO_BYTE] !== 0) continue;
      for (const one of known) {
        if (one !== found) continue;
        this.take(address, 0, length);
        return true;
      }
    }
    return false;
  }

  /** "2001:db8::/96"; "": there is none. */
  text(): string {
    return this.length === 0 ? "" : `${formatIpv6(this.prefix, 0)}/${this.length}`;
  }

  /** Takes what `text` has written. */
  parse(text: string): void {
    const slash = text.indexOf("/");
    this.length = slash > 0 && parseIpv6(text.slice(0, slash), this.prefix, 0) ? Number(text.slice(slash + 1)) : 0;
  }
}

/** Not this network, the machine itself, the link, a group or nobody (RFC 6890 2.2.2). */
function isBeyondLink(address: number): boolean {
  const top = address >>> 24;
  return top !== 0 && top !== 127 && top < 224 && address >>> 16 !== 0xa9fe;
}

/** RFC 1918, RFC 6598. */
function isPrivate(address: number): boolean {
  const top = address >>> 24;
  const two = address >>> 16;
  return top === 10 || two === 0xc0a8 || (two >= 0xac10 && two < 0xac20) || (two >= 0x6440 && two < 0x6480);
}
