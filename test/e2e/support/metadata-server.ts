// The metadata service of a cloud, as the machine meets it at 169.254.169.254.
//
//   metadata-server.ts ADDRESS KIND FILE     KIND: ec2 (a token is wanted), google, portal (HTML for everything)

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const TOKEN = "AQAEAHx0b2tlbg==";
const [address = "127.0.0.1", kind = "ec2", file = "user-data"] = process.argv.slice(2);
createServer(({ method, url, headers }, response) => {
  if (kind === "portal") response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><p>Sign in");
  else if (kind === "google") {
    const ours = url === "/computeMetadata/v1/instance/attributes/user-data";
    if (headers["metadata-flavor"] !== "Google") response.writeHead(403).end();
    else if (ours) response.writeHead(200).end(readFileSync(file));
    else response.writeHead(404).end();
  } else if (method === "PUT" && url === "/latest/api/token")
    response.writeHead(headers["x-aws-ec2-metadata-token-ttl-seconds"] === undefined ? 400 : 200).end(TOKEN);
  else if (headers["x-aws-ec2-metadata-token"] !== TOKEN) response.writeHead(401).end();
  else if (url === "/latest/user-data") response.writeHead(200).end(readFileSync(file));
  else response.writeHead(404).end();
}).listen(80, address);
