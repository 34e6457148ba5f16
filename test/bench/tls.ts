// The figures over HTTPS: what a handshake costs, what a kept connection, what a large file. Every handshake is of TLS 1.3 with
// a certificate of P-256, X25519 (or the hybrid) and AES-128-GCM: the same for all columns.

import { type Bed, LARGE_BYTES, LARGE_PATH, PAGE_BYTES, PAGE_PATH } from "./bed.ts";
import { type Client, firstAnswer, keptAlive, type Row, requests } from "./machine.ts";

const CONNECTIONS = 64;
/** Handshakes at a time: a quarter of those from which on the machine asks for a cookie first. */
const HANDSHAKES_AT_ONCE = 16;
const HANDSHAKES_WITHIN_MS = 300_000;

/** The clients by the name of their row. */
export const tlsClients: Readonly<Record<string, Client>> = {
  "tls-full": shaking("X25519", false),
  "tls-hybrid": shaking("X25519MLKEM768", false),
  "tls-resumed": shaking("X25519", true),
  "tls-keep-alive": keptAlive(PAGE_PATH, PAGE_BYTES, CONNECTIONS, "https"),
  "tls-large": keptAlive(LARGE_PATH, LARGE_BYTES, CONNECTIONS, "https"),
};

export const tlsRows: readonly Row[] = [
  {
    id: "tls-boot",
    title: "Entry to the first 200 over HTTPS",
    unit: "M instructions",
    target: { compiled: 250 },
    quick: false,
    measure: (bed, column) => firstAnswer(bed, column, "tls-boot", "https"),
  },
  row("tls-full", `HTTPS: full handshake and ${PAGE_BYTES}-byte page`, 1300, 300),
  notOnLinux(row("tls-hybrid", "the same with X25519MLKEM768", 1600, 300)),
  row("tls-resumed", "the same, resumed", 1150, 300),
  row("tls-keep-alive", `HTTPS: ${PAGE_BYTES}-byte page, connection kept`, 60, 4000),
  row("tls-large", "HTTPS: 1 MB over kept connections", 2900, 100),
];

function row(id: string, title: string, compiled: number, count: number): Row {
  return requests(id, title, { compiled }, false, { tls: true }, tlsClients[id]!, count);
}

/** Its OpenSSL 3.0 does not know the group. */
function notOnLinux(all: Row): Row {
  return { ...all, measure: async (bed, column) => (column.name === "linux" ? "–" : all.measure(bed, column)) };
}

/** A connection for each request; "resumed": by the ticket of the one before. */
function shaking(group: string, resumed: boolean): Client {
  return async (bed: Bed, host: string, count: number) => {
    const what = { host, path: PAGE_PATH, bytes: PAGE_BYTES, group, resumed, count, atOnce: HANDSHAKES_AT_ONCE };
    const answer = await bed.ask({ kind: "handshakes", what }, HANDSHAKES_WITHIN_MS);
    if (answer.status !== 200) throw new Error("a handshake or a request failed");
    return `test/bench/tls-client.ts ${JSON.stringify(what)}`;
  };
}
