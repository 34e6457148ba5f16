/// <reference path="./native.d.ts" />
// The hardware calls of native.d.ts as ordinary functions. Only hal.ts and tap/ call them: everything else here
// works on a Hal, so that it runs against fakes.

export function portRead(port: number, size: number): number {
  return nativePortRead(port, size);
}

export function portWrite(port: number, size: number, value: number): void {
  nativePortWrite(port, size, value);
}

export function deviceRead(address: number, size: number): number {
  return nativeDeviceRead(address, size);
}

export function deviceWrite(address: number, size: number, value: number): void {
  nativeDeviceWrite(address, size, value);
}

export function mapDevice(address: number, length: number): boolean {
  return nativeMapDevice(address, length);
}

export function addressOf(bytes: Uint8Array): number {
  return nativeAddressOf(bytes);
}

export function fence(): void {
  nativeFence();
}

export function messageAddress(): number {
  return nativeMessageAddress();
}

export function powerEvents(): number {
  return nativePowerEvents();
}

export function hypercall(number: number, a: number, b: number, c: number): number {
  return nativeHypercall(number, a, b, c);
}

export function xenShared(): number {
  return nativeXenShared();
}

export function xenResumed(): void {
  nativeXenResumed();
}

export function addEntropy(bytes: Uint8Array): void {
  nativeAddEntropy(bytes, true);
}

export function tapOpen(name: string): number {
  return nativeTapOpen(name);
}

export function tapState(): number {
  return nativeTapState();
}

export function tapOffload(flags: number): number {
  return nativeTapOffload(flags);
}

export function tapRead(into: Uint8Array, offset: number, length: number): number {
  return nativeTapRead(into, offset, length);
}

export function tapWrite(
  head: Uint8Array,
  headOffset: number,
  headLength: number,
  payload: Uint8Array,
  payloadOffset: number,
  payloadLength: number,
): number {
  return nativeTapWrite(head, headOffset, headLength, payload, payloadOffset, payloadLength);
}
