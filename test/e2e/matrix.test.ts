// One image on many machines: chipsets, memory sizes, processors, devices that it does not know, offloads switched off.
// Each serves the same bytes.

import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../image/build/run.ts";
import type { MachineOptions } from "../../tools/qemu.ts";
import { type Bed, FILES, makeBed, megabyte, Vm } from "./support/bed.ts";
import { CARDS } from "./support/cards.ts";
import { get } from "./support/http.ts";

const LARGE = megabyte(5).subarray(0, 400_000);

let bed: Bed;
let vm: Vm | undefined;
let reference: string | undefined;

beforeAll(async () => {
  bed = await makeBed("matrix", { ...FILES, "static/large.bin": LARGE });
});

afterEach(() => vm?.stop());
afterAll(() => bed?.close());

/** Boots, asks for a page, a feed and a file; all must be the same on every machine. */
async function serves(machine: Partial<MachineOptions>, parameters = ""): Promise<string> {
  vm = await Vm.start({ git: bed.git, parameters, machine });
  await vm.ready();
  const pages: string[] = [];
  for (const path of ["/", "/Posts/First", "/tags/test", "/rss"]) {
    const answer = await get(vm.port, path);
    expect(answer.status).toBe(200);
    pages.push(`${answer.headers.etag} ${answer.text}`);
  }
  expect((await get(vm.port, "/static/large.bin")).body.equals(LARGE)).toBe(true);
  reference ??= pages.join("\n");
  expect(pages.join("\n")).toBe(reference);
  expect(vm.machine.console).not.toContain("panic");
  return vm.machine.console;
}

describe("chipsets and memory", () => {
  for (const machine of ["q35", "pc"])
    for (const memory of [24, 64, 2048, 5120])
      test(`-M ${machine} -m ${memory}`, async () => {
        const text = await serves({ machine, memory });
        const told = Number(/(\d+) MB of memory/.exec(text)?.[1]);
        expect(told).toBeGreaterThan(memory * 0.75 - 4);
        expect(told).toBeLessThanOrEqual(memory);
      });
});

test("the whole program as bytecode (--engine=bytecode)", async () => {
  const image = "build/epiphyte-bytecode.elf";
  execFileSync(process.execPath, ["image/build/image.ts", "--engine=bytecode"], { cwd: root, stdio: "ignore" });
  await serves({ image, memory: 24 });
});

describe("processors", () => {
  for (const cpu of ["max", "qemu64", "Nehalem", "Skylake-Client", "EPYC"])
    test(`-cpu ${cpu}, with virtio-rng`, async () => {
      expect(await serves({ cpu })).not.toContain("no source of entropy");
    });

  test("-cpu qemu64 without virtio-rng: says that there is no entropy, and serves", async () => {
    expect(await serves({ cpu: "qemu64", entropy: false })).toMatch(
      /no source of entropy: .*add -device virtio-rng-pci/,
    );
  });

  test("-cpu max without virtio-rng: the processor's own entropy", async () => {
    expect(await serves({ entropy: false })).not.toContain("no source of entropy");
  });

  test("-smp 4: one is used", async () => {
    await serves({ extra: ["-smp", "4"] });
  });
});

describe("devices that it does not know", () => {
  for (const machine of ["q35", "pc"])
    test(`beside e1000, AHCI, USB, VGA, sound, balloon, serial and disk on ${machine}`, async () => {
      const extra = ["e1000", "ich9-ahci,id=ahci0", "nec-usb-xhci", "VGA", "AC97", "virtio-balloon-pci"]
        .concat(["virtio-serial-pci", "virtio-scsi-pci", "i6300esb", "pcie-root-port,chassis=9"])
        .filter((name) => machine === "q35" || !name.startsWith("pcie"))
        .flatMap((name) => ["-device", name]);
      await serves({ machine, extra });
    });

  test("a second card that works as well is left alone, and told", async () => {
    const text = await serves({
      extra: ["-netdev", "user,id=n1", "-device", "virtio-net-pci,netdev=n1,mac=52:54:00:00:00:02"],
    });
    expect(text).toMatch(
      /52:54:00:\S+, is left alone: another was offered an address first; --mac=52:54:00:\S+ uses it/,
    );
  });

  for (const machine of ["q35", "pc"])
    test(`two cards, of which the first is on a dead network, ${machine}`, async () => {
      const text = await serves({
        machine,
        memory: 24,
        card: "virtio-net-pci,netdev=dead,mac=52:54:00:00:00:01",
        extra: ["-netdev", "socket,id=dead,listen=127.0.0.1:0"].concat([
          "-device",
          "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:02",
        ]),
      });
      expect(text).toMatch(/network card: virtio-net at \S+ .*52:54:00:00:00:02/);
      expect(text).toMatch(/52:54:00:00:00:01, is left alone: another was offered an address first/);
    });

  test("--mac= picks a card, also when it is the one that nobody answers", async () => {
    const machine = {
      card: "virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01",
      extra: [
        "-netdev",
        "socket,id=n1,listen=127.0.0.1:0",
        "-device",
        "virtio-net-pci,netdev=n1,mac=52:54:00:00:00:02",
      ],
    };
    const text = await serves(machine, "--mac=52:54:00:00:00:01");
    expect(text).toMatch(/52:54:00:00:00:02, is left alone: --mac names another/);
    await vm?.stop();
    vm = await Vm.start({ git: bed.git, parameters: "--mac=52:54:00:00:00:09", machine });
    expect(await vm.machine.exit(30_000)).toBe(0);
    expect(vm.machine.console).toMatch(
      /no network card has the address --mac=52:54:00:00:00:09: virtio-net at .*00:01, virtio-net/,
    );
  });
});

describe("cards", () => {
  for (const { name, machine, said } of CARDS)
    test(name, async () => {
      expect(await serves({ memory: 24, ...machine })).toMatch(said);
    });
});

describe("offloads switched off serve the same bytes", () => {
  const switches = ["--no-checksum-offload", "--no-segment-offload", "--no-merge-rx", "--no-event-index"];
  for (const words of [...switches, switches.join(" ")])
    test(words, async () => {
      await serves({}, words);
    });

  test("a card that offers nothing", async () => {
    await serves({
      card: "virtio-net-pci,netdev=n0,csum=off,guest_csum=off,host_tso4=off,mrg_rxbuf=off,event_idx=off,status=off",
    });
  });
});
