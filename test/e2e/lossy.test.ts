// The machine behind a wire that drops, reorders, duplicates and marks frames both ways (tools/switch.ts), the Linux of a
// network namespace as its peer: lease, clone, pages and a push all the same, every byte as it was sent, and marks of
// congestion (RFC 3168) told and believed by both.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONGESTION_EXPERIENCED } from "../../stack/base/packet.ts";
import { ACK, CWR, ECE, SYN } from "../../stack/tcp/wire.ts";
import { Namespace } from "../../tools/namespace.ts";
import { Machine } from "../../tools/qemu.ts";
import { isRoot, want } from "../../tools/setup.ts";
import { Switch } from "../../tools/switch.ts";
import { Blog, FILES, IMAGE, megabyte, post } from "./support/bed.ts";
import { scratch, startDnsmasq } from "./support/peers.ts";

const OCTET = 93;
const GIT_PORT = 8000;
const FAULTS = { drop: 0.02, reorder: 0.05, duplicate: 0.01, mark: 0.02 };
/** Retransmissions take their time: a DHCP or SYN timer is a second at first. */
const READY_WITHIN_MS = 120_000;
const SEED = 20_261;

const tools = isRoot() && want("dnsmasq", "curl", "ip", "git", "gcc", "qemu-system-x86_64");
const why = tools ? "" : " (skipped: needs root, dnsmasq, curl, ip, gcc)";

/** Of IPv4 and TCP without options of IP: what a port was sent, by kind. */
class Seen {
  asks = 0;
  agrees = 0;
  marks = 0;
  echoes = 0;
  answers = 0;

  take(frame: Uint8Array): void {
    if (frame[12] !== 8 || frame[13] !== 0 || frame[14] !== 0x45 || frame[23] !== 6 || frame.length < 54) return;
    const flags = frame[47]!;
    if ((frame[15]! & 3) === CONGESTION_EXPERIENCED) this.marks++;
    if ((flags & (SYN | ACK | ECE | CWR)) === (SYN | ECE | CWR)) this.asks++;
    else if ((flags & (SYN | ECE | CWR)) === (SYN | ECE)) this.agrees++;
    else if ((flags & SYN) === 0) {
      if ((flags & ECE) !== 0) this.echoes++;
      if ((flags & CWR) !== 0) this.answers++;
    }
  }
}

describe.skipIf(!tools)(`a wire that drops 2 %, reorders 5 %, duplicates 1 % and marks 2 %${why}`, () => {
  const files = [1, 2, 3].map((seed) => megabyte(seed));
  let folder: string;
  let blog: Blog;
  let space: Namespace;
  let wire: Switch;
  let machine: Machine;
  let site: string;
  /** What the machine was sent, and what Linux was. */
  const machineSaw = new Seen();
  const linuxSaw = new Seen();

  beforeAll(async () => {
    folder = scratch("lossy");
    const large = Object.fromEntries(files.map((bytes, i) => [`static/${i}.bin`, bytes]));
    blog = new Blog(folder, { ...FILES, ...large });
    const relay = join(folder, "tap-relay");
    execFileSync("gcc", ["-O2", "-Wall", "-Werror", "-o", relay, "test/e2e/support/tap-relay.c"]);
    space = new Namespace(`epiphyte-lossy-${process.pid}`, OCTET);
    startDnsmasq(space, folder, { "git.test": space.address });
    space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
    // It asks for ECN as well, where it would only agree.
    space.run(["sysctl", "-q", "-w", "net.ipv4.tcp_ecn=1"]);
    wire = new Switch({ ...FAULTS, seed: SEED }, undefined, (frame, to) => {
      (to === 0 ? machineSaw : linuxSaw).take(frame);
    });
    const [near, far] = [join(folder, "near"), join(folder, "far")];
    await wire.listen(0, near);
    await wire.listen(1, far);
    space.start([relay, space.tap, far]);
    machine = new Machine({
      image: IMAGE,
      parameters: `--remote=http://git.test:${GIT_PORT}/blog.git --log=debug`,
      memory: 64,
      netdev: `stream,id=n0,server=off,addr.type=unix,addr.path=${near}`,
    });
    const ready = await machine.line(/ready: http:\/\/[\d.]+\//, READY_WITHIN_MS);
    site = /http:\/\/[\d.]+/.exec(ready)?.[0] ?? "";
  }, READY_WITHIN_MS + 30_000);

  afterAll(async () => {
    await machine?.stop();
    wire?.close();
    await space?.remove();
  });

  function curl(...words: readonly string[]): Promise<string> {
    return space.runAsync(["curl", "--silent", "--show-error", "--max-time", "100", ...words], 110_000);
  }

  test("pages and feeds", async () => {
    expect(await curl(`${site}/`)).toContain("The first words of the front page.");
    expect(await curl(`${site}/atom`)).toContain("</feed>");
  });

  test("three downloads of a megabyte are byte-identical", async () => {
    for (const [i, bytes] of files.entries()) {
      const file = join(folder, `${i}.got`);
      await curl("-o", file, `${site}/static/${i}.bin`);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
  }, 240_000);

  test("a push becomes a page", async () => {
    blog.push(
      { "Posts/Lossy": post("Lossy", "Through a bad wire."), "static/0.bin": megabyte(9) },
      "Through a bad wire",
    );
    expect(await curl("--header", "Accept: application/json", "--request", "POST", `${site}/push`)).toContain(
      '"updated":true',
    );
    expect(await curl(`${site}/Posts/Lossy`)).toContain("Through a bad wire.");
  });

  test("the wire was as bad as promised", () => {
    const { frames, dropped, duplicated, reordered } = wire.counts;
    expect(frames).toBeGreaterThan(3000);
    expect(dropped / frames).toBeGreaterThan(FAULTS.drop / 2);
    expect(reordered / frames).toBeGreaterThan(FAULTS.reorder / 2);
    expect(duplicated / frames).toBeGreaterThan(FAULTS.duplicate / 2);
  });

  test("marks are told by the one and answered by the other, both ways", () => {
    for (const [saw, other] of [
      [machineSaw, linuxSaw],
      [linuxSaw, machineSaw],
    ] as const) {
      expect(saw.asks).toBeGreaterThan(0);
      expect(other.agrees).toBeGreaterThan(0);
      expect(saw.marks).toBeGreaterThan(10);
      expect(other.echoes).toBeGreaterThan(0);
      expect(saw.answers).toBeGreaterThan(0);
    }
  });
});
