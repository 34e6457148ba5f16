// As much of Node's Buffer as isomorphic-git uses, over the native primitives.
//
// Deliberate deviation: `Buffer.from` of a Uint8Array is a view, not a copy. isomorphic-git never writes into what it
// made that way, and the copy would be of a whole pack.

type Encoding = "utf8" | "utf-8" | "hex" | "base64" | "latin1" | "binary" | "ascii";

const HEX = "0123456789abcdef";

class GitBuffer extends Uint8Array {
  /** A view, as in Node. */
  override slice(start?: number, end?: number): GitBuffer {
    return this.subarray(start, end);
  }

  override subarray(start = 0, end = this.length): GitBuffer {
    const length = this.length;
    const from = start < 0 ? Math.max(0, length + start) : Math.min(start, length);
    const to = end < 0 ? Math.max(0, length + end) : Math.min(end, length);
    return new GitBuffer(this.buffer as ArrayBuffer, this.byteOffset + from, Math.max(0, to - from));
  }

  override toString(encoding: Encoding = "utf8", start = 0, end = this.length): string {
    const from = Math.min(start, this.length);
    const length = Math.max(0, Math.min(end, this.length) - from);
    switch (encoding) {
      case "hex": {
        let text = "";
        for (let i = from; i < from + length; i++) text += HEX[this[i]! >> 4]! + HEX[this[i]! & 15]!;
        return text;
      }
      case "base64":
        return btoa(nativeLatin1Decode(this, from, length));
      case "latin1":
      case "binary":
      case "ascii":
        return nativeLatin1Decode(this, from, length);
      default:
        return nativeUtf8Decode(this, from, length);
    }
  }

  /** write(text, encoding) or write(text, offset, length, encoding); the number of bytes written. */
  write(text: string, offset: number | Encoding = 0, length?: number, encoding: Encoding = "utf8"): number {
    const at = typeof offset === "number" ? offset : 0;
    const bytes = bytesOf(text, typeof offset === "string" ? offset : encoding);
    const count = Math.min(bytes.length, this.length - at, length ?? bytes.length);
    nativeCopy(this, at, bytes, 0, count);
    return count;
  }

  copy(into: Uint8Array, at = 0, start = 0, end = this.length): number {
    const count = Math.max(0, Math.min(end - start, into.length - at));
    nativeCopy(into, at, this, start, count);
    return count;
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && nativeEqual(this, 0, other, 0, this.length);
  }

  readUInt8(at = 0): number {
    return this[this.checked(at, 1)]!;
  }
  readUInt16BE(at = 0): number {
    const i = this.checked(at, 2);
    return (this[i]! << 8) | this[i + 1]!;
  }
  readUInt32BE(at = 0): number {
    const i = this.checked(at, 4);
    return ((this[i]! << 24) | (this[i + 1]! << 16) | (this[i + 2]! << 8) | this[i + 3]!) >>> 0;
  }
  writeUInt8(value: number, at = 0): number {
    this[this.checked(at, 1)] = value;
    return at + 1;
  }
  writeUInt16BE(value: number, at = 0): number {
    const i = this.checked(at, 2);
    this[i] = value >> 8;
    this[i + 1] = value;
    return at + 2;
  }
  writeUInt32BE(value: number, at = 0): number {
    const i = this.checked(at, 4);
    this[i] = value >>> 24;
    this[i + 1] = value >>> 16;
    this[i + 2] = value >>> 8;
    this[i + 3] = value;
    return at + 4;
  }

  /** Reading beyond the end is how isomorphic-git finds a damaged pack: it must throw. */
  private checked(at: number, size: number): number {
    if (at < 0 || at + size > this.length) throw new RangeError(`offset ${at} of ${this.length} bytes`);
    return at;
  }
}

function bytesOf(text: string, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case "hex": {
      const bytes = new Uint8Array(text.length >> 1);
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
      return bytes;
    }
    case "base64":
      return bytesOf(atob(text), "latin1");
    case "latin1":
    case "binary":
    case "ascii": {
      const bytes = new Uint8Array(text.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
      return bytes;
    }
    default:
      return nativeUtf8Encode(text);
  }
}

const view = (bytes: Uint8Array): GitBuffer =>
  new GitBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);

export const Buffer = {
  alloc: (length: number): GitBuffer => new GitBuffer(length),

  /** Text by its encoding; an array of numbers by value; an ArrayBuffer or a Uint8Array as a view. */
  from(
    source: string | readonly number[] | ArrayBuffer | Uint8Array,
    encodingOrOffset?: Encoding | number,
    length?: number,
  ): GitBuffer {
    if (typeof source === "string")
      return view(bytesOf(source, typeof encodingOrOffset === "string" ? encodingOrOffset : "utf8"));
    if (source instanceof GitBuffer) return source;
    if (source instanceof ArrayBuffer)
      return new GitBuffer(source, typeof encodingOrOffset === "number" ? encodingOrOffset : 0, length);
    return source instanceof Uint8Array ? view(source) : new GitBuffer(source);
  },

  concat(parts: readonly Uint8Array[], length?: number): GitBuffer {
    let total = length ?? 0;
    if (length === undefined) for (const part of parts) total += part.length;
    const whole = new GitBuffer(total);
    let at = 0;
    for (const part of parts) {
      const count = Math.min(part.length, total - at);
      nativeCopy(whole, at, part, 0, count);
      at += count;
    }
    return whole;
  },

  isBuffer: (value: unknown): boolean => value instanceof GitBuffer,
};
