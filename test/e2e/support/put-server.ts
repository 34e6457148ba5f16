// A web server that keeps one file: what --acme-store writes to.
//
//   put-server.ts ADDRESS PORT FILE

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const [address = "127.0.0.1", port = "8080", file = "kept"] = process.argv.slice(2);
createServer((request, response) => {
  if (request.method === "PUT") {
    const parts: Buffer[] = [];
    request.on("data", (data: Buffer) => parts.push(data));
    request.on("end", () => {
      writeFileSync(file, Buffer.concat(parts));
      response.writeHead(201).end();
    });
  } else if (existsSync(file)) response.writeHead(200).end(readFileSync(file));
  else response.writeHead(404).end();
}).listen(Number(port), address);
