// HTTP as it should not be, at the machine from outside (RFC 9112): refused by number, and the machine goes on.

import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bed, makeBed, Vm } from "./support/bed.ts";
import { exchange, get } from "./support/http.ts";

const SECRET = "key";
const signed = (body: string): string =>
  `X-Hub-Signature-256: sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}\r\n`;

let bed: Bed;
let vm: Vm;

beforeAll(async () => {
  bed = await makeBed("garbage");
  // A hook with a secret reads bodies: to compare their signatures.
  vm = await Vm.start({ git: bed.git, parameters: `--hook-secret=${SECRET}` });
  await vm.ready();
});

afterAll(async () => {
  await vm?.stop();
  await bed?.close();
});

const HOST = "Host: x\r\n";
const CLOSE = "Connection: close\r\n";

const refused: ReadonlyArray<readonly [name: string, bytes: string, status: number | readonly number[]]> = [
  ["garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],
  ["garbage in words", "hello\r\n\r\n", 400],
  ["two blanks in the request line", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, 400],
  ["a blank before the colon", `GET / HTTP/1.1\r\nHost : x\r\n\r\n`, 400],
  ["a folded header", `GET / HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`, 400],
  ["a NUL in a header", `GET / HTTP/1.1\r\n${HOST}A: b\0c\r\n\r\n`, 400],
  ["a target that is too long", `GET /${"a".repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
  ["a header that is too long", `GET / HTTP/1.1\r\n${HOST}A: ${"b".repeat(17_000)}\r\n\r\n`, 431],
  ["too many headers", `GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(150)}\r\n`, 431],
  ["a body that is too long", `POST /push HTTP/1.1\r\n${HOST}${signed("")}Content-Length: 99999999\r\n\r\n`, 413],
  ["a length that is no number", `POST /push HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, 400],
  ["two lengths", `POST /push HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  [
    "length and coding",
    `POST /push HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["an unknown coding", `POST /push HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, [400, 501]],
  ["a chunk that is none", `POST /push HTTP/1.1\r\n${HOST}${signed("")}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
  ["an unknown method", `BREW / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [405, 501]],
  ["a method that pages do not have", `DELETE / HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [405, 501]],
  ["HTTP/2.0", `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
  ["an expectation", `GET / HTTP/1.1\r\n${HOST}Expect: tea\r\n\r\n`, 417],
  ["dots", `GET /../../etc/passwd HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
  ["encoded dots", `GET /%2e%2e/%2e%2e/.config/uuid HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
  ["an encoded slash", `GET /Posts%2f..%2f.config%2fuuid HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
  ["an encoded NUL", `GET /%00 HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
  ["a broken escape", `GET /%zz HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
  ["bytes that are not UTF-8", `GET /%ff%fe HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, [400, 404]],
];
for (const [name, bytes, status] of refused)
  test(`${name}: ${status}, and the connection closes`, async () => {
    const { text, closed } = await exchange(vm.port, bytes, 10_000);
    const [, code] = /^HTTP\/1\.1 (\d+) /.exec(text) ?? [];
    expect(typeof status === "number" ? [status] : status).toContain(Number(code));
    expect(text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(text).not.toContain("7d8f1cb0");
    expect(closed).toBe(true);
  });

test("pipelined requests are answered in order", async () => {
  const line = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
  const bytes = line("/static/hello.txt") + line("/nothing") + line("/old") + line("/static/hello.txt", CLOSE);
  const { text } = await exchange(vm.port, bytes, 10_000);
  expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((m) => m[1])).toEqual(["200", "404", "301", "200"]);
});

test("a chunked body and 100-continue", async () => {
  const chunked = `POST /push HTTP/1.1\r\n${HOST}${CLOSE}${signed("abc")}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
  expect((await exchange(vm.port, chunked, 10_000)).text).toMatch(/^HTTP\/1\.1 200 /);
  const waiting = `POST /push HTTP/1.1\r\n${HOST}${CLOSE}${signed("abc")}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
  expect((await exchange(vm.port, waiting, 1500)).text).toMatch(/^HTTP\/1\.1 100 /);
});

test("slow senders are told 408 in time, while others are served", async () => {
  const trickle = new Promise<string>((resolve) => {
    let text = "";
    const socket = connect(vm.port, "127.0.0.1");
    const drip = setInterval(() => socket.write("X-Slow: 1\r\n"), 700);
    socket.write(`GET / HTTP/1.1\r\n${HOST}`);
    socket.on("data", (data) => {
      text += data;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(drip);
      resolve(text);
    });
  });
  const half = exchange(vm.port, "GET / HT", 20_000);
  expect((await get(vm.port, "/")).status).toBe(200);
  const { text, closed, ms } = await half;
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(closed).toBe(true);
  expect(ms).toBeLessThan(15_000);
  expect(await trickle).toMatch(/^HTTP\/1\.1 408 /);
});

test("after all this it serves as before", async () => {
  expect((await get(vm.port, "/")).status).toBe(200);
  expect(vm.machine.console).not.toMatch(/panic|fault of ours|could not be served/);
});
