// A forge that sends what no honest one would: repositories that are small on the wire and large in memory or work
// (hostile-repositories.ts), and answers that do not come to an end. Read first: gitprotocol-http(5), gitprotocol-pack(5).
//
//   node test/e2e/support/hostile-forge.ts HOST PORT
//
// serves one repository at /x.git; GET /serve/KIND chooses which, "good-N" is a blog whose post says N. Of the kinds
// FAULT-PLACE the repository is a good one and the connection is not: what FAULT does at PLACE, see `FAULTS`, `PLACES`.

import "../../../image/native-node.ts";
import { createServer, type ServerResponse } from "node:http";
import { makePack } from "../../appliance/git/pack-builder.ts";
import { good, padded, type Repository, times } from "../../appliance/git/repository-builder.ts";
import { KINDS } from "./hostile-repositories.ts";

const line = (data: Uint8Array | string): Buffer => {
  const body = Buffer.from(data as string);
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, "0")), body]);
};
const band = (number: number, data: Uint8Array | string): Buffer =>
  line(Buffer.concat([Uint8Array.of(number), Buffer.from(data as string)]));

let kind = "good-0";
const made = new Map<string, { readonly commit: string; readonly pack: Uint8Array }>();

function current(): { readonly commit: string; readonly pack: Uint8Array } {
  let known = made.get(kind);
  if (known === undefined) {
    const { commit, entries, count }: Repository = (KINDS[kind] ?? (() => good(kind)))();
    known = { commit, pack: makePack(entries, count) };
    made.set(kind, known);
  }
  return known;
}

// ---- Faults of the connection: answers are sent as they are, byte by byte ----

/** What becomes of an answer at its place: `rest` is what would follow. */
const FAULTS: Readonly<Record<string, (response: ServerResponse, rest: Buffer) => void>> = {
  /** Nothing more, and the connection stays. */
  stall: () => undefined,
  /** A byte now and then. */
  trickle(response, rest) {
    let at = 0;
    const timer = setInterval(() => response.socket?.write(rest.subarray(at, ++at)), 500);
    response.socket?.on("close", () => clearInterval(timer));
  },
  close: (response) => void response.socket?.end(),
  reset: (response) => void response.socket?.resetAndDestroy(),
};
/** Where: before an answer, within its head, at the head's end, within the body. */
const PLACES = ["start", "head", "body", "middle"] as const;
const ANSWERS = ["refs", "pack"] as const;

