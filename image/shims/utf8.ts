// UTF-8 as WHATWG Encoding has it. The engine's own conversion is exact and fast for whatever is well-formed; of a damaged
// sequence it makes as many U+FFFD as it has bytes, and it lets surrogates through. Put over the native functions.

type Decode = typeof nativeUtf8Decode;
type Encode = typeof nativeUtf8Encode;

export function exactEncode(encode: Encode): Encode {
  return (text) => encode(text.toWellFormed());
}

export function exactDecode(decode: Decode): Decode {
  return (bytes, offset, length) => {
    const text = decode(bytes, offset, length);
    return text.includes("\ufffd") || !text.isWellFormed() ? decodeDamaged(decode, bytes, offset, length) : text;
  };
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
