// HTTPS in front of a plain server, by Node's own TLS: what a forge has.
//
//   tls-front.ts ADDRESS PORT PEM-FILE TARGET-PORT     the file has the key and the chain

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";

const [address = "127.0.0.1", port = "443", file = "", target = "80"] = process.argv.slice(2);
const pem = readFileSync(file);
const server = createServer({ key: pem, cert: pem, ALPNProtocols: ["http/1.1"] }, (secure) => {
  const plain = connect(Number(target), address);
  for (const [one, other] of [
    [secure, plain],
    [plain, secure],
  ] as const)
    one.on("error", () => other.destroy());
  secure.pipe(plain).pipe(secure);
});
server.on("tlsClientError", (error) => console.error(`refused: ${error.message}`));
server.listen(Number(port), address);
