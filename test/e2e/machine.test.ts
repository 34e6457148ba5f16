// The machine itself under QEMU's emulation, on the user network: from nothing to pages, feeds and a push; and what it
// says to parameters that it cannot take.

import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Machine } from "../../tools/qemu.ts";
import { parseXml } from "../support/xml.ts";
import { type Bed, IMAGE, makeBed, megabyte, post, remoteFor, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

let bed: Bed;

beforeAll(async () => {
  bed = await makeBed("machine");
});

afterAll(() => bed?.close());

describe("a machine that serves", () => {
  let vm: Vm;

  beforeAll(async () => {
    vm = await Vm.start({ git: bed.git });
    await vm.ready();
  });

  afterAll(() => vm?.stop());

  test("the console tells a person what happens while it boots", () => {
    const lines = vm.machine.console;
    expect(lines).toMatch(/Epiphyte \S+ \([0-9a-f]{8}.*\), virtual on tcg, \d+ MB of memory/);
    expect(lines).toMatch(/network card: virtio-net at .*52:54:00:12:34:56/);
    expect(lines).toMatch(/lease: 10\.0\.2\.15\/24 .* gateway 10\.0\.2\.2/);
    expect(lines).toMatch(/fetching http:\/\/10\.0\.2\.2:\d+\/blog\.git/);
    expect(lines).toMatch(/ready: http:\/\/10\.0\.2\.15\/ 2 posts, 1 page in [\d.]+ s, commit [0-9a-f]{8}/);
  });

  test("pages", async () => {
    const front = await get(vm.port, "/");
    expect(front.status).toBe(200);
    expect(front.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(front.text).toContain("The first words of the front page.");
    expect(front.text).toContain("The test blog");
    for (const [path, words] of [
      ["/Posts/First", "Text of the first post."],
      ["/Posts/Second", "Text of the second post."],
      ["/Posts", "The second post"],
      ["/tags", "test"],
      ["/tags/test", "The first post"],
      ["/static/hello.txt", "hello from a file"],
    ] as const) {
      const answer = await get(vm.port, path);
      expect(`${path} ${answer.status}`).toBe(`${path} 200`);
      expect(answer.text).toContain(words);
    }
  });

  test("feeds are well-formed and have the posts", async () => {
    for (const [path, root] of [
      ["/atom", "feed"],
      ["/rss", "rss"],
    ] as const) {
      const answer = await get(vm.port, path);
      expect(answer.status).toBe(200);
      expect(parseXml(answer.text).name).toBe(root);
      expect(answer.text).toContain("The first post");
    }
    const feed: unknown = JSON.parse((await get(vm.port, "/feed.json")).text);
    expect(feed).toMatchObject({ title: "The test blog", items: [{}, {}] });
  });

  test("conditional requests, HEAD, ranges, compression, redirects", async () => {
    const whole = await get(vm.port, "/Posts/First");
    const { etag = "", "last-modified": modified = "" } = whole.headers;
    expect(etag).toMatch(/^"[^"]+"$/);
    const same = await get(vm.port, "/Posts/First", { "if-none-match": etag });
    expect([same.status, same.body.length, same.headers.etag]).toEqual([304, 0, etag]);
    expect((await get(vm.port, "/Posts/First", { "if-modified-since": modified })).status).toBe(304);
    expect((await get(vm.port, "/Posts/First", { "if-none-match": '"other"' })).status).toBe(200);
    const head = await get(vm.port, "/Posts/First", {}, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers["content-length"])).toBe(whole.body.length);
    const part = await get(vm.port, "/Posts/First", { range: "bytes=100-199" });
    expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes 100-199/${whole.body.length}`]);
    expect(part.body.equals(whole.body.subarray(100, 200))).toBe(true);
    const zipped = await get(vm.port, "/Posts/First", { "accept-encoding": "gzip" });
    expect(zipped.headers["content-encoding"]).toBe("gzip");
    expect(zipped.body.length).toBeLessThan(whole.body.length / 2);
    const moved = await get(vm.port, "/old");
    expect([moved.status, moved.headers.location]).toEqual([301, "/Posts/First"]);
  });

  test("hidden names are never served", async () => {
    for (const path of ["/.config", "/.config/uuid", "/.git/config", "/%2econfig/uuid", "/Posts/../.config/uuid"]) {
      const answer = await get(vm.port, path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.text).not.toContain("7d8f1cb0");
    }
  });

  test("a push becomes a page; large files arrive whole", async () => {
    const large = megabyte(7);
    const commit = bed.blog.push(
      { "Posts/Third": post("The third post", "Pushed a moment ago."), "static/large.bin": large },
      "The third post",
    );
    expect((await get(vm.port, "/Posts/Third")).status).toBe(404);
    const hook = await get(vm.port, "/push", {}, "POST");
    expect(hook.status).toBe(200);
    expect(JSON.parse(hook.text)).toMatchObject({ commit, updated: true });
    expect((await get(vm.port, "/Posts/Third")).text).toContain("Pushed a moment ago.");
    expect((await get(vm.port, "/static/large.bin")).body.equals(large)).toBe(true);
    const again = await get(vm.port, "/push", {}, "POST");
    expect(JSON.parse(again.text)).toMatchObject({ commit, updated: false });
  });

  test("a post that cannot be read is left out and named in the log, the rest is served", async () => {
    bed.blog.push(
      {
        "Posts/Broken.md": new Uint8Array([0x2d, 0x2d, 0x2d, 0, 1, 2]),
        "Posts/headless": "no header, no extension\n",
        "Posts/Fourth": post("Fourth", "Well made."),
      },
      "Two broken, one good",
    );
    expect((await get(vm.port, "/push", {}, "POST")).status).toBe(200);
    expect((await get(vm.port, "/Posts/Fourth")).text).toContain("Well made.");
    expect((await get(vm.port, "/")).status).toBe(200);
    expect(await vm.machine.line(/warning: Posts\/Broken\.md: is not text/, 5000)).toBeDefined();
    expect(await vm.machine.line(/warning: Posts\/headless: has no header/, 5000)).toBeDefined();
  });
});

test("with --hook-secret only signed hooks are heard", async () => {
  const vm = await Vm.start({ git: bed.git, parameters: "--hook-secret=a-secret" });
  try {
    await vm.ready();
    const signed = (secret: string): Readonly<Record<string, string>> => ({
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update("").digest("hex")}`,
    });
    expect((await get(vm.port, "/push", {}, "POST")).status).toBe(403);
    expect((await get(vm.port, "/push", signed("another"), "POST")).status).toBe(403);
    expect((await get(vm.port, "/push", signed("a-secret"), "POST")).status).toBe(200);
    expect((await get(vm.port, "/push", { "x-gitlab-token": "a-secret" }, "POST")).status).toBe(200);
  } finally {
    await vm.stop();
  }
});

