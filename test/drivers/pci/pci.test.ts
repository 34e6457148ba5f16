import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bars } from "../../../drivers/pci/bar.ts";
import { ConfigSpace, pciAddress } from "../../../drivers/pci/config.ts";
import { enumerate, MOST_FUNCTIONS } from "../../../drivers/pci/enumerate.ts";
import { Msix } from "../../../drivers/pci/msix.ts";
import { PORT_SPACE } from "../../../drivers/registers.ts";
import { FakeHal, FakePciFunction, getLe, putLe } from "../../support/fake-hal.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";

function names(hal: FakeHal): string[] {
  return enumerate(new ConfigSpace(hal)).map((f) => `${f.name} ${f.id}`);
}

function bridge(secondary: number): FakePciFunction {
  const it = new FakePciFunction(0x1b36, 0x0001, 0x06, 0x04);
  it.config[0x0e] = 1;
  it.config[0x19] = secondary;
  return it;
}

function plain(device = 0x1234): FakePciFunction {
  return new FakePciFunction(0x8086, device, 0x02, 0x00);
}

/** Every address answers, with a bridge to the next bus. */
class Everywhere extends FakeHal {
  private readonly fn = bridge(0);
  private at = 0;
  override portWrite(port: number, size: number, value: number): void {
    if (port === 0xcf8) this.at = value;
    super.portWrite(port, size, value);
  }
  override portRead(port: number, size: number): number {
    if (port === 0xcf8) return super.portRead(port, size);
    const bus = (this.at >> 16) & 255;
    this.fn.config[0x0e] = 0x81;
    this.fn.config[0x19] = (bus + 1) & 255;
    return this.fn.configRead((this.at & 0xfc) + port - 0xcfc, size);
  }
}

describe("PCI enumeration", () => {
  it("finds nothing on a machine without PCI", () => {
    const hal = new FakeHal();
    hal.plug(0, 0, 0, plain());
    hal.pci = false;
    expect(names(hal)).toEqual([]);
  });

  it("finds functions in order, and further functions only where the header says there are", () => {
    const hal = new FakeHal();
    const many = plain(1);
    many.config[0x0e] = 0x80;
    hal.plug(0, 3, 0, many);
    hal.plug(0, 3, 5, plain(2));
    hal.plug(0, 1, 0, plain(3));
    hal.plug(0, 1, 1, plain(4));
    hal.plug(0, 9, 1, plain(5));
    expect(names(hal)).toEqual(["00:01.0 8086:0003", "00:03.0 8086:0001", "00:03.5 8086:0002"]);
  });

  it("reads what identifies a function", () => {
    const hal = new FakeHal();
    const it = plain(0x100e);
    putLe(it.config, 0x08, 2, 0x2003);
    putLe(it.config, 0x2c, 4, 0x11001af4);
    hal.plug(0, 2, 0, it);
    const [f] = enumerate(new ConfigSpace(hal));
    expect([f!.vendor, f!.device, f!.revision, f!.programmingInterface, f!.classCode, f!.subclass]).toEqual([
      0x8086, 0x100e, 3, 0x20, 2, 0,
    ]);
    expect([f!.subsystemVendor, f!.subsystem]).toEqual([0x1af4, 0x1100]);
  });

  it("goes through bridges behind bridges", () => {
    const hal = new FakeHal();
    hal.plug(0, 2, 0, bridge(5));
    hal.plug(5, 0, 0, bridge(0xfe));
    hal.plug(0xfe, 31, 0, plain());
    expect(names(hal)).toEqual(["00:02.0 1b36:0001", "05:00.0 1b36:0001", "fe:1f.0 8086:1234"]);
  });

  it("visits each bus once, though bridges lead in circles, and none that was given no number", () => {
    const hal = new FakeHal();
    hal.plug(0, 1, 0, bridge(1));
    hal.plug(0, 2, 0, bridge(1));
    hal.plug(0, 3, 0, bridge(0));
    hal.plug(1, 0, 0, bridge(0));
    hal.plug(1, 1, 0, bridge(1));
    expect(names(hal)).toHaveLength(5);
  });

  it("takes several functions of the host bridge for bridges of further buses", () => {
    const hal = new FakeHal();
    const host = new FakePciFunction(0x8086, 1, 0x06, 0x00);
    host.config[0x0e] = 0x80;
    hal.plug(0, 0, 0, host);
    hal.plug(0, 0, 2, new FakePciFunction(0x8086, 2, 0x06, 0x00));
    hal.plug(2, 0, 0, plain());
    expect(names(hal)).toEqual(["00:00.0 8086:0001", "00:00.2 8086:0002", "02:00.0 8086:1234"]);
  });

  it("stops at a bound when every address answers", () => {
    expect(enumerate(new ConfigSpace(new Everywhere()))).toHaveLength(MOST_FUNCTIONS);
  });
});

