// What attackers do, as a program of its own in a network namespace:
//
//   node test/e2e/support/attacker.ts KIND HOST COUNT [FROM...]
//
// opens COUNT connections to HOST:80, in turn from each of the addresses, and goes on until it is ended. "up" is printed
// when all have been begun, and what has become of them a line a second.
//
//   node test/e2e/support/attacker.ts "GET /path" HOST COUNT [FROM...]
//
// asks for one thing on COUNT connections at once, and prints how many answers of each status came, whole.

import { connect, type Socket } from "node:net";
import { argv, stdout } from "node:process";

type Attack = (socket: Socket, index: number) => void;

const [, , kind = "", host = "", count = "0", ...from] = argv;
const seen = { connected: 0, ended: 0, refused: 0 };

/** Files of some size and of different kinds; the tests put them there (attack-bed.ts). */
const LIBRARY = ["large-0.bin", "large-1.bin", "large-2.bin", "text-0.txt", "text-1.txt", "text-2.txt", "text-3.txt"];

function filler(length: number): string {
  return `X-Filler: ${"x".repeat(length)}\r\n`;
}

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
  /** Connections on which nothing is ever said. */
  idle: (socket) => socket.resume(),
};

function open(index: number): void {
  const attack = ATTACKS[kind];
  if (attack === undefined) throw new Error(`no attack ${kind}`);
  const localAddress = from.length === 0 ? undefined : from[index % from.length];
  const socket = connect({ host, port: 80, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.on("connect", () => {
    seen.connected++;
    attack(socket, index);
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

if (kind.includes(" ")) {
  const answers = await Promise.all(Array.from({ length: Number(count) }, (_, i) => ask(kind, i)));
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  stdout.write(`${JSON.stringify(counts)}\n`);
} else {
  for (let i = 0; i < Number(count); i++) open(i);
  setInterval(() => stdout.write(`${JSON.stringify(seen)}\n`), 1000);
  stdout.write("up\n");
}