describe("parameters", () => {
  /** Boots with these parameters alone; the machine must end by itself. */
  async function words(parameters: string, initrd?: string): Promise<string> {
    const machine = new Machine({
      image: IMAGE,
      parameters,
      memory: 24,
      netdev: "user,id=n0",
      ...(initrd === undefined ? {} : { initrd }),
    });
    try {
      await machine.exit(30_000);
      return machine.console;
    } finally {
      await machine.stop();
    }
  }

  const wrong: ReadonlyArray<readonly [parameters: string, says: RegExp]> = [
    ["--remote=http://10.0.2.2/a.git --remot=x", /unknown parameter "--remot=?x?".*did you mean --remote\?/],
    ["", /--remote is missing: /],
    ["--remote=ftp://10.0.2.2/a.git", /--remote=ftp:.*: /],
    ["--remote=http://10.0.2.2/a.git --port=80000", /--port=80000: a port is a number from 1 to 65535/],
    ["--remote=http://10.0.2.2/a.git --ipv4=10.0.0.300/24", /--ipv4=10\.0\.0\.300\/24: /],
    ["--remote=http://10.0.2.2/a.git --log", /--log needs a value/],
    ["--remote=http://10.0.2.2/a.git --port=80 --port=81", /--port is given more than once/],
    [`--remote=http://10.0.2.2/${"a".repeat(2100)}`, /is 2125 characters long; at most 2048 are read/],
  ];
  for (const [parameters, says] of wrong)
    test(`which and why as the last words, then power-off: ${parameters.slice(0, 70)}`, async () => {
      const text = await words(parameters);
      expect(text).toMatch(says);
      expect(text).toMatch(/(^|\n)epiphyte: .*\nAll parameters: --help\n/);
      expect(text).not.toContain("--remote=URL[#WHAT]");
    });

  test("--help prints the usage and ends", async () => {
    const text = await words("--help");
    expect(text).toContain("--remote=URL[#WHAT]");
    expect(text).not.toMatch(/missing|panic:/);
  });

  test("a module (-initrd) holds what does not fit on the command line", async () => {
    const file = join(bed.folder, "parameters.txt");
    writeFileSync(
      file,
      `# for the test\n--remote=${remoteFor(bed.git, "blog.git#main")}\n--hostname=from-the-module\n`,
    );
    const vm = await Vm.start({ git: bed.git, remote: "", parameters: "--hook=/now", machine: { initrd: file } });
    try {
      await vm.ready();
      expect((await get(vm.port, "/")).status).toBe(200);
      expect((await get(vm.port, "/now", {}, "POST")).status).toBe(200);
    } finally {
      await vm.stop();
    }
    writeFileSync(file, "--colour=green\n");
    expect(await words("--remote=http://10.0.2.2/a.git", file)).toMatch(/unknown parameter "--colour/);
  });

  test("the date is that of the machine's own clock where no hypervisor tells it", async () => {
    const machine = new Machine({
      image: IMAGE,
      parameters: "--remote=http://10.0.2.2/a.git",
      memory: 24,
      netdev: "user,id=n0",
      card: "virtio-net-pci,netdev=n0",
      extra: ["-rtc", "base=2036-12-31T23:50:10"],
    });
    try {
      await machine.line(/^23:50:\d\d .*asking for an address/, 30_000);
    } finally {
      await machine.stop();
    }
  });

  test("without a network card, or with one that it cannot drive, it says so and ends", async () => {
    for (const [card, says] of [
      [undefined, /no network card/],
      ["rtl8139,netdev=n0", /no network card that can be driven: .*use -device virtio-net-pci/],
    ] as const) {
      const machine = new Machine({
        image: IMAGE,
        parameters: "--remote=http://10.0.2.2/a.git",
        memory: 24,
        ...(card === undefined ? {} : { netdev: "user,id=n0", card }),
      });
      await machine.exit(30_000);
      expect(machine.console).toMatch(says);
    }
  });
});
