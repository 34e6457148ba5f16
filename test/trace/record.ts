// Records the traces under data/ anew: a namespace with a TAP, the recorder as the machine on it, real peers. Root only.
//
//   node tools/run.mjs test/trace/record.ts [NAME...]
//
// Then `node tools/run.mjs test/trace/golden.ts` writes down what the replay answers.

import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildProcess } from "../../image/build/process.ts";
import { command, root } from "../../image/build/run.ts";
import { Namespace } from "../../tools/namespace.ts";
import {
  ACTION_DATAGRAM,
  ACTION_FETCH,
  ACTION_FETCH_REFUSED,
  ACTION_PUBLISH,
  ACTION_RESOLVE,
  ACTION_RESOLVE_MISSING,
  ACTION_SYSLOG,
  PEER_HTTP_PORT,
} from "./appliance.ts";
import { SWITCH_CHECKSUM, SWITCH_DHCP, SWITCH_SEGMENTATION } from "./format.ts";

/** The second byte of the addresses in appliance.ts. */
const OCTET = 77;
const HOST = "10.77.0.2";
const URL = `http://${HOST}`;
const OFFLOADS = SWITCH_CHECKSUM | SWITCH_SEGMENTATION;
const RECORDER = "build/trace-recorder";
const KILOBYTE = 1024;

interface Session {
  readonly name: string;
  readonly switches: number;
  /** Bytes of the trace; what follows is left out. */
  readonly limit: number;
  readonly seed?: number;
  /** In thousandths. */
  readonly loss?: number;
  /** Milliseconds after the start, and what is done then. */
  readonly actions?: readonly (readonly [number, number])[];
  /** A shell script in the namespace. */
  readonly peer: string;
  /** How long to listen after the peers have ended. */
  readonly after?: number;
}

const curl = (words: string): string => `curl -sS -o /dev/null --max-time 20 ${words}`;

const sessions: readonly Session[] = [
  {
    name: "curl",
    switches: 0,
    limit: 60 * KILOBYTE,
    peer: [
      curl(`${URL}/ ${URL}/page ${URL}/style.css ${URL}/empty ${URL}/missing?a=b`),
      curl(`--compressed -L ${URL}/ ${URL}/moved`),
      curl(`-I ${URL}/page`),
      curl(`-r 100-199 ${URL}/page -: -sS -o /dev/null -r -5 ${URL}/page -: -sS -o /dev/null -r 9000- ${URL}/page`),
      curl(`-H 'If-None-Match: "page"' ${URL}/page`),
      curl(`-H 'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT' ${URL}/page`),
      curl(`-H 'If-Match: "other"' ${URL}/page`),
      curl(`-0 ${URL}/page`),
      curl(`-H 'Expect: 100-continue' -d @form ${URL}/form`),
      curl(`-H 'Transfer-Encoding: chunked' -d @form ${URL}/form`),
      curl(`-X OPTIONS --request-target '*' ${URL}/`),
      curl(`-H 'X-Long: ${"x".repeat(9000)}' ${URL}/`),
      curl(`${URL}/late`),
    ].join("\n"),
  },
  {
    name: "upload",
    switches: OFFLOADS,
    limit: 60 * KILOBYTE,
    peer: `${curl(`-T body ${URL}/put`)}\n${curl(`-H 'Transfer-Encoding: chunked' -T body ${URL}/put`)}`,
  },
  {
    name: "raw",
    switches: OFFLOADS,
    limit: 24 * KILOBYTE,
    peer: [
      // Pipelined; byte by byte; nonsense; half a head and silence; a connection that says nothing.
      `talk() { exec 3<>/dev/tcp/${HOST}/80; printf "$1" >&3; timeout "$2" cat <&3 >/dev/null; exec 3>&-; }`,
      String.raw`talk 'GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /page HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n' 1`,
      String.raw`exec 3<>/dev/tcp/${HOST}/80; for c in G E T ' ' / ' ' H T T P / 1 . 0 '\r' '\n' '\r' '\n'; do printf "$c" >&3; sleep 0.01; done; cat <&3 >/dev/null; exec 3>&-`,
      String.raw`talk 'nonsense\r\n\r\n' 1`,
      String.raw`talk 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n' 1`,
      String.raw`talk 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' 1`,
      String.raw`talk 'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZ\r\n' 1`,
      String.raw`talk 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' 0.02`,
      "talk 'GET / HTT' 1",
      "talk '' 1",
      curl(`http://${HOST}:81/ || true`),
    ].join("\n"),
  },
  { name: "big", switches: 0, limit: 24 * KILOBYTE, peer: curl(`${URL}/big`) },
  { name: "big-offload", switches: OFFLOADS, limit: 24 * KILOBYTE, peer: curl(`${URL}/big ${URL}/big`) },
  {
    name: "loss",
    switches: 0,
    seed: 11,
    loss: 30,
    limit: 48 * KILOBYTE,
    peer: `${curl(`${URL}/picture ${URL}/big`)}\n${curl(`-T body ${URL}/put`)}`,
  },
  {
    name: "loss-offload",
    switches: OFFLOADS,
    seed: 12,
    loss: 50,
    limit: 32 * KILOBYTE,
    peer: `for i in 1 2 3; do ${curl(`${URL}/picture ${URL}/page`)}; done; ${curl(`${URL}/big`)}`,
  },
  { name: "wrk", switches: OFFLOADS, limit: 40 * KILOBYTE, peer: `wrk -t1 -c16 -d1 ${URL}/page` },
  { name: "ab", switches: 0, limit: 32 * KILOBYTE, peer: `ab -q -n 60 -c 6 ${URL}/page` },
  {
    name: "h2load",
    switches: SWITCH_CHECKSUM,
    limit: 32 * KILOBYTE,
    peer: `h2load --h1 -n 100 -c 8 ${URL}/`,
  },
  {
    name: "chromium",
    switches: OFFLOADS,
    limit: 32 * KILOBYTE,
    peer: `timeout 40 chromium --headless --no-sandbox --disable-gpu --user-data-dir=profile --dump-dom ${URL}/`,
  },
  {
    name: "ping",
    switches: 0,
    limit: 48 * KILOBYTE,
    peer: `ping -q -c 3 -i 0.2 ${HOST} >/dev/null; ping -q -c 3 -i 0.2 -s 5000 ${HOST} >/dev/null; ping -q -c 1 -b 10.77.0.255 -W 1 >/dev/null || true`,
  },
  {
    name: "names",
    switches: SWITCH_DHCP | OFFLOADS,
    limit: 32 * KILOBYTE,
    actions: [
      [2600, ACTION_RESOLVE],
      [2700, ACTION_RESOLVE_MISSING],
      [2800, ACTION_FETCH],
      [2900, ACTION_FETCH_REFUSED],
      [3000, ACTION_DATAGRAM],
      [3100, ACTION_SYSLOG],
      [3200, ACTION_PUBLISH],
    ],
    peer: `sleep 3.4; ${curl(`${URL}/ ${URL}/page ${URL}/not-ready`)}`,
    after: 400,
  },
];

