// A client that opens a TLS connection for each request, for the handshake's sake: by Node's own TLS.

import { connect, type TLSSocket } from "node:tls";

export interface Handshakes {
  readonly host: string;
  readonly path: string;
  /** Bytes of body that each answer has. */
  readonly bytes: number;
  /** The one group that is offered. */
  readonly group: string;
  /** By the ticket of the connection before; the first of each worker is in full. */
  readonly resumed: boolean;
  readonly count: number;
  readonly atOnce: number;
}

const WITHIN_MS = 60_000;

/** Makes so many requests; "" or what went wrong first. */
export async function handshakes(what: Handshakes): Promise<string> {
  let left = what.count;
  let problem = "";
  const work = async (): Promise<void> => {
    let session: Buffer | undefined;
    for (let first = true; left > 0 && problem === ""; first = false) {
      left--;
      try {
        session = await once(what, session, what.resumed && !first);
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: what.atOnce }, work));
  return problem;
}

/** One request on a connection of its own; the ticket that came with it. */
function once(what: Handshakes, session: Buffer | undefined, wanted: boolean): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let ticket: Buffer | undefined;
    let length = 0;
    let head = "";
    const socket: TLSSocket = connect({
      host: what.host,
      port: 443,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
      ciphers: "TLS_AES_128_GCM_SHA256",
      ecdhCurve: what.group,
      ALPNProtocols: ["http/1.1"],
      ...(what.resumed && session !== undefined ? { session } : {}),
    });
    socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error("no answer in time")));
    socket.on("secureConnect", () => {
      if (socket.isSessionReused() !== wanted) {
        socket.destroy(new Error(wanted ? "the session was not resumed" : "a session was resumed"));
        return;
      }
      socket.write(`GET ${what.path} HTTP/1.1\r\nHost: ${what.host}\r\nConnection: close\r\n\r\n`);
    });
    socket.on("session", (given: Buffer) => {
      ticket = given;
    });
    socket.on("data", (chunk: Buffer) => {
      if (head === "") head = chunk.toString("latin1");
      length += chunk.length;
    });
    socket.on("error", reject);
    socket.on("end", () => {
      if (!head.startsWith("HTTP/1.1 200 ") || length < what.bytes)
        reject(new Error(`a bad answer: ${head.slice(0, 60)}`));
      else resolve(ticket);
      socket.end();
    });
  });
}
