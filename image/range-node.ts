// What the natives on Node check of the arrays that they are given, as generated code does on the machine.

/** Throws when the range does not lie in the array. */
export function checkRange(bytes: Uint8Array, offset: number, length: number): void {
  if (!(Number.isInteger(offset) && Number.isInteger(length)) || offset < 0 || length < 0)
    throw new RangeError("range");
  if (offset + length > bytes.length) throw new RangeError(`range ${offset}+${length} of ${bytes.length}`);
}

/** Throws when it is not a whole number of these. */
export function checkWhole(value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${value} is not a whole number from ${least} to ${most}`);
}

/** The range itself. */
export function part(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  checkRange(bytes, offset, length);
  return bytes.subarray(offset, offset + length);
}
