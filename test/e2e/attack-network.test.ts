// What strangers can do over the network, against the process and the machine: it lives, others are served meanwhile, a
// signed push shows, and what was held is given back. Needs root for namespaces.
//
// The attackers are a program of their own (support/attacker.ts) with two addresses; an honest client has a third one.
// How long the honest ones wait is printed, and bounded only by what a client would bear.

import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Namespace } from "../../tools/namespace.ts";
import { Machine } from "../../tools/qemu.ts";
import { isRoot, want, which } from "../../tools/setup.ts";
import { Blog, FILES, IMAGE, megabyte, PROCESS, post } from "./support/bed.ts";
import { eventually, scratch } from "./support/peers.ts";

const GIT_PORT = 8000;
const SECRET = "a secret that only the forge knows";
/** What a client waits for an answer; the longest that was seen is printed. */
const PATIENCE_SECONDS = 20;
const HONEST_REQUESTS = 10;
/** How long an attack goes on before anybody else comes. */
const HEAD_START_MS = 2500;

const tools = isRoot() && want("curl", "ip", "git", "wrk", "nginx", "qemu-system-x86_64");
const NGINX = which("nginx") ?? "nginx";
const why = tools ? "" : " (skipped: needs root, curl, ip, git, wrk, nginx and qemu)";

/** Kind and number of connections of each attack that goes on. */
const ATTACKS: readonly (readonly [kind: string, connections: number])[] = [
  ["orphans", 260],
  ["readers", 1024],
  ["heads", 330],
  ["halves", 1100],
  ["bodies", 4],
  ["redirects", 200],
  ["unread", 200],
  ["hooks", 1000],
  ["idle", 5000],
];

interface Target {
  readonly name: string;
  readonly memory: number;
  readonly octet: number;
  readonly virtual: boolean;
  readonly attacks: typeof ATTACKS;
  /** Clients at one time, directly: 3,000 unless the memory has room for fewer connections (stack/README.md). */
  readonly clients?: number;
  /** Clients of a reverse proxy in front. */
  readonly crowds: readonly number[];
}

const TARGETS: readonly Target[] = [
  { name: "the process with 64 MB", memory: 64, octet: 161, virtual: false, attacks: ATTACKS, crowds: [50, 400, 1500] },
  {
    name: "the process with 32 MB",
    memory: 32,
    octet: 162,
    virtual: false,
    attacks: ATTACKS.slice(0, 3),
    crowds: [],
    clients: 1900,
  },
  {
    name: "the process with 256 MB",
    memory: 256,
    octet: 163,
    virtual: false,
    attacks: ATTACKS.slice(0, 1),
    crowds: [],
  },
  { name: "the machine with 64 MB", memory: 64, octet: 164, virtual: true, attacks: ATTACKS.slice(0, 3), crowds: [] },
];