describe("the capability list", () => {
  function list(set: (config: Uint8Array) => void): number[] {
    const hal = new FakeHal();
    const it = plain();
    set(it.config);
    hal.plug(0, 1, 0, it);
    return new ConfigSpace(hal).capabilities(pciAddress(0, 1, 0));
  }

  it("is followed in its order, reserved bits masked off", () => {
    expect(
      list((c) => {
        c[6] = 0x10;
        c[0x34] = 0x83;
        c[0x81] = 0x42;
        c[0x41] = 0;
      }),
    ).toEqual([0x80, 0x40]);
  });

  it("is empty when the status register says that there is none", () => {
    expect(
      list((c) => {
        c[0x34] = 0x40;
      }),
    ).toEqual([]);
  });

  it("ends where it loops or leaves its range", () => {
    expect(
      list((c) => {
        c[6] = 0x10;
        c[0x34] = 0x40;
        c[0x41] = 0x50;
        c[0x51] = 0x40;
      }),
    ).toEqual([0x40, 0x50]);
    expect(
      list((c) => {
        c[6] = 0x10;
        c[0x34] = 0x40;
        c[0x41] = 0x20;
      }),
    ).toEqual([0x40]);
  });

  it("is bounded and free of repetition for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), (bytes) => {
        const found = list((c) => {
          c.set(bytes);
          c[6] = 0x10;
        });
        expect(found.length).toBeLessThanOrEqual(48);
        expect(new Set(found).size).toBe(found.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe("BARs", () => {
  function bars(add: (it: FakePciFunction) => void): { hal: FakeHal; it: FakePciFunction; bars: Bars } {
    const hal = new FakeHal();
    const it = plain();
    it.config[4] = 7;
    add(it);
    hal.plug(0, 1, 0, it);
    const before = it.config.slice();
    const found = new Bars(hal, new ConfigSpace(hal), pciAddress(0, 1, 0));
    expect([...it.config]).toEqual([...before]);
    expect(it.probedWhileDecoding).toBe(0);
    return { hal, it, bars: found };
  }

  it("are sized with decoding off and left as they were, 32 and 64 bits, also above 4 GB", () => {
    const { bars: b } = bars((it) => {
      it.addBar(0, 0xfebd0000, 0x10000, false);
      it.addBar(1, 0x38_0000_4000, 0x4000, true);
      it.addBar(3, 0x100_0000_0000, 0x4_0000_0000, true);
      it.addPortBar(5, 0xc000, 0x40);
    });
    expect(b.size).toEqual([0x10000, 0x4000, 0, 0x4_0000_0000, 0, 0x40]);
    expect(b.address).toEqual([0xfebd0000, 0x38_0000_4000, 0, 0x100_0000_0000, 0, PORT_SPACE + 0xc000]);
  });

  it("behind ports are no memory, and end where the ports do", () => {
    const { hal, bars: b } = bars((it) => {
      it.addPortBar(0, 0xc000, 0x20);
      it.addPortBar(1, 0, 0x20);
      it.addPortBar(2, 0x8000, 0x8000);
    });
    expect(b.map(0, 0, 4)).toBe(-1);
    expect(b.place(0, 4, 0x1c)).toBe(PORT_SPACE + 0xc004);
    expect(b.place(0, 4, 0x1d)).toBe(-1);
    expect(b.place(1, 0, 4)).toBe(-1);
    expect(b.place(2, 0x7fff, 1)).toBe(PORT_SPACE + 0xffff);
    // One that says it goes on beyond the last port.
    b.size[2] = 0x8001;
    expect(b.place(2, 0, 4)).toBe(-1);
    expect(hal.mapped).toEqual([]);
  });

  it("map ranges that lie within them, and nothing else", () => {
    const { hal, bars: b } = bars((it) => {
      it.addBar(0, 0xfebd0000, 0x1000, false);
      it.addBar(2, 0, 0x1000, false);
    });
    expect(b.map(0, 0xff0, 16)).toBe(0xfebd0ff0);
    expect(hal.mapped).toEqual([{ from: 0xfebd0ff0, to: 0xfebd1000 }]);
    for (const [bar, offset, length] of [
      [0, 0xff1, 16],
      [0, -1, 1],
      [0, 0, 0],
      [1, 0, 1],
      [2, 0, 1],
      [6, 0, 1],
      [255, 0, 1],
      [0, 0xfffffff0, 16],
    ] as const) {
      expect(b.map(bar, offset, length)).toBe(-1);
    }
    hal.refuseMapping = true;
    expect(b.map(0, 0, 1)).toBe(-1);
  });
});

function open(change: (it: FakeVirtio) => void = () => {}): { hal: FakeHal; it: FakeVirtio; msix: Msix } {
  const hal = new FakeHal();
  const it = new FakeVirtio(hal, 0x1041, 2);
  change(it);
  hal.plug(0, 1, 0, it);
  const config = new ConfigSpace(hal);
  const fn = pciAddress(0, 1, 0);
  const found = new Bars(hal, config, fn);
  it.config[4] = 2;
  return { hal, it, msix: new Msix(hal, config, fn, found) };
}

describe("MSI-X", () => {
  it("is enabled with all entries masked, and routes one", () => {
    const { it, msix } = open();
    expect(msix.entries).toBe(2);
    msix.enable();
    expect(getLe(it.config, 0x9a, 2) & 0xc000).toBe(0x8000);
    expect([getLe(it.msixTable, 12, 4), getLe(it.msixTable, 28, 4)]).toEqual([1, 1]);
    msix.route(1, 0x1_fee0_1000, 0x41);
    expect([0, 4, 8, 12].map((o) => getLe(it.msixTable, 16 + o, 4))).toEqual([0xfee01000, 1, 0x41, 0]);
    msix.mask(1);
    expect(getLe(it.msixTable, 28, 4)).toBe(1);
    expect(msix.pending(1)).toBe(false);
    msix.disable();
    expect(getLe(it.config, 0x9a, 2) & 0xc000).toBe(0);
    expect(() => msix.mask(2)).toThrow();
  });

  it("counts as absent when its table does not lie in a BAR", () => {
    expect(open((it) => putLe(it.config, 0x9c, 4, 0x1001)).msix.entries).toBe(0);
    expect(open((it) => putLe(it.config, 0x9c, 4, 0xff0 + 1)).msix.entries).toBe(0);
    expect(open((it) => putLe(it.config, 0x9c, 4, 5)).msix.entries).toBe(0);
  });
});
