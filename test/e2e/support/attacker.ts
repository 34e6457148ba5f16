// What attackers do, as a program of its own in a network namespace:
//
//   node test/e2e/support/attacker.ts KIND HOST COUNT [FROM...]
//
// opens COUNT connections to HOST:80, in turn from each of the addresses, and goes on until it is ended. "up" is printed
// when all have been begun, and what has become of them a line a second. "tls-..." goes to port 443, "over-tls KIND" does
// what KIND does behind a handshake.
//
//   node test/e2e/support/attacker.ts "GET /path" HOST COUNT [FROM...]
//
// asks for one thing on COUNT connections at once, and prints how many answers of each status came, whole.

import { connect, type Socket } from "node:net";
import { argv, stdout } from "node:process";
import { connect as connectTls } from "node:tls";
import { clientHello } from "./client-hello.ts";

type Attack = (socket: Socket, index: number) => void;

const [, , words = "", host = "", count = "0", ...from] = argv;
const behindTls = words.startsWith("over-tls ");
const kind = behindTls ? words.slice(9) : words;
const port = behindTls || kind.startsWith("tls-") ? 443 : 80;
const seen = { connected: 0, ended: 0, refused: 0 };

/** Files of some size and of different kinds; the tests put them there (attack-bed.ts). */
const LIBRARY = ["large-0.bin", "large-1.bin", "large-2.bin", "text-0.txt", "text-1.txt", "text-2.txt", "text-3.txt"];

function filler(length: number): string {
  return `X-Filler: ${"x".repeat(length)}\r\n`;
}

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Asks again and again: the next `request` when something has come for the last. */
function askOn(socket: Socket, request: (n: number) => string): void {
  let n = 0;
  socket.write(request(n++));
  socket.on("data", () => socket.write(request(n++)));
}

/** Writes as fast as it is taken. */
function pour(socket: Socket, piece: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.writable && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

/** Writes `bytes` one by one, and the last over and over. */
function drip(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at + 1));
    at = Math.min(at + 1, bytes.length - 1);
  }, everyMs);
  socket.on("close", () => clearInterval(timer));
  socket.resume();
}

/** A record of TLS with this content. */
function record(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, content.length >> 8, content.length & 255]), content]);
}

/** Requests that two servers might take for different ones, or that are none. */
const SHAPES: readonly string[] = [
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /nothing HTTP/1.1\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000003\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
  "GET / HTTP/1.1\nHost: a\n\n",
  "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
  "GET http://a:99999/ HTTP/1.1\r\nHost: b\r\n\r\n",
  "GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /../../%2e%2e/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /\r\n",
  "GET / HTTP/9.9\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
  "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "SSH-2.0-OpenSSH_9.2\r\n",
  "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
  "\r\n".repeat(5000),
  "\0".repeat(20_000),
];

