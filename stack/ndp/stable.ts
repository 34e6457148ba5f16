/// <reference path="../base/native.d.ts" />
// Interface identifiers that stay the same in a network and say nothing in another (RFC 7217 5).
//
// What RFC 7217 calls the secret must outlive the machine, and a machine without a disk has nothing that does but its
// card: the key is made of the Ethernet address. So the identifier is as lasting as one made of that address (RFC 4291
// A), changes from network to network, and does not show the address; but who knows the address can tell the identifier.

import type { Mac } from "../base/address.ts";
import { writeU48 } from "../base/bytes.ts";

/** Bytes of the prefix that an identifier belongs to, and of itself. */
const HALF = 8;
/** Prefix, counter, which half. */
const MESSAGE_LENGTH = HALF + 8;

export class StableIdentifiers {
  private readonly key = new Uint8Array(16);
  private readonly message = new Uint8Array(MESSAGE_LENGTH);

  constructor(mac: Mac) {
    writeU48(this.key, 0, mac);
    // What the key is for, so that nothing else comes out of the same.
    nativeStore32(this.key, 8, 7217);
  }

  /**
   * Writes the identifier behind the 64-bit prefix that lies at `offset`. `attempt`: how many before it were in use by
   * others (DAD_Counter).
   */
  write(address: Uint8Array, offset: number, attempt: number): void {
    nativeCopy(this.message, 0, address, offset, HALF);
    let counter = attempt;
    do {
      nativeStore32(this.message, HALF, counter);
      nativeStore32(this.message, HALF + 4, 0);
      const high = nativeSipHash(this.key, this.message, 0, MESSAGE_LENGTH);
      nativeStore32(this.message, HALF + 4, 1);
      nativeStore32(address, offset + HALF, high);
      nativeStore32(address, offset + HALF + 4, nativeSipHash(this.key, this.message, 0, MESSAGE_LENGTH));
      counter += RESERVED_STEP;
    } while (isReserved(address, offset + HALF));
  }
}

/** Attempts of a counter that lie beyond those of DAD. */
const RESERVED_STEP = 0x100;

/** RFC 5453: identifiers of anycast addresses, the one of all routers among them. */
function isReserved(bytes: Uint8Array, offset: number): boolean {
  const high = nativeLoad32(bytes, offset);
  const low = nativeLoad32(bytes, offset + 4);
  return (high === 0 && low === 0) || (high === 0xfdffffff && low >= 0xffffff80);
}
