// The image as a PVH guest of a real Xen, with Debian's kernel as dom0, all of it in the emulator: an address by DHCP, the
// blog cloned over netfront, pages served to this host and to dom0 (whose packets were never on a wire: no checksums, large
// segments), a push, the backend taken away and given back, a shutdown and a reboot as Xen's tools ask for them.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bed, FILES, freePort, IMAGE, MEGABYTE_FILE, makeBed, megabyte, post, remoteFor } from "./support/bed.ts";
import { get } from "./support/http.ts";
import { eventually, scratch } from "./support/peers.ts";
import { guestConfig, wantXenHost, XenHost } from "./support/xen.ts";

const packages = wantXenHost();
const START_LIMIT_MS = 60_000;
const LARGE = megabyte(9);

describe.skipIf(packages === undefined)("a guest of Xen (needs apt's xen-hypervisor, xen-utils, a kernel)", () => {
  let bed: Bed;
  let host: XenHost;
  let port = 0;

  beforeAll(async () => {
    bed = await makeBed("xen", { ...FILES, [MEGABYTE_FILE]: LARGE });
    port = await freePort();
    const remote = `--remote=${remoteFor(bed.git, "blog.git#main")}`;
    host = new XenHost({
      packages: packages!,
      folder: scratch("xen-host"),
      port,
      image: IMAGE,
      guests: {
        g: guestConfig("g", remote),
        pv: guestConfig("pv", remote).replace('type="pvh"', 'type="pv"'),
        none: guestConfig("g", remote).replace(/^vif=.*$/m, ""),
      },
    });
    await host.ready();
  });

  afterAll(async () => {
    await host?.stop();
    await bed?.close();
  });

  test("leases an address, clones over netfront and serves", async () => {
    const from = host.text.length;
    await host.run("xl create /g/g.cfg", START_LIMIT_MS);
    await host.line(
      /guest: .*network card: netfront at device\/vif\/0 \(csum tso4\), 00:16:3e:00:00:03/,
      START_LIMIT_MS,
      from,
    );
    await host.line(/guest: .* address 10\.0\.2\.15/, START_LIMIT_MS, from);
    await host.line(/guest: .* ready: http/, START_LIMIT_MS, from);
    const page = await get(port, "/");
    expect(page.status).toBe(200);
    expect(page.text).toContain("The first words of the front page.");
    expect((await get(port, `/${MEGABYTE_FILE}`)).body.equals(Buffer.from(LARGE))).toBe(true);
  });

  test("serves dom0, whose packets have no checksums and which takes large segments", async () => {
    const sum = await host.run(`wget -q -O- http://10.0.2.15/${MEGABYTE_FILE} | md5sum; md5sum </dev/null`);
    expect(sum.text).toMatch(/^[0-9a-f]{32}/m);
    const { createHash } = await import("node:crypto");
    expect(sum.text).toContain(createHash("md5").update(LARGE).digest("hex"));
    expect((await host.run("ping -c 2 -s 1400 10.0.2.15")).text).toContain(" 0% packet loss");
  });

  test("sleeps while nothing happens", async () => {
    const seconds = async (): Promise<number> => {
      const { text } = await host.run("xl list g | tail -n 1");
      return Number(/([\d.]+)\s*$/m.exec(text.trim())?.[1]);
    };
    const before = await seconds();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect((await seconds()) - before).toBeLessThan(2);
  });

  test("takes over what is pushed", async () => {
    const commit = bed.blog.push({ "Posts/Third": post("The third post", "Over netfront.") }, "Third");
    const hook = await get(port, "/push", {}, "POST");
    expect(JSON.parse(hook.text)).toMatchObject({ commit, updated: true });
    expect((await get(port, "/Posts/Third")).text).toContain("Over netfront.");
  });

  test("loses its backend and gets it back", async () => {
    const from = host.text.length;
    expect((await host.run("xl network-detach g 0", START_LIMIT_MS)).status).toBe(0);
    await host.line(/guest: .*its backend closed/, START_LIMIT_MS, from);
    const attach = "xl network-attach g mac=00:16:3e:00:00:03 bridge=xenbr0 script=vif-test";
    expect((await host.run(attach, START_LIMIT_MS)).status).toBe(0);
    await host.line(/guest: .*the network card works again/, START_LIMIT_MS, from);
    await eventually("pages are served again", START_LIMIT_MS, async () => {
      const answer = await get(port, "/Posts/Third").catch(() => undefined);
      return answer?.status === 200;
    });
  });

  test("is saved, and goes on when it is restored", async () => {
    const from = host.text.length;
    const saved = await host.run("xl save g /tmp/g.save && xl restore /tmp/g.save", 2 * START_LIMIT_MS);
    expect(saved.status).toBe(0);
    await host.line(/guest: .*the machine was suspended and goes on/, START_LIMIT_MS, from);
    await eventually("pages are served again", START_LIMIT_MS, async () => {
      const answer = await get(port, "/Posts/Third").catch(() => undefined);
      return answer?.status === 200;
    });
  });

  test("begins anew when Xen's tools ask for a reboot", async () => {
    const from = host.text.length;
    expect((await host.run("xl reboot g", START_LIMIT_MS)).status).toBe(0);
    await host.line(/guest: .*Xen asks for a reboot: beginning anew when all is answered/, START_LIMIT_MS, from);
    await host.line(/guest: .*good-bye/, START_LIMIT_MS, from);
    await host.line(/guest: .* Epiphyte \d/, START_LIMIT_MS, from);
    await host.line(/guest: .* ready: http/, START_LIMIT_MS, from);
    await eventually("pages are served again", START_LIMIT_MS, async () => {
      const answer = await get(port, "/Posts/Third").catch(() => undefined);
      return answer?.status === 200;
    });
  });

  test("ends when Xen's tools ask for it", async () => {
    const from = host.text.length;
    const ended = await host.run("xl shutdown -w g", START_LIMIT_MS);
    expect(ended.status).toBe(0);
    expect(ended.text).toContain("reason code 0");
    await host.line(/guest: .*Xen asks for a shutdown: powering off when all is answered/, START_LIMIT_MS, from);
    await host.line(/guest: .*good-bye/, START_LIMIT_MS, from);
    await host.run("while xl list g; do sleep 1; done", START_LIMIT_MS);
  });

  test("without a card says what to add", async () => {
    const from = host.text.length;
    await host.run("xl create /g/none.cfg", START_LIMIT_MS);
    await host.line(/guest: .*no network card; add one with vif=/, START_LIMIT_MS, from);
    await host.run("while xl list g; do sleep 1; done", START_LIMIT_MS);
  });

  test('as type="pv" is refused by xl', async () => {
    const refused = await host.run("xl create /g/pv.cfg", START_LIMIT_MS);
    expect(refused.status).not.toBe(0);
  });
});