/** Sends the whole answer, or what the kind makes of it: "stall-refs-head". */
function answer(response: ServerResponse, which: (typeof ANSWERS)[number], type: string, body: Buffer): void {
  const [fault = "", at, place] = kind.split("-");
  if (at !== which || !Object.hasOwn(FAULTS, fault)) {
    response.setHeader("Content-Type", type);
    response.end(body);
    return;
  }
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`);
  const whole = Buffer.concat([head, body]);
  const ends = [0, 30, head.length, head.length + Math.floor(body.length / 2)];
  const end = ends[PLACES.indexOf(place as (typeof PLACES)[number])] ?? 0;
  response.socket?.write(whole.subarray(0, end));
  FAULTS[fault]?.(response, whole.subarray(end));
}

/** The same bytes until the other side has had enough. */
function endless(response: ServerResponse, bytes: Buffer): void {
  const timer = setInterval(() => response.write(bytes), 1);
  response.on("close", () => clearInterval(timer));
}

// ---- The protocol ----

const ADVERTISEMENT = "application/x-git-upload-pack-advertisement";
const RESULT = "application/x-git-upload-pack-result";
const SERVICE = Buffer.concat([line("# service=git-upload-pack\n"), Buffer.from("0000")]);
const MEGABYTE = "x".repeat(1024 * 1024);

/** Answers to info/refs that are of no repository. */
const REFS: Readonly<Record<string, (response: ServerResponse, commit: string, path: string) => void>> = {
  error: (response) => response.end(Buffer.concat([SERVICE, line("ERR the forge \u202eis down\x07\n")])),
  "refs-endless": (response, commit) => {
    response.write(Buffer.concat([SERVICE, line(`${commit} HEAD\0side-band-64k\n`)]));
    endless(response, Buffer.concat(times(500, (i) => line(`${commit} refs/heads/b${padded(i)}\n`))));
  },
  "refs-error-endless": (response) => {
    response.statusCode = 500;
    endless(response, Buffer.from(MEGABYTE.slice(0, 60_000)));
  },
  "refs-zeros": (response) => response.end(Buffer.alloc(5 * 1024 * 1024)),
  "refs-flushes": (response) => response.end("0000".repeat(1024 * 1024)),
  "head-endless": (response) => {
    response.socket?.write("HTTP/1.1 200 OK\r\n");
    const timer = setInterval(() => response.socket?.write(`X-More: ${MEGABYTE.slice(0, 10_000)}\r\n`), 1);
    response.socket?.on("close", () => clearInterval(timer));
  },
  "head-interim": (response) => {
    const timer = setInterval(() => response.socket?.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(100)), 1);
    response.socket?.on("close", () => clearInterval(timer));
  },
  "redirect-self": (response, _, path) => redirect(response, path),
  "redirect-ring": (response, _, path) => redirect(response, path.startsWith("/y/") ? path.slice(2) : `/y${path}`),
  "redirect-chain": (response, _, path) => redirect(response, `/a${path}`),
  "redirect-long": (response) => redirect(response, `/${MEGABYTE.slice(0, 7000)}/x.git/info/refs`),
  "redirect-odd": (response) => redirect(response, "javascript:alert(1)"),
  "redirect-dead": (response) => redirect(response, "http://127.255.255.254:1/x.git/info/refs"),
};

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(302, { Location: to });
  response.end();
}

function advertise(response: ServerResponse, path: string): void {
  const { commit } = current();
  const odd = REFS[kind];
  if (odd !== undefined) {
    response.setHeader("Content-Type", ADVERTISEMENT);
    odd(response, commit, path);
    return;
  }
  const words = "side-band-64k ofs-delta symref=HEAD:refs/heads/main";
  const first: Readonly<Record<string, string>> = {
    "refs-words": `${words} ${"word ".repeat(12_000)}`,
    "refs-symref-ring": words.replace("main", "ring symref=refs/heads/ring:HEAD symref=HEAD:HEAD"),
    "refs-symref-long": words.replace("main", "n".repeat(60_000)),
  };
  const more: Readonly<Record<string, readonly Buffer[]>> = {
    "many-refs": kind === "many-refs" ? times(100_000, (i) => line(`${commit} refs/heads/b${padded(i)}\n`)) : [],
    "refs-long": times(100, (i) => line(`${commit} refs/heads/${"n".repeat(65_000)}${i}\n`)),
    "refs-same": times(50_000, () => line(`${commit} refs/heads/main\n`)),
  };
  const body = [
    SERVICE,
    line(`${commit} HEAD\0${first[kind] ?? words}\n`),
    ...(more[kind] ?? []),
    line(`${commit} refs/heads/main\n`),
    Buffer.from("0000"),
  ];
  answer(response, "refs", ADVERTISEMENT, Buffer.concat(body));
}

/** Answers to a request for a pack that hold none, or more than one. */
const PACKS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  refusal: (response) =>
    response.end(Buffer.concat([band(3, "the forge \u202ehas a disk \x1b[31mfull\n"), Buffer.from("0000")])),
  "endless-progress": (response) => endless(response, band(2, "counting\n".repeat(1000))),
  "endless-lines": (response) => endless(response, Buffer.concat(times(5000, () => band(2, "\n")))),
  "endless-empty": (response) => endless(response, Buffer.concat(times(5000, () => band(1, "")))),
  "endless-nak": (response) => endless(response, Buffer.concat(times(5000, () => line("NAK\n")))),
  "endless-pack": (response) => endless(response, band(1, Buffer.alloc(60_000))),
  "endless-bytes": (response) => {
    response.write(band(1, current().pack));
    endless(response, Buffer.concat(times(5000, (i) => band(1, Uint8Array.of(i)))));
  },
  "pack-none": (response) => response.end("0000"),
  "pack-nothing": (response) => response.end(),
  "pack-lengths": (response) => response.end("fffffff0".repeat(1000)),
  "pack-other": (response) => {
    response.end(Buffer.concat([band(1, makePack(good("another").entries)), Buffer.from("0000")]));
  },
  "pack-spoilt": (response) => {
    const pack = Buffer.from(current().pack);
    pack[pack.length - 30]! ^= 1;
    response.end(Buffer.concat([band(1, pack), Buffer.from("0000")]));
  },
};

function sendPack(response: ServerResponse): void {
  response.setHeader("Content-Type", RESULT);
  const odd = PACKS[kind];
  if (odd !== undefined) {
    response.write(line("NAK\n"));
    odd(response);
    return;
  }
  const { pack } = current();
  const parts: Buffer[] = [line("NAK\n")];
  for (let at = 0; at < pack.length; at += 60_000) parts.push(band(1, pack.subarray(at, at + 60_000)));
  answer(response, "pack", RESULT, Buffer.concat([...parts, Buffer.from("0000")]));
}

const [, , host = "127.0.0.1", port = "8000"] = process.argv;
createServer((request, response) => {
  const path = request.url ?? "";
  const bare = path.split("?", 1)[0]!;
  response.on("error", () => undefined);
  request.resume();
  request.on("end", () => {
    if (bare.startsWith("/serve/")) {
      kind = bare.slice("/serve/".length);
      current();
      response.end("ok\n");
    } else if (bare.endsWith("/info/refs")) advertise(response, path);
    else if (bare.endsWith("/git-upload-pack")) sendPack(response);
    else {
      response.statusCode = 404;
      response.end();
    }
  });
}).listen(Number(port), host);
process.stdout.write("up\n");
