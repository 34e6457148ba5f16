// The drivers alone on real devices of QEMU (test/drivers/machine.ts): the card is found, configured and answers, over
// machines, buses and feature sets; frames go through a socket, so no privilege is needed.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildImage } from "../../image/build/image.ts";
import { root } from "../../image/build/run.ts";
import { sumBytes } from "../../stack/base/native.ts";
import { Machine } from "../../tools/qemu.ts";

const IMAGE = "build/test-drivers.elf";
const BUILD_LIMIT_MS = 300_000;
const BOOT_LIMIT_MS = 30_000;
const ANSWER_LIMIT_MS = 10_000;
const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const OURS = [0x02, 0, 0, 0, 0, 9];

/** The other end of QEMU's `-netdev stream`: a 4-byte big-endian length before each frame. */
class Peer {
  readonly frames: Buffer[] = [];
  readonly #server: Server;
  #socket: Socket | undefined;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#server = createServer((socket) => {
      this.#socket = socket;
      socket.on("data", (data) => this.#take(data)).on("error", () => {});
    }).listen(path);
  }

  send(frame: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    this.#socket?.write(Buffer.concat([length, frame]));
  }

  async answers(count: number): Promise<Buffer[]> {
    for (const end = Date.now() + ANSWER_LIMIT_MS; this.frames.length < count && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 10));
    return this.frames.splice(0);
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readUInt32BE(0)) {
      const end = 4 + this.#rest.readUInt32BE(0);
      this.frames.push(this.#rest.subarray(4, end));
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** An echo request to 10.9.0.3 with `length` bytes of data. */
function ping(length: number, sequence: number): Uint8Array {
  const frame = new Uint8Array(42 + length);
  frame.set([...MAC, ...OURS, 0x08, 0x00, 0x45, 0, (28 + length) >> 8, (28 + length) & 255]);
  frame.set([64, 1], 22);
  frame.set([10, 9, 0, 1, 10, 9, 0, 3, 8, 0, 0, 0, 0x12, 0x34, sequence >> 8, sequence & 255], 26);
  for (let i = 0; i < length; i++) frame[42 + i] = (i + sequence) & 255;
  const ip = 0xffff ^ sumBytes(frame, 14, 20, 0);
  frame.set([ip >> 8, ip & 255], 24);
  const icmp = 0xffff ^ sumBytes(frame, 34, frame.length - 34, 0);
  frame.set([icmp >> 8, icmp & 255], 36);
  return frame;
}

let folder: string;
let peer: Peer;
let machine: Machine | undefined;

beforeAll(() => buildImage("test/drivers/machine.ts", IMAGE), BUILD_LIMIT_MS);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drivers-"));
  peer = new Peer(join(folder, "frames"));
});

afterEach(async () => {
  await machine?.stop();
  peer.close();
  rmSync(folder, { recursive: true });
});

interface Setting {
  readonly name: string;
  readonly machine?: string;
  readonly memory?: number;
  readonly cpu?: string;
  readonly card?: string;
  readonly extra?: readonly string[];
  readonly off?: string;
  readonly expect: RegExp;
}

async function boot(setting: Setting): Promise<Machine> {
  machine = new Machine({
    image: join(root, IMAGE),
    parameters: setting.off ?? "",
    netdev: `stream,id=n0,server=off,addr.type=unix,addr.path=${join(folder, "frames")}`,
    memory: setting.memory ?? 64,
    cpu: setting.cpu ?? "max",
    machine: setting.machine ?? "q35",
    card: setting.card ?? "virtio-net-pci,netdev=n0",
    extra: setting.extra ?? [],
  });
  await machine.line(/^ready$/, BOOT_LIMIT_MS);
  return machine;
}

const ALL = /^virtio-net at .* \(.*event-idx.*\), 52:54:00:12:34:56, mtu 1500, up true, interrupts true$/m;