/** What a peer that serves needs: names, leases, a page, a place for datagrams. */
const SERVERS = [
  `dnsmasq --no-daemon --no-resolv --no-hosts --no-ping --conf-file=/dev/null --interface=tap0 --bind-interfaces --pid-file= --dhcp-leasefile=leases
   --dhcp-range=10.77.0.2,10.77.0.2,255.255.255.0,1h --dhcp-option=option:router,10.77.0.1 --domain=trace.example
   --address=/peer.trace.example/10.77.0.1 --local=/trace.example/`,
  `node -e require("http").createServer((q,s)=>s.end("x".repeat(3000))).listen(${PEER_HTTP_PORT});require("dgram").createSocket("udp4").bind(5514)`,
].map((words) => words.split(/\s+/));

await command(async () => {
  await buildProcess("test/trace/recorder.ts", RECORDER);
  mkdirSync(join(root, "test/trace/data"), { recursive: true });
  const wanted = process.argv.slice(2);
  for (const session of sessions)
    if (wanted.length === 0 || wanted.includes(session.name)) {
      const trace = await record(session);
      writeFileSync(join(root, `test/trace/data/${session.name}.trace`), trace);
      process.stdout.write(`${session.name}: ${trace.length} bytes\n`);
    }
});

async function record(session: Session): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "epiphyte-trace-"));
  writeFileSync(join(folder, "form"), "name=value&".repeat(300));
  writeFileSync(join(folder, "body"), Buffer.alloc(20_000, "A body of some length. "));
  const space = new Namespace("epiphyte-trace", OCTET);
  try {
    for (const words of SERVERS) space.start(words, { cwd: folder });
    await sleep(300);
    const actions = (session.actions ?? []).map(([at, action]) => `${at}:${action}`).join(",");
    const numbers = [session.switches, session.limit, session.seed ?? 0, session.loss ?? 0].map(String);
    const recorder = space.start([join(root, RECORDER), space.tap, ...numbers, actions], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    recorder.stdout?.setEncoding("latin1").on("data", (more: string) => {
      text += more;
    });
    await sleep(200);
    await ended(space.start(["bash", "-c", session.peer], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] }));
    await sleep(session.after ?? 100);
    recorder.kill("SIGTERM");
    await ended(recorder);
    const lines = text.split("\n").filter((line) => /^[0-9a-f]+$/.test(line) && line !== "end");
    return Buffer.concat(lines.map((line) => Buffer.from(line, "hex")));
  } finally {
    await space.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.on("close", () => resolve());
  });
}
