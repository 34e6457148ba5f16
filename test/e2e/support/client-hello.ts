// The first flight of a client of TLS.

import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** What Node would say first on a connection of TLS. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read: () => undefined, write: (chunk: Buffer) => resolve(Buffer.from(chunk)) });
    connect({ socket, rejectUnauthorized: false }).on("error", () => undefined);
  });
}