describe("the drivers on QEMU's devices", () => {
  const settings: readonly Setting[] = [
    { name: "q35", expect: ALL },
    { name: "pc", machine: "pc", expect: ALL },
    { name: "5 GB of memory", memory: 5120, expect: ALL },
    { name: "a modern card", card: "virtio-net-pci,netdev=n0,disable-legacy=on", expect: ALL },
    {
      name: "a card behind a root port",
      card: "pcie-root-port,id=rp,chassis=1",
      extra: ["-device", "virtio-net-pci,netdev=n0,bus=rp"],
      expect: /virtio-net at 01:00\.0/,
    },
    {
      name: "a card behind two bridges",
      machine: "pc",
      card: "pci-bridge,id=b1,chassis_nr=1",
      extra: [
        ...["-device", "pci-bridge,id=b2,bus=b1,addr=1,chassis_nr=2"],
        ...["-device", "virtio-net-pci,netdev=n0,bus=b2,addr=3"],
      ],
      expect: /virtio-net at 02:03\.0/,
    },
    {
      name: "large rings, a page a queue, a translated platform, a smaller MTU",
      card: "virtio-net-pci,netdev=n0,page-per-vq=on,rx_queue_size=1024,tx_queue_size=256,iommu_platform=on,disable-legacy=on,host_mtu=1400",
      expect: /mtu 1400, up true, interrupts true/,
    },
    {
      name: "an interface of before virtio 1.0, q35",
      card: "virtio-net-pci,netdev=n0,disable-modern=on,disable-legacy=off",
      expect: ALL,
    },
    {
      name: "an interface of before virtio 1.0 with large queues, pc",
      machine: "pc",
      card: "virtio-net-pci,netdev=n0,disable-modern=on,rx_queue_size=1024,tx_queue_size=256",
      expect: ALL,
    },
    {
      name: "an interface of before virtio 1.0 that wants headers apart, of 10 bytes, in queues of 512",
      machine: "pc",
      card: "virtio-net-pci,netdev=n0,disable-modern=on,any_layout=off,mrg_rxbuf=off,rx_queue_size=512",
      expect: /virtio-net at \S+ \(event-idx status\), 52/,
    },
    {
      name: "an interface of before virtio 1.0 that wants headers apart, merged, without MSI-X",
      card: "virtio-net-pci,netdev=n0,disable-modern=on,disable-legacy=off,any_layout=off,vectors=0",
      expect: /mrg-rxbuf/,
    },
    { name: "e1000, pc", machine: "pc", card: "e1000,netdev=n0", expect: /^e1000 at .*, up true, interrupts true$/m },
    { name: "e1000e, q35", card: "e1000e,netdev=n0", expect: /^e1000 at .*, up true, interrupts true$/m },
    {
      name: "a card without MSI-X",
      card: "virtio-net-pci,netdev=n0,vectors=0",
      expect: /interrupts true/,
    },
    {
      name: "a card without features",
      card: "virtio-net-pci,netdev=n0,csum=off,guest_csum=off,mrg_rxbuf=off,event_idx=off,status=off",
      expect: /virtio-net at \S+ \(\), 52/,
    },
    {
      name: "every option switched off",
      off: "checksum guest-checksum segmentation mergeable event-index",
      expect: /virtio-net at \S+ \(status\), 52/,
    },
  ];
  for (const setting of settings) {
    it(`takes frames and answers: ${setting.name}`, async () => {
      const it0 = await boot(setting);
      expect(it0.console).toMatch(setting.expect);
      expect(await it0.line(/^entropy 64$/, ANSWER_LIMIT_MS)).toBeDefined();
      const lengths = [18, 64, 300, 1372];
      for (let round = 0; round < 50; round++) {
        lengths.forEach((length, i) => {
          peer.send(ping(length, 4 * round + i));
        });
        const answers = await peer.answers(4);
        expect(answers.map((a) => a.length)).toEqual(lengths.map((l) => l + 42));
        answers.forEach((answer, i) => {
          expect(answer[34]).toBe(0);
          expect(answer.readUInt16BE(40)).toBe(4 * round + i);
          expect(sumBytes(answer, 34, answer.length - 34, 0)).toBe(0xffff);
        });
      }
    }, 60_000);
  }

  it("says what it cannot drive, and why", async () => {
    const rtl8139 = await boot({ name: "rtl8139", card: "rtl8139,netdev=n0", expect: ALL });
    expect(rtl8139.console).toMatch(
      /no network card that can be driven: Realtek RTL8139 \(10ec:8139\) at 00:0.\.0: there is no driver for it; use /,
    );
  }, 60_000);
});
