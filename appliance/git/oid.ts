// Names of objects: SHA-1, 20 bytes or 40 hexadecimal digits.

export const OID_LENGTH = 20;

const DIGITS = "0123456789abcdef";
const HEX = Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]! + DIGITS[byte & 15]!);

/** The 20 bytes at the offset as 40 hexadecimal digits. */
export function toHex(bytes: Uint8Array, offset: number): string {
  let text = "";
  for (let i = offset; i < offset + OID_LENGTH; i++) text += HEX[bytes[i]!]!;
  return text;
}

/** The 20 bytes that the 40 hexadecimal digits mean; undefined when they are not such. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{40}$/.test(hex)) return undefined;
  const bytes = new Uint8Array(OID_LENGTH);
  for (let i = 0; i < OID_LENGTH; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A name is a hash already: four of its bytes will do. */
export function hash(names: Uint8Array, offset: number): number {
  return (names[offset]! << 22) ^ (names[offset + 1]! << 14) ^ (names[offset + 2]! << 7) ^ names[offset + 3]!;
}
