// The options of a DHCP message in one piece each (RFC 3396, RFC 2132 9.3), and those that are more than numbers:
// classless routes (RFC 3442) and the domain search list (RFC 3397).

import { formatIpv4 } from "../base/address.ts";
import { readU32 } from "../base/bytes.ts";
import { copyBytes, latin1 } from "../base/native.ts";

/** Routes remembered of one offer, the default route apart. */
export const ROUTE_LIMIT = 8;
/** Domains remembered of one offer. */
export const SEARCH_LIMIT = 6;
/** Characters of a domain name or host name that are taken. */
export const NAME_LIMIT = 253;
/** Bytes of an option that comes in pieces. */
export const OPTION_LIMIT = 1024;
const LABEL_LIMIT = 63;
/** Compression pointers followed in one name. */
const POINTER_LIMIT = 16;

export const OPTION_PAD = 0;
const OPTION_OVERLOAD = 52;
export const OPTION_END = 255;

/** Where options lie, and the pieces of one of them put together. */
export class OptionFields {
  private bytes: Uint8Array = new Uint8Array(0);
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  /** What `find` has found: `length` bytes, -1 when there is no such option or too much of it (`excess`). */
  readonly value: Uint8Array = new Uint8Array(OPTION_LIMIT);
  length = -1;
  excess = false;

  /**
   * Takes the message of `length` bytes at `offset`, whose options begin at `options` in it, and go on in `file` (128 bytes
   * at 108) and in `sname` (64 bytes at 44) where the overload option says so. False: an option reaches beyond its field.
   */
  begin(bytes: Uint8Array, offset: number, length: number, options: number): boolean {
    this.bytes = bytes;
    while (this.starts.length > 0) this.starts.pop();
    while (this.ends.length > 0) this.ends.pop();
    this.add(offset + options, offset + length);
    if (!this.whole(0)) return false;
    this.find(OPTION_OVERLOAD, false);
    const overload = this.length === 1 ? this.value[0]! : 0;
    if ((overload & 1) !== 0) this.add(offset + 108, offset + 236);
    if ((overload & 2) !== 0) this.add(offset + 44, offset + 108);
    for (let field = 1; field < this.starts.length; field++) if (!this.whole(field)) return false;
    return true;
  }

  /**
   * Looks for an option. `split`: its pieces are put together in the order in which they lie (RFC 3396 5); otherwise it is
   * of one piece, and the last one counts.
   */
  find(code: number, split: boolean): void {
    const { bytes } = this;
    this.length = -1;
    this.excess = false;
    for (let field = 0; field < this.starts.length; field++) {
      const end = this.ends[field]!;
      for (let at = this.starts[field]!; at < end; at = this.next(at)) {
        if (bytes[at] === OPTION_END) break;
        if (bytes[at] !== code) continue;
        const before = split && this.length > 0 ? this.length : 0;
        const length = bytes[at + 1]!;
        if (before + length > OPTION_LIMIT) {
          this.length = -1;
          this.excess = true;
          return;
        }
        copyBytes(this.value, before, bytes, at + 2, length);
        this.length = before + length;
      }
    }
  }

  /** A number of `size` bytes (1, 2 or 4), or `otherwise` when there is none of this length. */
  number(code: number, size: number, otherwise: number): number {
    this.find(code, false);
    if (this.length !== size) return otherwise;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.value[i]!;
    return value;
  }

  /** The first `limit` addresses of a list. */
  addresses(code: number, limit: number): number[] {
    this.find(code, true);
    const found: number[] = [];
    for (let at = 0; at + 4 <= this.length && found.length < limit; at += 4) found.push(readU32(this.value, at));
    return found;
  }

  /** Printable ASCII up to the first NUL; anything else becomes "?". */
  text(code: number, limit: number): string {
    this.find(code, true);
    let clean = "";
    for (let i = 0; i < Math.min(this.length, limit); i++) {
      const c = this.value[i]!;
      if (c === 0) break;
      clean += c >= 0x20 && c < 0x7f ? latin1(this.value, i, 1) : "?";
    }
    return clean;
  }

  private add(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  private next(at: number): number {
    return this.bytes[at] === OPTION_PAD ? at + 1 : at + 2 + this.bytes[at + 1]!;
  }

  private whole(field: number): boolean {
    const end = this.ends[field]!;
    let at = this.starts[field]!;
    while (at < end && this.bytes[at] !== OPTION_END) {
      if (this.bytes[at] !== OPTION_PAD && at + 2 > end) return false;
      at = this.next(at);
    }
    return at <= end;
  }
}

/** Classless routes, of which the default one is apart. */
export class Routes {
  /** The router of the default route; 0: there is none. */
  router = 0;
  /** "10.0.0.0/8 10.1.1.1"; the router 0.0.0.0: on the wire itself (RFC 3442, "local subnet routes"). */
  others: string[] = [];
}

/**
 * RFC 3442: a prefix length, as many bytes as that takes, the router. What cannot be ends the list. `into` is empty.
 */
export function decodeRoutes(bytes: Uint8Array, length: number, into: Routes): void {
  let at = 0;
  while (at < length) {
    const prefix = bytes[at]!;
    const size = Math.ceil(prefix / 8);
    if (prefix > 32 || at + 5 + size > length) return;
    let network = 0;
    for (let i = 0; i < 4; i++) network = network * 256 + (i < size ? bytes[at + 1 + i]! : 0);
    // "the significant portion": bits beyond the prefix are nothing.
    const hosts = 2 ** (32 - prefix);
    network -= network % hosts;
    const router = readU32(bytes, at + 1 + size);
    at += 5 + size;
    if (prefix === 0 && router !== 0) into.router = router;
    else if (into.others.length < ROUTE_LIMIT)
      into.others.push(`${formatIpv4(network)}/${prefix} ${formatIpv4(router)}`);
  }
}

/** RFC 3397 2: names one after the other, compressed as in DNS, pointers from the option's beginning. */
export function decodeSearch(bytes: Uint8Array, length: number): string[] {
  const names: string[] = [];
  let at = 0;
  while (at < length && names.length < SEARCH_LIMIT) {
    let name = "";
    let after = -1;
    let pointers = 0;
    let from = at;
    for (;;) {
      if (from >= length) return names;
      const label = bytes[from]!;
      if (label === 0) break;
      if (label >= 0xc0) {
        if (from + 2 > length) return names;
        const target = (label & 0x3f) * 256 + bytes[from + 1]!;
        if (after < 0) after = from + 2;
        pointers++;
        // Backwards only, so the walk ends.
        if (target >= from || pointers > POINTER_LIMIT) return names;
        from = target;
        continue;
      }
      if (label > LABEL_LIMIT || from + 1 + label > length) return names;
      name += name === "" ? "" : ".";
      for (let i = from + 1; i <= from + label; i++) {
        const c = bytes[i]!;
        name += c > 0x20 && c < 0x7f && c !== 46 ? latin1(bytes, i, 1) : "?";
      }
      if (name.length > NAME_LIMIT) return names;
      from += label + 1;
    }
    at = after >= 0 ? after : from + 1;
    if (name !== "") names.push(name);
  }
  return names;
}
