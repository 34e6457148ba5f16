// A Git server for the demo and the tests: Node's HTTP server around the real `git http-backend` (CGI, RFC 3875), with
// switches for the bad days. Read first: git-http-backend(1).
//
//   node tools/git-server.ts DIRECTORY [HOST] [PORT] [REQUESTS]
//
// serves the repositories in a directory until it is ended, and prints its address. REQUESTS: as many on a connection.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What shall go wrong with the next requests; change it at any time. */
export interface GitServerFaults {
  /** "user:password" that every request must carry; otherwise 401. */
  credentials?: string | undefined;
  /** Answer every request with this status and a line of text. */
  status?: number | undefined;
  /** Milliseconds before each answer. */
  delay?: number | undefined;
  /** Break the connection after this many bytes of an answer to a fetch. */
  cutAfter?: number | undefined;
  /** End an answer to a fetch after this many bytes, as if it were complete. */
  endAfter?: number | undefined;
  /** Flip the lowest bit of this byte of an answer to a fetch. */
  corruptAt?: number | undefined;
  /** Answer info/refs with 302 to this URL plus the path and query asked for. */
  redirectTo?: string | undefined;
}

export interface GitServer {
  /** "http://127.0.0.1:4000", without a slash; a repository is at `${url}/NAME.git`. */
  readonly url: string;
  readonly faults: GitServerFaults;
  /** Lines "POST /demo.git/git-upload-pack", in order of arrival. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Directory that holds the repositories. */
  readonly root: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Loopback unless told otherwise: whoever reaches it reads every repository below the root. */
  readonly host?: string;
  /** Lets anyone who reaches it push. */
  readonly push?: boolean;
  /** Requests on one connection; without end unless told otherwise. */
  readonly requestsPerConnection?: number;
  /** Lets git's complaints through to standard error. */
  readonly verbose?: boolean;
}

export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const faults: GitServerFaults = {};
  const requests: string[] = [];
  const host = options.host ?? "127.0.0.1";
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    serve(request, response, options, faults).catch(() => response.destroy());
  });
  server.maxRequestsPerSocket = options.requestsPerConnection ?? 0;
  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    faults,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: GitServerOptions,
  faults: GitServerFaults,
): Promise<void> {
  const { pathname, search, searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (faults.delay !== undefined) await sleep(faults.delay);
  if (faults.status !== undefined) {
    response.writeHead(faults.status, { "content-type": "text/plain" }).end(`status ${faults.status}\n`);
    return;
  }
  if (faults.redirectTo !== undefined && pathname.endsWith("/info/refs")) {
    response.writeHead(302, { location: faults.redirectTo + pathname + search }).end();
    return;
  }
  const { credentials } = faults;
  if (
    credentials !== undefined &&
    request.headers.authorization !== `Basic ${Buffer.from(credentials).toString("base64")}`
  ) {
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("credentials, please\n");
    return;
  }

  const { PATH } = process.env;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH,
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: request.headers["content-length"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_ADDR: request.socket.remoteAddress ?? "",
      // The repositories may belong to another user than the one who serves them.
      ...gitConfig({ "safe.directory": "*", "http.receivepack": options.push === true ? "true" : "false" }),
    },
    stdio: ["pipe", "pipe", options.verbose === true ? "inherit" : "ignore"],
  });
  response.on("close", () => child.kill());
  child.stdin.on("error", () => {});
  request.pipe(child.stdin);

  const isFetch = pathname.endsWith("/git-upload-pack") && searchParams.get("service") === null;
  let head: Buffer | undefined = Buffer.alloc(0);
  let sent = 0;
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    let chunk = piece;
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) continue;
      writeHead(response, head.toString("latin1", 0, end));
      chunk = head.subarray(end + 4);
      head = undefined;
    }
    if (isFetch) {
      if (faults.corruptAt !== undefined && faults.corruptAt >= sent && faults.corruptAt < sent + chunk.length) {
        const at = faults.corruptAt - sent;
        chunk[at] = chunk[at]! ^ 1;
      }
      const limit = faults.cutAfter ?? faults.endAfter;
      if (limit !== undefined && sent + chunk.length >= limit) {
        response.write(chunk.subarray(0, Math.max(0, limit - sent)), () => {
          if (faults.cutAfter === undefined) response.end();
          else response.destroy();
        });
        return;
      }
    }
    sent += chunk.length;
    if (!response.write(chunk)) await once(response, "drain");
  }
  if (head !== undefined) response.writeHead(500, { "content-type": "text/plain" });
  response.end();
}

/** RFC 3875 6.3: header fields of a CGI answer, the status among them. */
function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "status") status = Number.parseInt(value, 10);
    else if (name !== "") response.setHeader(name, value);
  }
  response.writeHead(status);
}

/** git-config(1), "GIT_CONFIG_COUNT". */
function gitConfig(values: Readonly<Record<string, string>>): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(values).length) };
  Object.entries(values).forEach(([key, value], i) => {
    variables[`GIT_CONFIG_KEY_${i}`] = key;
    variables[`GIT_CONFIG_VALUE_${i}`] = value;
  });
  return variables;
}

if (import.meta.main) {
  const [root, host = "127.0.0.1", port = "0", requests = "0"] = process.argv.slice(2);
  if (root === undefined) throw new Error("usage: git-server DIRECTORY [HOST] [PORT] [REQUESTS]");
  const numbers = { port: Number(port), requestsPerConnection: Number(requests) };
  const { url } = await startGitServer({ root, host, ...numbers });
  console.log(url);
}
