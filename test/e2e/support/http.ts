// HTTP as clients speak it, and as they should not: requests through Node's client, and bytes on a bare connection.

import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

const ANSWER_LIMIT_MS = 20_000;

/** One request on a connection of its own to a port of this host's loopback. */
export function get(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
  timeoutMs = ANSWER_LIMIT_MS,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString("utf8") });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

export interface Exchange {
  /** All that came back. */
  readonly text: string;
  /** The peer ended the connection, in order or by a reset, before the time was up. */
  readonly closed: boolean;
  readonly ms: number;
}

/** Sends the bytes as they are, reads until the peer ends or time is up. */
export function exchange(port: number, bytes: string | Buffer, timeoutMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    const started = Date.now();
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(typeof bytes === "string" ? latin1(bytes) : bytes));
    const finish = (closed: boolean) => (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed, ms: Date.now() - started });
    };
    const timer = setTimeout(finish(false), timeoutMs);
    socket.setEncoding("latin1").on("data", (data: string) => {
      text += data;
    });
    socket.on("error", () => undefined).on("close", finish(true));
  });
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
