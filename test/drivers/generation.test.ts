import { describe, expect, it } from "vitest";
import { decodeGenerationAddress } from "../../drivers/acpi/wire.ts";
import { FwCfg } from "../../drivers/fw-cfg.ts";
import { Generation } from "../../drivers/generation.ts";
import { generationAml, madt, placeTables, table } from "../support/acpi.ts";
import { fakeFwCfg } from "../support/fake-fw-cfg.ts";
import { FakeHal } from "../support/fake-hal.ts";

const AT = 0x7ffe028;

function codes(address: number): string {
  let text = "";
  let rest = address;
  for (let i = 0; i < 8; i++) {
    text += String.fromCharCode(rest % 256);
    rest = Math.floor(rest / 256);
  }
  return text;
}

/** Sixteen bytes in memory, as the host has put them there. */
function place(hal: FakeHal, from: number): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = 0xf0 + i;
  hal.firmware.push({ from, bytes });
  return bytes;
}

function expectNone(hal: FakeHal): void {
  const generation = new Generation(hal, new FwCfg(hal));
  expect(generation.address).toBe(0);
  expect(generation.changed()).toBe(false);
}

describe("the generation of a machine", () => {
  it("is where firmware has told QEMU, and is another when any byte of it is", () => {
    const hal = fakeFwCfg({ "etc/vmgenid_guid": "x", "etc/vmgenid_addr": codes(AT) });
    const bytes = place(hal, AT);
    const generation = new Generation(hal, new FwCfg(hal));
    expect(generation.address).toBe(AT);
    expect([...generation.bytes]).toEqual([...bytes]);
    expect(generation.changed()).toBe(false);
    for (let i = 0; i < 16; i++) {
      bytes[i] = i;
      expect(generation.changed()).toBe(true);
      expect([...generation.bytes]).toEqual([...bytes]);
      expect(generation.changed()).toBe(false);
    }
  });

  it("is in the DSDT, or one of several SSDTs, of hosts without fw_cfg", () => {
    for (const revision of [0, 2]) {
      for (const inDsdt of [true, false]) {
        const hal = new FakeHal();
        const aml = generationAml(0x9f000);
        const ssdts = inDsdt ? [] : [table("SSDT", [1, 2, 3]), table("SSDT", aml)];
        placeTables(hal, revision, { dsdt: table("DSDT", inDsdt ? aml : []), madt: madt([]), ssdts });
        const bytes = place(hal, 0x9f000);
        const generation = new Generation(hal, new FwCfg(hal));
        expect(generation.address).toBe(0x9f000);
        bytes[15] = 0;
        expect(generation.changed()).toBe(true);
      }
    }
  });

  it("is not there, and does not change, where nobody offers it, and where it cannot be mapped", () => {
    const refusing = fakeFwCfg({ "etc/vmgenid_addr": codes(AT) });
    place(refusing, AT);
    refusing.refuseMapping = true;
    const odd = fakeFwCfg({ "etc/vmgenid_addr": codes(AT + 4) });
    const unset = fakeFwCfg({ "etc/vmgenid_addr": codes(0) });
    const far = fakeFwCfg({ "etc/vmgenid_addr": "\xff\xff\xff\xff\xff\xff\xff\xf8" });
    expectNone(new FakeHal());
    expectNone(fakeFwCfg({ a: "b" }));
    expectNone(refusing);
    expectNone(odd);
    expectNone(unset);
    expectNone(far);
  });

  it("is told by two integers of any length, the higher of them second", () => {
    for (const address of [0x80, 0x1000, 0xfe000, 0x3fff000008, 0x100000000]) {
      expect(decodeGenerationAddress(table("SSDT", generationAml(address)))).toBe(address);
    }
  });

  it("is not told by what is cut off, unaligned, another package, or not behind that name", () => {
    const aml = generationAml(0x3fff000008);
    const body = aml.length;
    for (let cut = 1; cut < body; cut++)
      expect(decodeGenerationAddress(table("SSDT", aml.slice(0, body - cut)))).toBe(0);
    expect(decodeGenerationAddress(table("SSDT", generationAml(0x9f004)))).toBe(0);
    expect(decodeGenerationAddress(table("SSDT", aml.slice(aml.indexOf(0x41))))).toBe(0);
    const three = [...aml];
    three[aml.lastIndexOf(0x12) + 2] = 3;
    expect(decodeGenerationAddress(table("SSDT", three))).toBe(0);
  });
});
