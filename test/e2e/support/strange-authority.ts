// Stands between a client and a certificate authority, on a port for each way in which it is wrong:
//
//   html          HTML for everything                    html-later     HTML for whoever wants an account
//   never         no answer                              endless        an answer without an end
//   other-name    a certificate for somebody else        without-lists  all as it should be, but it lists no orders
//
//   strange-authority.ts ADDRESS PEM-FILE DIRECTORY CA-FILE

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as ask, createServer } from "node:https";
import { STRANGE_PORTS } from "./strange-ports.ts";

const [address = "127.0.0.1", file = "", directory = "", ca = ""] = process.argv.slice(2);
const pem = readFileSync(file);
const target = new URL(directory);

for (const [way, port] of Object.entries(STRANGE_PORTS))
  createServer({ key: pem, cert: pem }, (request, response) => {
    if (way === "never") return;
    if (way === "html") html(response, 200);
    else if (way === "endless") endless(response);
    else if (way === "html-later" && request.url === "/sign-me-up") html(response, 502);
    else pass(request, response, way);
  }).listen(port, address);

function html(response: ServerResponse, status: number): void {
  response
    .writeHead(status, { "Content-Type": "text/html" })
    .end("<!DOCTYPE html><title>Welcome</title><p>It works!</p>");
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  const more = (): void => {
    while (!response.destroyed && response.write('{"a":'.repeat(1000)));
  };
  response.on("drain", more);
  more();
}

/** On to the real one, which makes its URLs of the name that it is asked by. */
function pass(request: IncomingMessage, response: ServerResponse, way: string): void {
  const { method, headers, url: path } = request;
  const to = { host: target.hostname, port: target.port, path, method, headers, ca: readFileSync(ca) };
  const onward = ask(to, (answer) => {
    const parts: Buffer[] = [];
    answer.on("data", (data: Buffer) => parts.push(data));
    answer.on("end", () => {
      let body = Buffer.concat(parts).toString();
      if (way === "without-lists") body = body.replace(/"orders":/, '"not-listed":');
      if (way === "other-name" && body.includes("BEGIN CERTIFICATE")) body = otherName();
      const fields = { ...answer.headers };
      delete fields["content-length"];
      response.writeHead(answer.statusCode ?? 502, fields).end(body);
    });
  });
  onward.on("error", () => html(response, 502));
  request.pipe(onward);
}

function otherName(): string {
  const words = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    "/dev/null",
  ];
  const name = ["-subj", "/CN=other.test", "-addext", "subjectAltName=DNS:other.test"];
  return execFileSync("openssl", [...words, ...name], { encoding: "utf8" });
}
