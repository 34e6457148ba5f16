// QEMU's firmware configuration device, by ports.

import { FakeHal } from "./fake-hal.ts";

const FIRST_KEY = 0x20;

class FwCfgHal extends FakeHal {
  private readonly items: (readonly number[])[] = [];
  private item: readonly number[] = [];
  private at = 0;

  constructor(files: Readonly<Record<string, string>>, signature: string) {
    super();
    const names = Object.keys(files);
    const directory: number[] = [...big(names.length)];
    for (let i = 0; i < names.length; i++) {
      const content = codes(files[names[i]!]!);
      for (const byte of [...big(content.length), 0, FIRST_KEY + i, 0, 0]) directory.push(byte);
      const name = codes(names[i]!);
      for (let at = 0; at < 56; at++) directory.push(at < name.length ? name[at]! : 0);
      // Keys have 16 bits; the lower eight do for what is looked at.
      this.items[(FIRST_KEY + i) & 0xff] = content;
    }
    this.items[0] = codes(signature);
    this.items[0x19] = directory;
  }

  override portRead(port: number, size: number): number {
    if (port !== 0x511) return super.portRead(port, size);
    if (size !== 1) throw new RangeError(`${size} bytes of the data register`);
    this.at++;
    return this.at <= this.item.length ? this.item[this.at - 1]! : 0;
  }

  override portWrite(port: number, size: number, value: number): void {
    if (port !== 0x510) {
      super.portWrite(port, size, value);
      return;
    }
    if (size !== 2) throw new RangeError(`${size} bytes of the selector`);
    this.item = this.items[value] ?? [];
    this.at = 0;
  }
}

/** A machine that has these files, whose content is Latin-1. */
export function fakeFwCfg(files: Readonly<Record<string, string>>, signature = "QEMU"): FakeHal {
  return new FwCfgHal(files, signature);
}

function codes(text: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i) & 255);
  return bytes;
}

function big(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
