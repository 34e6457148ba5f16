// Node's TLS, which is OpenSSL, as a visitor of ours and as a forge's HTTPS. How it is called: README.md.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain, createServer } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, TLSSocket } from "node:tls";

const WAIT_MS = 10_000;
/** OpenSSL has its own names for two. */
const GROUPS: Readonly<Record<string, string>> = { secp256r1: "P-256", secp384r1: "P-384" };

const [role = "", where = "", file = "", ...cases] = process.argv.slice(2);
if (role === "client") await visitAll(where, file, cases);
else if (role === "server") serve(where, file, cases);
else throw new Error("client ADDRESS CA CASE... | server LISTEN TARGET CASE...");

async function visitAll(address: string, authority: string, cases: readonly string[]): Promise<void> {
  const ca = readFileSync(authority);
  const sessions = new Map<string, Buffer>();
  for (const it of cases) {
    const { whose, suite, group } = parse(it);
    const session = sessions.get(it);
    const options = { ca, servername: whose, ciphers: suite, ecdhCurve: group, ...(session && { session }) };
    const said = await visit(address, whose, options, (ticket) => sessions.set(it, ticket)).then(
      (line) => `ok ${line}`,
      (error: Error) => `failed: ${error.message}`,
    );
    console.log(`${it} ${said}`);
  }
}

/** A whole exchange. */
async function visit(
  address: string,
  name: string,
  options: ConnectionOptions,
  onTicket: (ticket: Buffer) => void,
): Promise<string> {
  const { host, port } = place(address);
  const socket = connect({ host, port, minVersion: "TLSv1.3", ALPNProtocols: ["http/1.1"], ...options });
  socket.setTimeout(WAIT_MS, () => socket.destroy(new Error("nothing came")));
  socket.on("session", onTicket);
  await once(socket, "secureConnect");
  const line = describe(socket);
  socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  let answer = "";
  for await (const piece of socket.setEncoding("latin1")) answer += String(piece);
  return `${line} ${answer.slice(9, 12)}`;
}

function serve(listen: string, target: string, cases: readonly string[]): void {
  const contexts = cases.map((it) => {
    const { whose, suite, group } = parse(it);
    const pem = readFileSync(whose);
    return createSecureContext({ key: pem, cert: pem, ciphers: suite, ecdhCurve: group, minVersion: "TLSv1.3" });
  });
  let turn = 0;
  const { host, port } = place(listen);
  // Its own server has one context for all names; a case each wants sockets of our own.
  createServer((socket) => {
    const it = cases[turn % cases.length]!;
    const secureContext = contexts[turn++ % contexts.length]!;
    const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] });
    const plain = connectPlain(place(target));
    secure.on("secure", () => console.log(`${it} ok ${describe(secure)}`));
    secure.on("error", (error) => {
      console.log(`${it} failed: ${error.message}`);
      plain.destroy();
    });
    plain.on("error", () => secure.destroy());
    secure.pipe(plain).pipe(secure);
  }).listen(port, host, () => console.log("listening"));
}

function describe(socket: TLSSocket): string {
  return `${socket.getCipher().standardName} - ${socket.isSessionReused() ? "resumed" : "full"}`;
}

function place(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** "WHOSE,SUITE,GROUP" */
function parse(it: string): { readonly whose: string; readonly suite: string; readonly group: string } {
  const [whose, suite, group] = it.split(",");
  if (whose === undefined || suite === undefined || group === undefined)
    throw new Error(`${it}: a case is WHOSE,SUITE,GROUP`);
  return { whose, suite, group: GROUPS[group] ?? group };
}