for (const target of TARGETS)
  describe.skipIf(!tools)(`${target.name}, attacked${why}`, () => {
    let space: Namespace;
    let blog: Blog;
    let stop: () => Promise<void>;
    let alive: () => string;
    let pushes = 0;
    const net = `10.${target.octet}.0`;
    const host = `${net}.99`;
    const site = `http://${host}`;
    const attackers = [`${net}.2`, `${net}.3`];
    const honest = `${net}.4`;

    beforeAll(async () => {
      const folder = scratch("attack");
      const files: Record<string, string | Uint8Array> = { ...FILES };
      for (let i = 0; i < 60; i++) files[`Posts/p${i}`] = post(`Post ${i}`, `The text of post ${i}. `.repeat(100));
      // With 32 MB a pack may have some 5 MB (stack/README.md, "Promised").
      const [large, middle] = target.memory > 32 ? [8, 20] : [3, 2];
      for (let i = 0; i < large; i++) files[`static/large-${i}.bin`] = megabyte(i + 1);
      for (let i = 0; i < middle; i++) files[`static/middle-${i}.bin`] = megabyte(i + 20).subarray(0, 300_000);
      blog = new Blog(folder, files);
      space = new Namespace(`epiphyte-attack-${target.octet}-${process.pid}`, target.octet);
      for (const address of [...attackers, honest]) space.run(["ip", "addr", "add", `${address}/24`, "dev", space.tap]);
      space.run(["sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=10000 65000", "net.ipv4.tcp_tw_reuse=1"]);
      // Readers that do not read: what they hold up is to be the server's memory, not the kernel's here.
      space.run(["sysctl", "-q", "-w", "net.ipv4.tcp_rmem=4096 16384 16384"]);
      space.start([process.execPath, "tools/git-server.ts", blog.root, space.address, String(GIT_PORT)]);
      const parameters = [
        `--remote=http://${space.address}:${GIT_PORT}/blog.git#main`,
        `--ipv4=${host}/24`,
        `--hook-secret=${SECRET.replaceAll(" ", "-")}`,
      ];
      ({ stop, alive } = target.virtual
        ? startMachine(space, target, parameters)
        : startProcess(space, target, parameters));
      await eventually(
        () => `the site is up:\n${alive()}`,
        60_000,
        () => curl(space, honest, `${site}/`).status === 200,
      );
    });

    afterAll(async () => {
      await stop?.();
      await space?.remove();
    });

    /** The honest client asks, one after the other; the longest time in ms. */
    function ask(from: string): number {
      let longest = 0;
      for (let i = 0; i < HONEST_REQUESTS; i++) {
        const answer = curl(space, from, `${site}/Posts/p${i}`);
        expect({ from, i, status: answer.status }).toEqual({ from, i, status: 200 });
        longest = Math.max(longest, answer.ms);
      }
      return longest;
    }

    /** A push, and the forge's signed hook: the page is there. */
    function push(): void {
      const title = `Pushed-${pushes++}`;
      blog.push({ [`Posts/${title}`]: post(title, `The text of ${title}.`) }, title);
      const body = JSON.stringify({ ref: "refs/heads/main", padding: "x".repeat(20_000) });
      const signature = createHmac("sha256", SECRET.replaceAll(" ", "-")).update(body).digest("hex");
      const hook = curl(space, honest, `${site}/push`, "-H", `X-Hub-Signature-256: sha256=${signature}`, "-d", body);
      expect({ title, status: hook.status, body: hook.body }).toMatchObject({ title, status: 200 });
      expect(curl(space, honest, `${site}/Posts/${title}`).body).toContain(`The text of ${title}.`);
    }

    for (const [method, path, count] of [
      ["GET", "/static/large-0.bin", 64],
      ["HEAD", "/static/large-1.bin", 64],
      ["GET", "/static/middle-0.bin", 256],
    ] as const)
      test(`${count} ${method} at once for ${path}, which nobody has asked for`, async () => {
        const words = [process.execPath, "test/e2e/support/attacker.ts", `${method} ${path}`, host, String(count)];
        const answers: unknown = JSON.parse(await space.runAsync([...words, ...attackers], 90_000));
        expect(answers).toEqual({ 200: count });
        expect(alive()).not.toContain("panic");
      });

    for (const [kind, connections] of target.attacks)
      test(`${kind}: ${connections} connections`, async () => {
        const words = [process.execPath, "test/e2e/support/attacker.ts", kind, host, String(connections), ...attackers];
        const attack = space.start(words);
        try {
          await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
          const other = ask(honest);
          const same = ask(attackers[0]!);
          push();
          console.info(
            `${target.name}, ${kind}: another waited ${other} ms, one of the same address ${same} ms at most`,
          );
        } finally {
          attack.kill("SIGKILL");
        }
        expect(alive()).not.toContain("panic");
      });

    for (const connections of target.crowds)
      test(`a reverse proxy with ${connections} clients: whatever is promised is answered`, async () => {
        const proxy = space.start([NGINX, "-c", writeProxy(space, host)]);
        await eventually(
          "the proxy is up",
          10_000,
          () => curl(space, honest, `http://${space.address}:8080/`).status > 0,
        );
        const out = await space.runAsync(wrk(connections, `http://${space.address}:8080/Posts/First`), 90_000);
        proxy.kill("SIGQUIT");
        expect(out).not.toContain("Non-2xx");
        expect(Number(/(\d+) requests in/.exec(out)?.[1])).toBeGreaterThan(0);
      });

    const clients = target.clients ?? 3000;
    test(`${clients} clients: nothing is reset that was promised an answer`, async () => {
      const out = await space.runAsync(wrk(clients, `${site}/Posts/First`), 90_000);
      // Who is slow meets a timeout of its own: that is counted last.
      if (out.includes("Socket errors")) expect(out).toMatch(/Socket errors: connect 0, read 0, write 0, /);
      expect(out).not.toContain("Non-2xx");
    });

    test("afterwards: nothing is held, and all is as before", async () => {
      expect(ask(honest)).toBeGreaterThan(0);
      push();
      expect(alive()).not.toContain("panic");
    });
  });

function startProcess(space: Namespace, { memory }: Target, parameters: readonly string[]): Started {
  const words = ["env", `EPIPHYTE_MEMORY=${memory}`, PROCESS, `--tap=${space.tap}`, ...parameters];
  const child = space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
  child.on("exit", (code) => {
    text += `\npanic: ended with ${code}`;
  });
  return {
    alive: () => text,
    stop: async () => {
      child.kill("SIGTERM");
    },
  };
}

function startMachine(space: Namespace, { memory }: Target, parameters: readonly string[]): Started {
  const netdev = `tap,id=n0,ifname=${space.tap},script=no,downscript=no,vhost=off`;
  const machine = new Machine({ image: IMAGE, parameters: parameters.join(" "), memory, netdev, prefix: space.prefix });
  return {
    alive: () => (machine.exited === undefined ? machine.console : `${machine.console}\npanic: it has ended`),
    stop: () => machine.stop(),
  };
}

interface Started {
  /** What it has said; "panic" is in it when it has ended. */
  alive(): string;
  stop(): Promise<void>;
}

function wrk(connections: number, url: string): readonly string[] {
  return ["wrk", "-t", "1", "-c", String(connections), "-d", "5s", "--timeout", "30s", url];
}

/** A configuration with the defaults of `proxy_pass`: HTTP/1.0, a connection for each request. */
function writeProxy(space: Namespace, host: string): string {
  const file = join(scratch("proxy"), "nginx.conf");
  writeFileSync(
    file,
    `daemon off; pid ${file}.pid; error_log ${file}.log; worker_processes 1; worker_rlimit_nofile 20000;
    events { worker_connections 8000; }
    http { access_log off; server { listen ${space.address}:8080 backlog=4096; location / { proxy_pass http://${host}; } } }`,
  );
  return file;
}

/** One request from this address. Status 0: none within PATIENCE_SECONDS. */
function curl(
  space: Namespace,
  from: string,
  url: string,
  ...words: readonly string[]
): { status: number; ms: number; body: string } {
  try {
    const limits = ["--silent", "--interface", from, "--max-time", String(PATIENCE_SECONDS)];
    const out = space.run(["curl", ...limits, "-w", "\n%{http_code} %{time_total}", ...words, url]);
    const [status, seconds] = out.slice(out.lastIndexOf("\n") + 1).split(" ");
    return {
      status: Number(status),
      ms: Math.round(Number(seconds) * 1000),
      body: out.slice(0, out.lastIndexOf("\n")),
    };
  } catch {
    return { status: 0, ms: 0, body: "" };
  }
}
