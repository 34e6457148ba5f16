// What strangers can do over the network, against the process and the machine: it lives, others are served meanwhile, a
// signed push shows, and what was held is given back. Needs root for namespaces.
//
// The attackers are programs of their own (support/attacker.ts, support/frame-attacker.ts) with two addresses or more; an
// honest client has another one, and one more has an address of theirs. How long the honest ones wait is printed, and bounded only by what a client would bear.
// `ATTACKS=all` runs each attack against each target, which takes half an hour.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRoot, want, which } from "../../tools/setup.ts";
import { AttackBed, type Figures, type Target } from "./support/attack-bed.ts";
import { megabyte } from "./support/bed.ts";
import { eventually, scratch } from "./support/peers.ts";

const tools = isRoot() && want("curl", "ip", "git", "gcc", "wrk", "nginx", "slowhttptest", "qemu-system-x86_64");
const NGINX = which("nginx") ?? "nginx";
const why = tools ? "" : " (skipped: needs root, curl, ip, git, gcc, wrk, nginx, slowhttptest and qemu)";
const EVERYTHING = process.env["ATTACKS"] === "all";

/** Kind and number of connections of each attack that goes on. */
const ATTACKS: Readonly<Record<string, number>> = {
  orphans: 260,
  readers: 1024,
  library: 900,
  steady: 300,
  heads: 330,
  halves: 1100,
  drops: 300,
  bodies: 4,
  chunks: 60,
  expect: 300,
  redirects: 200,
  unread: 200,
  ranges: 200,
  hooks: 1000,
  closers: 300,
  resets: 200,
  shapes: 100,
  fields: 50,
  conditions: 100,
  spellings: 50,
  pipelined: 50,
  unsigned: 100,
  uploads: 20,
  trickle: 300,
  "half-closed": 260,
  idle: 5000,
};
/** On port 443; with TLS off it is closed. */
const TLS_ATTACKS: Readonly<Record<string, number>> = {
  "tls-idle": 1000,
  "tls-hello": 500,
  "tls-drip": 200,
  "tls-garbage": 100,
  "tls-handshakes": 20,
  "over-tls readers": 300,
  "over-tls heads": 200,
  "over-tls unread": 100,
};
const FRAMES = [
  ...["syn-flood", "ack-flood", "churn", "sockstress", "windows", "tiny-mss", "tiny-segments", "optimists", "gaps"],
  ...["options", "blind", "martians", "ethernet", "fragments", "reassembled", "offloaded", "icmp", "answers"],
];
/** Of all kinds together: what is emulated takes a tenth of what a processor does. */
const FRAMES_A_SECOND = { process: 20_000, machine: 4000 };
/** Alone: when the wire is full besides, the true answer comes behind the lies, and no host could tell. */
const LIES = ["arp"];
/** `slowhttptest`: slow heads, bodies, ranges and reading. */
const SLOW = [["-H"], ["-B"], ["-R"], ["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "32", "-k", "3"]] as const;

interface Plan extends Target {
  /** Kinds that go on at the same time, group by group. */
  readonly groups: readonly (readonly string[])[];
  /** The same of bare frames. */
  readonly frames: readonly (readonly string[])[];
  readonly slow: typeof SLOW | readonly [];
  /** Clients of a reverse proxy in front. */
  readonly crowds: readonly number[];
  /** Clients at one time, directly: 3,000 unless the memory has room for fewer connections (stack/README.md). */
  readonly clients: number;
}

const HTTP = Object.keys(ATTACKS);
const TLS = Object.keys(TLS_ATTACKS);
const alone = (kinds: readonly string[]): string[][] => together(1, kinds);
const ALL = { groups: alone([...HTTP, ...TLS]), frames: alone([...FRAMES, ...LIES]), slow: SLOW };
const FEW = { frames: [], slow: [], crowds: [], tls: false } as const;

const PLANS: readonly Plan[] = [
  {
    ...{ name: "the process with 64 MB", memory: 64, octet: 161, virtual: false, tls: true },
    groups: [...alone(HTTP), ...together(2, TLS)],
    frames: [...together(3, FRAMES), LIES],
    slow: SLOW,
    crowds: [50, 400, 1500],
    clients: 3000,
  },
  {
    ...{ name: "the process with 32 MB", memory: 32, octet: 162, virtual: false, ...FEW, clients: 1900 },
    // Nobody serves port 443 here.
    groups: [...alone(["readers", "library", "heads", "redirects"]), ["hooks", "unread", "tls-hello"]],
  },
  {
    ...{ name: "the process with 256 MB", memory: 256, octet: 163, virtual: false, ...FEW, clients: 3000 },
    groups: alone(["library"]),
  },
  {
    ...{ name: "the machine with 32 MB", memory: 32, octet: 164, virtual: true, ...FEW, clients: 1400 },
    groups: alone(["readers", "library", "heads"]),
    frames: [["syn-flood", "fragments", "reassembled", "offloaded"]],
  },
  {
    ...{ name: "the machine with 64 MB", memory: 64, octet: 165, virtual: true, ...FEW, tls: true, clients: 1500 },
    groups: [...together(7, HTTP), ...together(4, TLS)],
    frames: [...together(6, FRAMES), LIES],
  },
  {
    ...{ name: "the machine with 256 MB", memory: 256, octet: 166, virtual: true, ...FEW, clients: 1500 },
    groups: alone(["library"]),
  },
];

/** The kinds in groups of so many. */
function together(size: number, kinds: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(kinds.length / size) }, (_, i) => kinds.slice(i * size, (i + 1) * size));
}

