// Byte arrays for tests.

/** Bytes of hexadecimal digits; spaces and line ends between them are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.split(" ").join("").split("\n").join("");
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** `length` -1: to the end. */
export function toHex(bytes: Uint8Array, offset = 0, length = -1): string {
  let text = "";
  for (const byte of bytes.subarray(offset, length < 0 ? bytes.length : offset + length))
    text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** Bytes of a Latin-1 string. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Bytes that tell where they lie: 0, 1, 2 ... with a twist every 251. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + Math.floor(i / 251)) & 255;
  return bytes;
}
