// Which of our own IPv6 addresses to speak from.

/** Who knows our own IPv6 addresses: stack/ipv6 puts itself here. */
export abstract class LocalAddresses {
  /** Writes our address for what goes to the one at `offset` (RFC 6724 5) at `intoOffset`. False: there is none. */
  abstract choose(destination: Uint8Array, offset: number, into: Uint8Array, intoOffset: number): boolean;
  /** True while the address is one of ours, and may be used. */
  abstract has(bytes: Uint8Array, offset: number): boolean;
}

/** A host without IPv6. */
export class NoLocalAddresses extends LocalAddresses {
  override choose(_destination: Uint8Array, _offset: number, _into: Uint8Array, _intoOffset: number): boolean {
    return false;
  }

  override has(_bytes: Uint8Array, _offset: number): boolean {
    return false;
  }
}
