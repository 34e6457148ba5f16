// The part of the bench that lives in the namespace: the Git server, a syslog receiver that counts, and a client that
// reads the instruction counter in the moment when an answer is complete. Commands come in as lines of JSON, one answer
// a line goes out.
//
//   ip netns exec NAME node test/bench/inside.ts ADDRESS REPOSITORIES

import { createSocket } from "node:dgram";
import { get } from "node:http";
import { get as getSecure } from "node:https";
import { createInterface } from "node:readline";
import { startGitServer } from "../../tools/git-server.ts";
import { readCounter } from "./counter.ts";
import { type Handshakes, handshakes } from "./tls-client.ts";

export const GIT_PORT = 8418;

export type Command =
  | { readonly kind: "get"; readonly url: string; readonly counter: string }
  | { readonly kind: "handshakes"; readonly what: Handshakes }
  | { readonly kind: "datagrams" };

export interface Answer {
  /** HTTP status; 0 when there was no answer. Of handshakes: 200 when all went well. */
  readonly status: number;
  readonly bytes: number;
  /** The counter when the last byte had come. */
  readonly instructions: number;
  /** Syslog datagrams so far. */
  readonly datagrams: number;
}

const GET_WITHIN_MS = 10_000;

if (import.meta.main) {
  const [host = "127.0.0.1", root = "."] = process.argv.slice(2);
  let datagrams = 0;
  const syslog = createSocket("udp4", () => datagrams++);
  syslog.bind(514, host);
  await startGitServer({ root, host, port: GIT_PORT });
  console.log(JSON.stringify({ status: 0, bytes: 0, instructions: 0, datagrams }));
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    console.log(JSON.stringify({ ...(await done(command)), datagrams }));
  }
  process.exit(0);
}

async function done(command: Command): Promise<Omit<Answer, "datagrams">> {
  switch (command.kind) {
    case "get":
      return fetchPage(command.url, command.counter);
    case "handshakes": {
      const problem = await handshakes(command.what);
      if (problem !== "") console.error(problem);
      return { status: problem === "" ? 200 : 0, bytes: 0, instructions: 0 };
    }
    case "datagrams":
      return { status: 0, bytes: 0, instructions: 0 };
  }
}

function fetchPage(url: string, counter: string): Promise<Omit<Answer, "datagrams">> {
  return new Promise((resolve) => {
    const fail = (): void => resolve({ status: 0, bytes: 0, instructions: readCounter(counter) });
    const ask = url.startsWith("https:") ? getSecure : get;
    const how = { agent: false, timeout: GET_WITHIN_MS, rejectUnauthorized: false };
    const request = ask(url, how, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, bytes, instructions: readCounter(counter) }),
      );
      response.on("error", fail);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", fail);
  });
}