/** Reads `bytes` each `everyMs`, no more. */
function readSlowly(socket: Socket, bytes: number, everyMs: number): void {
  socket.pause();
  const timer = setInterval(() => socket.read(bytes), everyMs);
  socket.on("close", () => clearInterval(timer));
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  /** Takes the head of a large file and nothing more, on a connection that the server has let go of. */
  orphans: (socket) => {
    socket.write("GET /static/large-0.bin HTTP/1.0\r\n\r\n");
    socket.once("readable", () => socket.read(1));
  },
  /** The same for many files, on connections that are kept. */
  readers: (socket, index) => {
    socket.write(`GET /static/large-${index % 8}.bin HTTP/1.1\r\nHost: a\r\n\r\n`);
    readSlowly(socket, 107, 1000);
  },
  /** A long head that never ends; another one when it is answered. */
  heads: (socket) => {
    const half = `GET / HTTP/1.1\r\nHost: a\r\n${filler(5960)}${filler(5960)}`;
    socket.write(half);
    socket.resume();
  },
  /** A short head that never ends. */
  halves: (socket) => {
    socket.write("GET / HTTP/1.1\r\nHo");
    socket.resume();
  },
  /** A body that comes nearly to its end. */
  bodies: (socket) => {
    socket.write("POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
    socket.write("x".repeat(1_048_535));
    const timer = setInterval(() => socket.write("x"), 15_000);
    socket.on("close", () => clearInterval(timer));
    socket.resume();
  },
  /** Long requests that are answered by a redirect that repeats them, pipelined, never read. */
  redirects: (socket) => {
    for (let i = 0; i < 40; i++) socket.write(`GET /old?${"q".repeat(7000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    socket.pause();
  },
  /** Answers that are never read. */
  unread: (socket) => {
    for (let i = 0; i < 40; i++) socket.write(`GET /nothing-${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
    socket.pause();
  },
  /** Requests with long heads for the hook. */
  hooks: (socket) => {
    socket.write(`POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${filler(5000)}${filler(5000)}\r\n`);
    socket.resume();
  },
  /** Large files of all kinds, in both codings, that nobody reads: each is let go of and made again for the next. */
  library: (socket, index) => {
    const coding = index % 2 === 0 ? "Accept-Encoding: gzip\r\n" : "";
    socket.write(`GET /static/${LIBRARY[index % LIBRARY.length]} HTTP/1.1\r\nHost: a\r\n${coding}\r\n`);
    readSlowly(socket, 107, 1000);
  },
  /** The same, read just fast enough not to be slow. */
  steady: (socket, index) => {
    socket.write(`GET /static/${LIBRARY[index % LIBRARY.length]} HTTP/1.1\r\nHost: a\r\n\r\n`);
    readSlowly(socket, 6000, 1000);
  },
  /** Many ranges, many times over. */
  ranges: (socket, index) => {
    const ranges = Array.from({ length: 1000 }, (_, i) => `${i * 9}-${i * 9 + 4}`).join(",");
    for (let i = 0; i < 20; i++)
      socket.write(`GET /static/large-${index % 3}.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=${ranges}\r\n\r\n`);
    socket.pause();
  },
  /** A head that comes byte by byte. */
  drops: (socket) => {
    const head = `GET / HTTP/1.1\r\nHost: a\r\n${filler(4000)}`;
    let at = 0;
    const timer = setInterval(() => socket.write(head.charAt(at++) || "x"), 100);
    socket.on("close", () => clearInterval(timer));
    socket.resume();
  },
  /** A body in chunks of one byte, each with an extension; then trailers without an end. */
  chunks: (socket, index) => {
    socket.write("POST /push HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const piece = index % 2 === 0 ? `1;${"e".repeat(200)}\r\nx\r\n`.repeat(50) : `X-T: ${"t".repeat(200)}\r\n`;
    if (index % 2 === 1) socket.write("0\r\n");
    const timer = setInterval(() => socket.write(piece), 50);
    socket.on("close", () => clearInterval(timer));
    socket.resume();
  },
  /** A body that is announced and waited for, another protocol that is asked for, and then silence. */
  expect: (socket, index) => {
    const more =
      index % 2 === 0 ? "Expect: 100-continue\r\nContent-Length: 1000000" : "Upgrade: h2c\r\nConnection: Upgrade";
    socket.write(`POST /push HTTP/1.1\r\nHost: a\r\n${more}\r\n\r\n`);
    socket.resume();
  },
  /** Our side is ended at once, and nothing is read. */
  closers: (socket, index) => {
    socket.end(`GET /${index % 2 === 0 ? "static/large-1.bin" : "nothing"} HTTP/1.1\r\nHost: a\r\n\r\n`);
    socket.pause();
  },
  /** Connections that are reset right after what they ask. */
  resets: (socket, index) => {
    socket.write(`GET /${index % 2 === 0 ? "static/large-2.bin" : `nothing-${index}`} HTTP/1.1\r\nHost: a\r\n\r\n`);
    setTimeout(() => socket.resetAndDestroy(), index % 30);
  },
  /** One shape of request after the other, each on a connection of its own. */
  shapes: (socket, index) => {
    socket.write(SHAPES[(index + turn++) % SHAPES.length]!, "latin1");
    setTimeout(() => socket.end(), 200);
    socket.resume();
  },
  /** Thousands of fields, of one letter or with no end. */
  fields: (socket, index) => {
    const fields = index % 2 === 0 ? "a: b\r\n".repeat(4000) : `${"f".repeat(60_000)}: x\r\n`;
    askOn(socket, () => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  },
  /** Conditions of hundreds of tags, dates, ranges that depend on them; HEAD as often as GET. */
  conditions: (socket, index) => {
    const tags = Array.from({ length: 500 }, (_, i) => `"${index}-${i}"`).join(", ");
    const fields = [`If-None-Match: ${tags}`, `If-Match: W/"x", ${tags}`, `If-Range: "x"\r\nRange: bytes=0-0,-1,5-`];
    const methods = ["GET", "HEAD"];
    askOn(
      socket,
      (n) => `${methods[n % 2]} /static/large-${n % 3}.bin HTTP/1.1\r\nHost: a\r\n${fields[n % 3]}\r\n\r\n`,
    );
  },
  /** What is not there, and what is there by other spellings and with queries that nobody has asked for yet. */
  spellings: (socket, index) => {
    const paths = ["//Posts/p1", "/Posts/%701", "/static/./large-0.bin", "/static/%74ext-0.txt", "/Posts/../Posts/p2"];
    askOn(socket, (n) => GET(n % 2 === 0 ? `${paths[(n / 2) % 5]}?${index}-${n}` : `/nothing/${index}/${n}`));
  },
  /** Thousands of requests at once, and their answers read. */
  pipelined: (socket) => {
    socket.write(GET("/Posts/First").repeat(4000));
    socket.resume();
  },
  /** Hooks that nobody has signed, or falsely, one after the other. */
  unsigned: (socket, index) => {
    const signature = index % 2 === 0 ? "" : `X-Hub-Signature-256: sha256=${"0".repeat(64)}\r\n`;
    askOn(socket, (n) =>
      n % 2 === 0 ? `POST /push HTTP/1.1\r\nHost: a\r\n${signature}Content-Length: 2\r\n\r\n{}` : GET(`/push?${n}`),
    );
  },
  /** As much as a forge may send, as fast as it is taken, to the hook and to pages. */
  uploads: (socket, index) => {
    const path = index % 2 === 0 ? "/push" : "/Posts/p1";
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 26214400\r\n\r\n`);
    pour(socket, "x".repeat(65_536));
    socket.resume();
  },
  /** The same, a byte at a time. */
  trickle: (socket) => {
    socket.write("POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 26214400\r\n\r\n");
    drip(socket, Buffer.from("x"), 100);
  },
  /** Our side is ended, and what was asked for is read slowly. */
  "half-closed": (socket) => {
    socket.end(GET("/static/large-0.bin"));
    readSlowly(socket, 107, 1000);
  },
  /** A hello, and nothing more. */
  "tls-hello": (socket) => {
    socket.write(hello);
    socket.resume();
  },
  /** A hello of which each byte takes its time, in records of one byte. */
  "tls-drip": (socket, index) => {
    const content = hello.subarray(5);
    const records = Buffer.concat(Array.from(content, (_, i) => record(22, content.subarray(i, i + 1))));
    drip(socket, index % 2 === 0 ? hello : records, 20);
  },
  /** What no handshake has: records of any type and length, empty ones without an end, two hellos, alerts, a plain request. */
  "tls-garbage": (socket, index) => {
    const any = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 2_654_435_761 + index * 40_503) >>> 13));
    const pieces = [
      any,
      Buffer.concat([hello, hello]),
      Buffer.concat([hello, record(23, any)]),
      Buffer.concat([hello, Buffer.concat(Array.from({ length: 500 }, () => record(20, Buffer.from([1]))))]),
      Buffer.concat(Array.from({ length: 500 }, () => record(22, Buffer.alloc(0)))),
      Buffer.concat(Array.from({ length: 500 }, () => record(21, Buffer.from([1, 0])))),
      Buffer.from([22, 3, 3, 0xff, 0xff]),
      Buffer.concat([record(22, Buffer.from([1, 0xff, 0xff, 0xff])), record(22, any)]),
      Buffer.from([0x80, 0x2e, 1, 0, 2]),
      Buffer.from(GET("/")),
    ];
    socket.write(pieces[(index + turn++) % pieces.length]!);
    socket.on("data", () => socket.write(any));
  },
  /** Handshakes in full, one after the other: the keys cost us more than them. */
  "tls-handshakes": (socket) => {
    const secure = connectTls({ socket, rejectUnauthorized: false }, () => socket.resetAndDestroy());
    secure.on("error", () => undefined);
  },
  /** Connections on which nothing is ever said. */
  idle: (socket) => socket.resume(),
  "tls-idle": (socket) => socket.resume(),
};

const hello = port === 443 ? await clientHello() : Buffer.alloc(0);
/** What comes in turn goes on when connections come again. */
let turn = 0;

function open(index: number): void {
  const attack = ATTACKS[kind];
  if (attack === undefined) throw new Error(`no attack ${kind}`);
  const localAddress = from.length === 0 ? undefined : from[index % from.length];
  const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.on("connect", () => {
    seen.connected++;
    if (!behindTls) return attack(socket, index);
    const secure = connectTls({ socket, rejectUnauthorized: false }, () => attack(secure, index));
    secure.on("error", () => undefined);
  });
  socket.on("error", () => {
    seen.refused++;
  });
  socket.on("close", () => {
    seen.ended++;
    // They come again: that is what attackers do.
    setTimeout(() => open(index), 100);
  });
}

/** One request; the status of its answer, "cut" when less came than was announced, "none" when nothing did. */
function ask(request: string, index: number): Promise<string> {
  const localAddress = from.length === 0 ? undefined : from[index % from.length];
  return new Promise((resolve) => {
    let head = "";
    let length = 0;
    const socket = connect({ host, port: 80, ...(localAddress === undefined ? {} : { localAddress }) }, () =>
      socket.write(`${request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
    );
    socket.setTimeout(60_000, () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      length += data.length;
      if (!head.includes("\r\n\r\n")) head += data.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1];
      const announced = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      const whole = length === head.indexOf("\r\n\r\n") + 4 + (request.startsWith("HEAD") ? 0 : announced);
      resolve(status === undefined ? "none" : whole ? status : "cut");
    });
  });
}

if (kind.includes(" /")) {
  const answers = await Promise.all(Array.from({ length: Number(count) }, (_, i) => ask(kind, i)));
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  stdout.write(`${JSON.stringify(counts)}\n`);
} else {
  for (let i = 0; i < Number(count); i++) open(i);
  setInterval(() => stdout.write(`${JSON.stringify(seen)}\n`), 1000);
  stdout.write("up\n");
}
