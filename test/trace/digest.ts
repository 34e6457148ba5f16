// FNV-1a, 32 bits: all that a step lets be seen, as one number.

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

export class Digest {
  private hash = BASIS;

  get value(): number {
    return this.hash >>> 0;
  }

  bytes(bytes: Uint8Array, offset: number, length: number): void {
    let hash = this.hash;
    const end = offset + length;
    for (let i = offset; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
    this.hash = hash;
    this.number(length);
  }

  /** A whole number, up to 2^53 and its sign. */
  number(value: number): void {
    const high = Math.floor(value / 0x100000000);
    let hash = this.hash;
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((value >>> shift) & 255), PRIME);
      hash = Math.imul(hash ^ ((high >>> shift) & 255), PRIME);
    }
    this.hash = hash;
  }

  text(text: string): void {
    let hash = this.hash;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
    this.hash = hash;
    this.number(text.length);
  }
}
