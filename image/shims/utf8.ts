// UTF-8 as WHATWG Encoding has it. The engine's own conversion is exact and fast for whatever is well-formed; of a damaged
// sequence it makes as many U+FFFD as it has bytes, and it lets surrogates through. Put over the native functions.

//
// The engine lets no packet in while it converts or looks through a text, so long ones go in pieces.

type Decode = typeof nativeUtf8Decode;
type Encode = typeof nativeUtf8Encode;

/** Bytes, or units of a text, at a time: less than a millisecond of processor time. */
const PIECE = 16_384;

export function exactEncode(encode: Encode): Encode {
  return (text) => {
    if (text.length <= PIECE) return encode(text.toWellFormed());
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (let at = 0; at < text.length; ) {
      let end = Math.min(at + PIECE, text.length);
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
      const piece = encode(text.slice(at, end).toWellFormed());
      pieces.push(piece);
      size += piece.length;
      at = end;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  };
}

export function exactDecode(decode: Decode): Decode {
  return (bytes, offset, length) => {
    if (length <= PIECE) return decodePiece(decode, bytes, offset, length);
    const pieces: string[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const next = at + PIECE < end ? beginOfSequence(bytes, at + PIECE) : end;
      pieces.push(decodePiece(decode, bytes, at, next - at));
      at = next;
    }
    return pieces.join("");
  };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Where no sequence is cut: at `at`, or up to three bytes before, as many as may follow a first one. */
function beginOfSequence(bytes: Uint8Array, at: number): number {
  for (let begin = at; begin > at - 4; begin--) if ((bytes[begin]! & 0xc0) !== 0x80) return begin;
  return at;
}

function decodePiece(decode: Decode, bytes: Uint8Array, offset: number, length: number): string {
  const text = decode(bytes, offset, length);
  return text.includes("\ufffd") || !text.isWellFormed() ? decodeDamaged(decode, bytes, offset, length) : text;
}

/** What is well-formed between the damage goes through `decode`. */
function decodeDamaged(decode: Decode, bytes: Uint8Array, offset: number, length: number): string {
  const end = offset + length;
  let text = "";
  let begin = offset;
  for (let at = offset; at < end; ) {
    const size = sequence(bytes, at, end);
    at += Math.abs(size);
    if (size > 0) continue;
    text += `${decode(bytes, begin, at + size - begin)}\ufffd`;
    begin = at;
  }
  return text + decode(bytes, begin, end - begin);
}

/**
 * Bytes of the well-formed sequence at `at` (Unicode 15, table 3-7), or minus the length of the maximal damaged part,
 * which is what becomes one U+FFFD (WHATWG Encoding, "UTF-8 decoder").
 */
function sequence(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < size; i++) {
    const byte = at + i < end ? bytes[at + i]! : 0;
    if (byte < low || byte > high) return -i;
    low = 0x80;
    high = 0xbf;
  }
  return size;
}
