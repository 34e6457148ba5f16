// ACPI tables as hypervisors write them, in the memory of FakeHal.

import type { MmioPlace } from "../../drivers/acpi/wire.ts";
import { type FakeHal, putLe } from "./fake-hal.ts";

const RSDP_AT = 0xe0010;
const LIST_AT = 0xe1003;
const FADT_AT = 0xe2000;
const MADT_AT = 0x9fc00;
const DSDT_AT = 0xfe8001;
const SSDT_AT = 0xff0000;

interface Placed {
  readonly bytes: Uint8Array;
}

/** A header, what follows it, and a checksum. */
export function table(signature: string, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(36 + body.length);
  for (let i = 0; i < 4; i++) bytes[i] = signature.charCodeAt(i);
  putLe(bytes, 4, 4, bytes.length);
  bytes[8] = 2;
  bytes.set(body, 36);
  bytes[9] = complement(bytes);
  return bytes;
}

/** What QEMU and Firecracker write for a virtio device without a bus: _HID, and _CRS with memory and interrupt. */
export function mmioAml({ address, size, line }: MmioPlace): number[] {
  const name = [..."LNRO0005"].map((c) => c.charCodeAt(0));
  const resources = [0x86, 9, 0, 1, ...little(address), ...little(size), 0x89, 6, 0, 3, 1, ...little(line), 0x79, 0];
  return [
    0x08,
    0x5f,
    0x48,
    0x49,
    0x44,
    0x0d,
    ...name,
    0,
    0x08,
    0x5f,
    0x43,
    0x52,
    0x53,
    0x11,
    0x1a,
    0x0a,
    0x17,
    ...resources,
  ];
}

/** What Firecracker and bhyve write for the generation of a machine: _CID, _DDN, and ADDR. */
export function generationAml(address: number): number[] {
  const counter = [0x0d, ...[..."VM_Gen_Counter"].map((c) => c.charCodeAt(0)), 0];
  const name = (text: string): number[] => [0x08, ...[...text].map((c) => c.charCodeAt(0))];
  const halves = [...integer(address % 0x100000000), ...integer(Math.floor(address / 0x100000000))];
  return [
    ...name("_CID"),
    ...counter,
    ...name("_DDN"),
    ...counter,
    ...name("ADDR"),
    0x12,
    2 + halves.length,
    2,
    ...halves,
  ];
}

/** 20.2.3 of ACPI 6.4, as short as it can be. */
function integer(value: number): number[] {
  if (value < 2) return [value];
  if (value < 256) return [0x0a, value];
  return value < 65536 ? [0x0b, ...little(value).slice(0, 2)] : [0x0c, ...little(value)];
}

/** Addresses and first lines of I/O APICs, among structures of another type. */
export function madt(ioApics: readonly (readonly [address: number, firstLine: number])[]): Uint8Array {
  let body = [...little(0xfee00000), ...little(1), 0, 8, 0, 0, 1, 0, 0, 0];
  for (const [address, firstLine] of ioApics) {
    body = [...body, 1, 12, 0, 0, ...little(address), ...little(firstLine), 2, 10, 0, 0, 0, 0, 0, 0, 0, 0];
  }
  return table("APIC", body);
}

/** Places an RSDP of this revision and what it leads to; each can then be spoiled. */
export function placeTables(
  hal: FakeHal,
  revision: number,
  tables: { readonly dsdt: Uint8Array; readonly madt: Uint8Array; readonly ssdts?: readonly Uint8Array[] },
): { readonly [name: string]: Placed } {
  const fadt = new Uint8Array(276 - 36);
  putLe(fadt, 40 - 36, 4, DSDT_AT);
  const wide = revision >= 2;
  const ssdts = (tables.ssdts ?? []).map((bytes, i) => ({ from: SSDT_AT + i * 0x1000, bytes }));
  const entries = [FADT_AT, MADT_AT, ...ssdts.map(({ from }) => from)].flatMap((at) => [
    ...little(at),
    ...(wide ? [0, 0, 0, 0] : []),
  ]);
  const rsdp = new Uint8Array(36);
  rsdp.set([..."RSD PTR "].map((c) => c.charCodeAt(0)));
  rsdp[15] = revision;
  putLe(rsdp, 16, 4, wide ? 0 : LIST_AT);
  rsdp[8] = complement(rsdp.subarray(0, 20));
  putLe(rsdp, 20, 4, 36);
  putLe(rsdp, 24, 4, wide ? LIST_AT : 0);
  rsdp[32] = complement(rsdp);
  const placed = {
    rsdp: { from: RSDP_AT, bytes: rsdp },
    list: { from: LIST_AT, bytes: table(wide ? "XSDT" : "RSDT", entries) },
    fadt: { from: FADT_AT, bytes: table("FACP", [...fadt]) },
    madt: { from: MADT_AT, bytes: tables.madt },
    dsdt: { from: DSDT_AT, bytes: tables.dsdt },
  };
  hal.firmware.push(placed.rsdp, placed.list, placed.fadt, placed.madt, placed.dsdt);
  for (const each of ssdts) hal.firmware.push(each);
  return placed;
}

function complement(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 255;
}

function little(value: number): number[] {
  return [value % 256, Math.floor(value / 256) % 256, Math.floor(value / 65536) % 256, Math.floor(value / 16777216)];
}
