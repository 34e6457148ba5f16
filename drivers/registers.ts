// Where a device has its registers: in memory, or behind I/O ports. Both are one number, so that nobody else has to ask.

import type { Hal } from "./hal.ts";

/** Beyond all addresses of memory: PORT_SPACE and a port. */
export const PORT_SPACE = 2 ** 52;

/** One access of `size` 1, 2 or 4; memory must have been mapped. */
export function registerRead(hal: Hal, at: number, size: number): number {
  return at < PORT_SPACE ? hal.deviceRead(at, size) : hal.portRead(at - PORT_SPACE, size);
}

export function registerWrite(hal: Hal, at: number, size: number, value: number): void {
  if (at < PORT_SPACE) hal.deviceWrite(at, size, value);
  else hal.portWrite(at - PORT_SPACE, size, value);
}
