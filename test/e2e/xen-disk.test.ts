// The disk as a guest of a real Xen with emulated devices (HVM): SeaBIOS loads it, and it serves
// by a card of Xen.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskImage } from "../../image/build/disk.ts";
import { buildLoader } from "../../image/build/loader.ts";
import { type Bed, FILES, freePort, IMAGE, makeBed, post, remoteFor } from "./support/bed.ts";
import { get } from "./support/http.ts";
import { scratch } from "./support/peers.ts";
import { emulatedGuestConfig, wantDeviceModel, wantXenHost, XenHost } from "./support/xen.ts";

const packages = wantDeviceModel() ? wantXenHost() : undefined;
/** Its disk is read a word at a time, two emulators deep. */
const START_LIMIT_MS = 180_000;
const LIMIT_MS = 60_000;

describe.skipIf(packages === undefined)("a guest of Xen with a disk (needs apt's xen-utils, qemu-system-xen)", () => {
  let bed: Bed;
  let host: XenHost;
  let port = 0;

  beforeAll(async () => {
    bed = await makeBed("xendisk", FILES);
    port = await freePort();
    const folder = scratch("xen-disk-host");
    const disk = join(folder, "disk.img");
    const remote = `--remote=${remoteFor(bed.git, "blog.git#main")}`;
    writeFileSync(disk, diskImage(await buildLoader(readFileSync(IMAGE)), `${remote}\n`));
    host = new XenHost({
      packages: packages!,
      folder,
      port,
      image: IMAGE,
      disk,
      guests: {
        g: emulatedGuestConfig("g"),
        // What xl gives to who says nothing: an emulated card beside that of Xen, both with one address.
        both: emulatedGuestConfig("g").replace('"type=vif,', '"type=ioemu,model=e1000,'),
      },
    });
    await host.ready();
  });

  afterAll(async () => {
    await host?.stop();
    await bed?.close();
  });

  test("boots and serves", async () => {
    const from = host.text.length;
    expect((await host.run("xl create /g/g.cfg", LIMIT_MS)).status).toBe(0);
    const card = /guest: .*network card: netfront at device\/vif\/0 \(csum tso4\), 00:16:3e:00:00:03/;
    await host.line(card, START_LIMIT_MS, from);
    await host.line(/guest: .* ready: http/, LIMIT_MS, from);
    expect((await get(port, "/")).text).toContain("The first words of the front page.");
  });

  test("takes over what is pushed", async () => {
    const commit = bed.blog.push({ "Posts/Third": post("The third post", "From the disk.") }, "Third");
    expect(JSON.parse((await get(port, "/push", {}, "POST")).text)).toMatchObject({ commit, updated: true });
    expect((await get(port, "/Posts/Third")).text).toContain("From the disk.");
  });

  test("begins anew when Xen's tools ask for a reboot", async () => {
    const from = host.text.length;
    expect((await host.run("xl reboot g", LIMIT_MS)).status).toBe(0);
    await host.line(/guest: .*Xen asks for a reboot: beginning anew when all is answered/, LIMIT_MS, from);
    await host.line(/guest: .* Epiphyte \d/, START_LIMIT_MS, from);
    await host.line(/guest: .* ready: http/, LIMIT_MS, from);
    expect((await get(port, "/Posts/Third")).text).toContain("From the disk.");
  });

  async function ends(): Promise<void> {
    const from = host.text.length;
    expect((await host.run("xl shutdown -w g", LIMIT_MS)).status).toBe(0);
    await host.line(/guest: .*good-bye/, LIMIT_MS, from);
    await host.run("while xl list g; do sleep 1; done", LIMIT_MS);
  }

  test("ends when Xen's tools ask for it", ends);

  test("has an emulated card beside that of Xen taken away", async () => {
    const from = host.text.length;
    expect((await host.run("xl create /g/both.cfg", LIMIT_MS)).status).toBe(0);
    const card = /guest: .*network card: netfront at device\/vif\/0 \(csum tso4\), 00:16:3e:00:00:03/;
    await host.line(card, START_LIMIT_MS, from);
    await host.line(/guest: .* ready: http/, LIMIT_MS, from);
    expect((await get(port, "/")).text).toContain("The first words of the front page.");
    const said = host.text.slice(from);
    expect(said).not.toContain("e1000 at");
    expect(said).not.toContain("left alone");
    await ends();
  });
});
