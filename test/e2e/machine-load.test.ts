// What a machine must bear: many requests and connections, after which it is as it was; long idleness; too little memory.

import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bed, FILES, MEGABYTE_FILE, makeBed, megabyte, Vm } from "./support/bed.ts";
import { exchange, get } from "./support/http.ts";
import { eventually } from "./support/peers.ts";

const REQUESTS = 10_000;
const KEPT = 16;
const IDLE_MS = 10_000;
/** CPU time that QEMU may take while the machine idles so long. */
const IDLE_CPU_MS = 300;
/** How much more of the heap may be in use after the load, in MB: pages that were made ready. */
const HEAP_GROWTH = 1;
/** Figures are logged every 10 s. */
const FIGURES_WITHIN_MS = 15_000;

let bed: Bed;

beforeAll(async () => {
  bed = await makeBed("load");
});

afterAll(() => bed?.close());

interface Figures {
  readonly heap: number;
  readonly connections: number;
  readonly timeWait: number;
  readonly httpConnections: number;
  readonly requests: number;
}

/** The next line of figures that the machine logs. */
async function figures(vm: Vm): Promise<Figures> {
  const line = await vm.machine.line(/figures: /, FIGURES_WITHIN_MS, vm.machine.lines.length);
  const number = (name: string): number => Number(new RegExp(`\\b${name} ([\\d.]+)`).exec(line)?.[1] ?? Number.NaN);
  return {
    heap: number("heap"),
    connections: number("connections"),
    timeWait: number("time-wait"),
    httpConnections: number("http-connections"),
    requests: number("requests"),
  };
}

/** `count` requests over the agent's connections, several at a time; throws at the first that is not a 200. */
async function ask(port: number, count: number, agent: Agent, path: string): Promise<void> {
  let left = count;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, path, agent, timeout: 20_000 }, (response) => {
        response.on("data", () => undefined).on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${path}: ${response.statusCode}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`${path}: no answer`)));
      sent.on("error", reject).end();
    });
  const worker = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: KEPT }, worker));
}

test(`${REQUESTS} requests on kept and on new connections; heap and tables come back`, async () => {
  const vm = await Vm.start({ git: bed.git, parameters: "--log=debug", machine: { memory: 32 } });
  try {
    await vm.ready();
    const kept = new Agent({ keepAlive: true, maxSockets: KEPT });
    const fresh = new Agent({ keepAlive: false, maxSockets: KEPT });
    await ask(vm.port, 100, kept, "/");
    await ask(vm.port, 100, fresh, "/Posts/First");
    const before = await figures(vm);
    await ask(vm.port, (REQUESTS * 9) / 10, kept, "/");
    await ask(vm.port, REQUESTS / 10, fresh, "/Posts/First");
    kept.destroy();
    // Connections left in the middle of a request or an answer.
    for (let i = 0; i < 20; i++) await exchange(vm.port, "GET / HTTP/1.1\r\nHost: x\r\n", 5);
    await eventually("open connections end", 30_000, async () => {
      const now = await figures(vm);
      return now.httpConnections === 0 && now.connections === now.timeWait;
    });
    const after = await figures(vm);
    expect(after.requests).toBeGreaterThanOrEqual(before.requests + REQUESTS);
    expect(after.httpConnections).toBe(0);
    expect(after.heap).toBeLessThanOrEqual(before.heap + HEAP_GROWTH);
    expect((await get(vm.port, "/")).status).toBe(200);
  } finally {
    await vm.stop();
  }
}, 240_000);

test("an idle machine sleeps", async () => {
  const vm = await Vm.start({ git: bed.git });
  try {
    await vm.ready();
    expect((await get(vm.port, "/")).status).toBe(200);
    // Pages are made ready in the first moments.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const before = vm.machine.cpuMs();
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    expect(vm.machine.cpuMs() - before).toBeLessThan(IDLE_CPU_MS);
    expect((await get(vm.port, "/")).status).toBe(200);
  } finally {
    await vm.stop();
  }
});

test("a repository too large for the memory: 503 and the reason in the log, or last words and power-off; never a hang", async () => {
  const large = await makeBed("large", {
    ...FILES,
    ...Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`static/${i}.bin`, megabyte(i + 1)])),
  });
  const vm = await Vm.start({ git: large.git, machine: { memory: 24 } });
  try {
    await vm.machine.line(/too large for this machine|panic: out of memory/, 60_000);
    if (/panic: out of memory/.test(vm.machine.console)) {
      await vm.machine.exit(10_000);
      expect(vm.machine.lines.filter((line) => line !== "").at(-1)).toMatch(/power off, status 1/);
      expect(vm.machine.console.match(/Epiphyte \d/g)).toHaveLength(1);
    } else {
      const answer = await get(vm.port, "/");
      expect(answer.status).toBe(503);
      expect(answer.text).toContain("This blog is starting.");
      expect(vm.machine.console).toMatch(/too large for this machine: more than \d+ pack bytes/);
    }
  } finally {
    await vm.stop();
    await large.close();
  }
});

test("updates until the memory is full: the one that no longer fits is refused, and the site stays up", async () => {
  const grown = await makeBed("grown", FILES);
  const vm = await Vm.start({ git: grown.git, machine: { memory: 28 } });
  try {
    await vm.ready();
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < 24; i++) {
      const path = `static/${i}.bin`;
      files.set(path, megabyte(100 + i).subarray(0, 700_000));
      grown.blog.push({ [path]: files.get(path) }, `${path} comes`);
      const hook = await get(vm.port, "/push", {}, "POST");
      const refused = hook.status === 502;
      if (refused) {
        expect(hook.text).toMatch(/too large for this machine/);
        expect(i).toBeGreaterThan(3);
        files.delete(path);
      } else expect(hook.status).toBe(200);
      expect((await get(vm.port, "/")).text).toContain("The first words of the front page.");
      for (const [name, bytes] of files) expect((await get(vm.port, `/${name}`)).body.equals(bytes)).toBe(true);
      if (refused) return;
    }
    throw new Error("17 MB of files fit into a machine of 28 MB");
  } finally {
    await vm.stop();
    await grown.close();
  }
});

test("a site with more pages than the memory holds is served all the same", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`static/${i}.bin`, megabyte(i + 50).subarray(0, 300_000)]),
  );
  const many = await makeBed("many", { ...FILES, MEGABYTE_FILE, ...files });
  const vm = await Vm.start({ git: many.git, machine: { memory: 32 } });
  try {
    await vm.ready();
    for (let round = 0; round < 3; round++)
      for (const [path, bytes] of Object.entries(files)) {
        const answer = await get(vm.port, `/${path}`);
        expect(answer.status).toBe(200);
        expect(answer.body.equals(bytes)).toBe(true);
      }
  } finally {
    await vm.stop();
    await many.close();
  }
});
