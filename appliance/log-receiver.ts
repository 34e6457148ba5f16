// Who receives the log, as --syslog says it: HOST[:PORT], with a scheme for what carries it.

import type { Port } from "../stack/base/address.ts";

export interface LogReceiver {
  /** Datagrams (RFC 5426), a stream (RFC 6587) or one over TLS (RFC 5425). */
  readonly transport: "udp" | "tcp" | "tls";
  readonly host: string;
  readonly port: Port;
}

/** RFC 5426 3.3; RFC 6587 has none, and this is what is used; RFC 5425 4.1. */
const PORTS = { udp: 514, tcp: 514, tls: 6514 } as const;
const WANTED = "is not [udp://|tcp://|tls://]HOST[:PORT]";

/** The receiver, or why there is none. */
export function parseLogReceiver(
  text: string,
  parseHost: (text: string) => { readonly name: string } | string,
  parsePort: (text: string) => Port | string,
): LogReceiver | string {
  const parts = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9a-f:.]+\]|[^/:]*)(?::([^/:]*))?\/?$/i.exec(text);
  if (parts === null) return WANTED;
  const transport = (parts[1] ?? "udp").toLowerCase();
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls")
    return `${transport}:// is not spoken to a syslog server; udp, tcp and tls are`;
  const host = parseHost(parts[2] ?? "");
  if (typeof host === "string") return WANTED;
  const port = parts[3] === undefined ? (PORTS[transport] as Port) : parsePort(parts[3]);
  return typeof port === "string" ? port : { transport, host: host.name, port };
}
