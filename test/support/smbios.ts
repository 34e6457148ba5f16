// SMBIOS's tables, as firmware writes them (DMTF DSP0134).

export function ascii(text: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
  return bytes;
}

/** 6.1: a structure and its strings. */
export function structure(type: number, formatted: readonly number[], strings: readonly string[]): number[] {
  const bytes = [type, 4 + formatted.length, 0, type, ...formatted];
  for (const text of strings) {
    for (const byte of ascii(text)) bytes.push(byte);
    bytes.push(0);
  }
  if (strings.length === 0) bytes.push(0);
  bytes.push(0);
  return bytes;
}

export function oemStrings(...strings: readonly string[]): number[] {
  return structure(11, [strings.length], strings);
}

export const END: readonly number[] = structure(127, [], []);

/** 5.2.1, 32-bit, and 5.2.2, 64-bit. */
export function entryPoint2(address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(31);
  bytes.set(Uint8Array.from([...ascii("_SM_"), 0, 31, 2, 8]));
  bytes.set(Uint8Array.from([...ascii("_DMI_"), 0, length & 255, length >> 8, ...little(address)]), 16);
  bytes[21] = negated(bytes.subarray(16, 31));
  bytes[4] = negated(bytes);
  return bytes;
}

export function entryPoint3(address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(24);
  bytes.set(Uint8Array.from([...ascii("_SM3_"), 0, 24, 3, 0, 0, 1, 0, ...little(length), ...little(address)]));
  bytes[5] = negated(bytes);
  return bytes;
}

function little(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}

/** What makes the bytes add up to 0. */
function negated(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]!;
  return (256 - (sum & 255)) & 255;
}