for (const plan of EVERYTHING ? PLANS.map((target) => ({ ...target, ...ALL })) : PLANS)
  describe.skipIf(!tools)(`${plan.name}, attacked${why}`, () => {
    const port = join(scratch("frames"), "frame-port");
    let bed: AttackBed;
    let before: Figures | undefined;

    beforeAll(async () => {
      execFileSync("gcc", ["-O2", "-Wall", "-Werror", "-o", port, "test/e2e/support/frame-port.c"]);
      bed = new AttackBed(plan);
      await bed.ready();
      if (!plan.virtual) before = await bed.figures((figures) => figures.inFlight === 0);
    }, 120_000);

    afterAll(() => bed?.remove());

    /** What the attack took is back. */
    async function back(): Promise<void> {
      if (before !== undefined) await bed.back(before);
    }

    for (const [method, path, count] of [
      ["GET", "/static/large-0.bin", 64],
      ["HEAD", "/static/large-1.bin", 64],
      ["GET", "/static/middle.bin", 256],
    ] as const)
      test(`${count} ${method} at once for ${path}, which nobody has asked for`, async () => {
        const words = [process.execPath, "test/e2e/support/attacker.ts", `${method} ${path}`, bed.host, String(count)];
        const answers: unknown = JSON.parse(await bed.space.runAsync([...words, ...bed.attackers], 90_000));
        expect(answers).toEqual({ 200: count });
        expect(bed.alive()).not.toContain("panic");
      });

    for (const kinds of plan.groups)
      test(kinds.join(", "), async () => {
        const most = kinds.length > 2 ? 100 : 5000;
        const attacks = kinds.map((kind) => bed.attack(kind, Math.min(most, ATTACKS[kind] ?? TLS_ATTACKS[kind]!)));
        await bed.during(kinds.join(", "), ...attacks);
        await back();
      }, 150_000);

    for (const words of plan.slow)
      test(`slowhttptest ${words[0]}`, async () => {
        const url = `http://${bed.host}/${words[0] === "-X" ? "static/large-0.bin" : "push"}`;
        const rate = ["-c", "1000", "-r", "500", "-l", "10", "-i", "2", "-u", url];
        await bed.during(`slowhttptest ${words[0]}`, bed.space.start(["slowhttptest", ...words, ...rate]));
      }, 150_000);

    test("everything at once, from one address and from twenty more: a push shows", async () => {
      const kinds = ["hooks", "heads", "library", "unread", "idle", "bodies"].filter(
        (kind) => plan.memory > 32 || kind !== "idle",
      );
      const attacks = kinds.flatMap((kind) => [
        bed.attack(kind, 200, bed.attackers.slice(0, 1)),
        bed.attack(kind, 200, bed.crowd),
      ]);
      await bed.during("everything", ...attacks);
      await back();
    }, 150_000);

    test("an update that wants everything, while slow readers have what they can get, ends nothing", async () => {
      const attack = bed.attack("library", ATTACKS["library"]!, bed.crowd);
      try {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const bytes = new Uint8Array(plan.memory * 1024 * 1024 * 0.2);
        for (let at = 0; at < bytes.length; at += 1 << 20)
          bytes.set(megabyte(100 + (at >> 20)).subarray(0, Math.min(1 << 20, bytes.length - at)), at);
        bed.blog.push({ "static/huge.bin": bytes }, "Much");
        const hook = bed.hook("{}");
        console.info(`${plan.name}, an update of ${bytes.length} bytes: ${hook.status} in ${hook.ms} ms`);
        expect([200, 502]).toContain(hook.status);
        if (hook.status === 502) expect(hook.body).toMatch(/too large for this machine|more memory than this machine/);
        bed.ask(bed.honest);
      } finally {
        attack.kill("SIGKILL");
        // All history is fetched: a commit that takes the file away would not do.
        bed.blog.undo();
      }
      expect(bed.alive()).not.toContain("panic");
    }, 150_000);

    test.runIf(!plan.virtual)(
      "a hook with a body of 25 MB is read and answered, one of 2 MB to a page is told why not",
      () => {
        expect(bed.hook("x".repeat(25 * 1024 * 1024 - 1000))).toMatchObject({ status: 200 });
        const file = join(scratch("body"), "body");
        writeFileSync(file, "x".repeat(2 * 1024 * 1024));
        const answer = bed.curl(bed.honest, "/Posts/First", "-H", "Expect:", "--data-binary", `@${file}`);
        expect(answer).toMatchObject({ status: 405, body: expect.stringContaining("Pages can only be read") });
      },
    );

    for (const kinds of plan.frames)
      test(`bare frames: ${kinds.join(", ")}`, async () => {
        const first = plan.virtual ? undefined : await bed.figures(() => true);
        const attacks = kinds.map((kind) => {
          const words = ["test/e2e/support/frame-attacker.ts", kind, bed.host, port, bed.space.tap];
          const rate = FRAMES_A_SECOND[plan.virtual ? "machine" : "process"] / kinds.length;
          return bed.space.start([process.execPath, ...words, String(rate)]);
        });
        await bed.during(kinds.join(", "), ...attacks);
        // Something did happen.
        if (first !== undefined) await bed.figures(({ framesIn }) => framesIn > first.framesIn + 1000);
      }, 150_000);

    for (const connections of plan.crowds)
      test(`a reverse proxy with ${connections} clients: whatever is promised is answered`, async () => {
        const proxy = bed.space.start([NGINX, "-c", writeProxy(bed)]);
        const url = `http://${bed.space.address}:8080`;
        await eventually("the proxy is up", 10_000, () => bed.curl(bed.honest, `${url}/`).status > 0);
        const out = await bed.space.runAsync(wrk(connections, `${url}/Posts/First`), 90_000);
        proxy.kill("SIGQUIT");
        // Or it would answer for the next one, and then be gone.
        await eventually("the proxy has ended", 20_000, () => proxy.exitCode !== null || proxy.signalCode !== null);
        expect(out).not.toContain("Non-2xx");
        expect(Number(/(\d+) requests in/.exec(out)?.[1])).toBeGreaterThan(0);
      });

    test(`${plan.clients} clients: nothing is reset that was promised an answer`, async () => {
      // Ready: an emulated machine takes so long to make a page that the first of them would be asked to come again.
      expect(bed.curl(bed.honest, "/Posts/First").status).toBe(200);
      const out = await bed.space.runAsync(wrk(plan.clients, `http://${bed.host}/Posts/First`), 90_000);
      // Who is slow meets a timeout of its own: that is counted last.
      if (out.includes("Socket errors")) expect(out).toMatch(/Socket errors: connect 0, read 0, write 0, /);
      expect(out).not.toContain("Non-2xx");
    });

    test("afterwards nothing is held, and all is as before", async () => {
      expect(bed.ask(bed.honest)).toBeGreaterThan(0);
      bed.push();
      await back();
      expect(bed.alive()).not.toContain("panic");
    }, 200_000);
  });

function wrk(connections: number, url: string): readonly string[] {
  return ["wrk", "-t", "1", "-c", String(connections), "-d", "5s", "--timeout", "30s", url];
}

/** A configuration with the defaults of `proxy_pass`: HTTP/1.0, a connection for each request. */
function writeProxy({ space, host }: AttackBed): string {
  const file = join(scratch("proxy"), "nginx.conf");
  writeFileSync(
    file,
    `daemon off; pid ${file}.pid; error_log ${file}.log; worker_processes 1; worker_rlimit_nofile 20000;
    events { worker_connections 8000; }
    http { access_log off; server { listen ${space.address}:8080 backlog=4096; location / { proxy_pass http://${host}; } } }`,
  );
  return file;
}
