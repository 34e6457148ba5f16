// The first request for a page finds nothing in the table, the second does: nobody may be able to tell. And the preview on
// Node is the product: it answers the same bytes as the machine.

import { connect } from "node:net";
import { describe, expect, it } from "vitest";

import { raw } from "../../../appliance/render/html.ts";
import { Renderer } from "../../../appliance/render/renderer.ts";
import { WebServer } from "../../../appliance/web/server.ts";
import { NodeNetwork } from "../../../image/network-node.ts";
import type { Port } from "../../../stack/base/address.ts";
import { Edge } from "../../../stack/edge/edge.ts";
import type { HttpAnswer, HttpRequest, Network } from "../../../stack/edge/network.ts";
import { Host } from "../../../stack/host/host.ts";
import * as seam from "../../../stack/host/seam.ts";
import { buildSite } from "../../support/build-site.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { FAKE_NOW, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { settle, VirtualPlatform } from "../../support/virtual-platform.ts";
import { NO_FAULTS, Wire } from "../../support/wire.ts";

const FILES = {
  ".config/uuid": "981361ca-e71d-4997-a52c-baeee78e4156",
  "posts/p1.md": `# One\n\n${"All work and no play. ".repeat(100)}\n`,
  "static/m.bin": { text: "0123456789", updated: 1_700_000_000 },
};
const PAGE = "/posts/p1";
const FILE = "/static/m.bin";
const GZIP = "Accept-Encoding: gzip, deflate\r\n";

interface Shape {
  readonly name: string;
  readonly status: number;
  readonly text: string;
}

/** A request; `{tag}` in its fields is the entity tag of what it asks for, `{date}` its date. */
function shape(status: number, fields = "", path = FILE, method = "GET", version = "1.1"): Shape {
  const host = version === "1.1" ? "Host: a\r\n" : "";
  const name = `${method} ${path} HTTP/${version}; ${fields.replaceAll("\r\n", "; ")}`;
  return { name, status, text: `${method} ${path} HTTP/${version}\r\n${host}${fields}\r\n` };
}

const SHAPES: readonly Shape[] = [
  shape(200),
  shape(200, "", PAGE),
  shape(200, GZIP, PAGE),
  shape(200, GZIP),
  shape(200, "Accept-Encoding: gzip;q=0\r\n", PAGE),
  shape(200, "Accept-Encoding: gzip;q=0.5, identity;q=0.9\r\n", PAGE),
  shape(200, "Accept-Encoding: *\r\n", PAGE),
  shape(200, "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", PAGE),
  shape(200, "Accept-Encoding: gzip;q=0\r\nAccept-Encoding: *\r\n", PAGE),
  shape(200, "", FILE, "HEAD"),
  shape(200, GZIP, PAGE, "HEAD"),
  shape(200, "", FILE, "GET", "1.0"),
  shape(200, "Connection: keep-alive\r\n", FILE, "GET", "1.0"),
  shape(200, "Connection: close\r\n"),
  shape(200, GZIP, PAGE, "GET", "1.0"),
  shape(206, "Range: bytes=2-5\r\n"),
  shape(206, "Range: bytes=-3\r\n"),
  shape(206, "Range: bytes=4-\r\n"),
  shape(416, "Range: bytes=10-\r\n"),
  shape(200, "Range: bytes=1-2,4-5\r\n"),
  shape(200, "Range: lines=1-2\r\n"),
  shape(200, "Range: bytes=2-5\r\n", FILE, "HEAD"),
  shape(206, `Range: bytes=0-9\r\n${GZIP}`, PAGE),
  shape(206, "Range: bytes=0-1\r\nIf-Range: {tag}\r\n"),
  shape(200, 'Range: bytes=0-1\r\nIf-Range: "x"\r\n'),
  shape(206, "Range: bytes=0-1\r\nIf-Range: {date}\r\n"),
  shape(304, "If-None-Match: {tag}\r\n"),
  shape(304, 'If-None-Match: "x", W/{tag}\r\n'),
  shape(304, 'If-None-Match: "x"\r\nIf-None-Match: {tag}\r\n'),
  shape(304, "If-None-Match: *\r\n", PAGE),
  shape(304, "If-None-Match: {tag}\r\n", FILE, "HEAD"),
  shape(200, 'If-None-Match: "x"\r\nIf-Modified-Since: {date}\r\n'),
  shape(304, "If-Modified-Since: {date}\r\n"),
  shape(304, "If-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT\r\n"),
  shape(200, "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n"),
  shape(200, "If-Modified-Since: garbage\r\n"),
  shape(200, "If-Match: {tag}\r\n"),
  shape(412, 'If-Match: "x"\r\n'),
  shape(200, "If-Unmodified-Since: {date}\r\n"),
  shape(412, "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n"),
  shape(200, "Content-Length: 0\r\n"),
  shape(200, "", `${FILE}?x=1`),
  shape(200, "", `http://b${FILE}`),
  shape(200, GZIP, "/posts/%701"),
  shape(200, "", "//static/%6d.bin"),
  shape(301, "", "/posts/p1/"),
  shape(404, "Range: bytes=0-1\r\n", "/nope"),
  shape(404, "", "/nope", "HEAD"),
  shape(405, "", FILE, "DELETE"),
];

/** What the appliance is asked, by a server that holds nothing yet. */
class Asked {
  count = 0;
}

/** A web server of the site on the network. */
async function serve(network: Network, asked: Asked): Promise<void> {
  const platform = new VirtualPlatform(FAKE_NOW * 1000);
  const web = new WebServer({
    renderer: new Renderer(platform, { tail: raw(""), onProblem: () => {} }),
    network,
    platform,
    hookPath: "/push",
    hook: async () => ({ status: 200, headers: [], body: new Uint8Array(0) }),
    onStrayHook: () => {},
    onFault: (url, cause) => {
      throw new Error(`${url}: ${String(cause)}`);
    },
  });
  web.show(await buildSite(fakeSnapshot(FILES), platform, { now: FAKE_NOW, drafts: false }));
  const handler = (request: HttpRequest): Promise<HttpAnswer> => {
    asked.count++;
    return web.handle(request);
  };
  network.serve({ port: 80 as Port, secure: false, action: { kind: "serve" } }, handler);
}

/** Each request on a connection of its own, whose end the client says at once; all bytes of the answer. */
interface Server {
  readonly asked: Asked;
  ask(text: string): Promise<string>;
  stop(): void;
}

/** The own stack and its edge, on a wire in memory. */
async function machine(): Promise<Server> {
  const links = [new FakeLink(0x020000000001, 64), new FakeLink(0x020000000002, 64)];
  const wire = new Wire(links, NO_FAULTS.delay);
  seam.attach(links[0]!, new Uint8Array(64), 1 << 24, 0);
  const client = new Host(links[1]!, new Uint8Array(64).fill(1), 1 << 24);
  const nothing = (): void => {};
  const listener = {
    configured: nothing,
    addressLost: nothing,
    notice: nothing,
    power: nothing,
    access: nothing,
    copied: nothing,
  };
  const edge = new Edge(seam, listener, () => nothing);
  const asked = new Asked();
  let now = 1;
  seam.poll(now);
  seam.configureStatic("10.0.0.1", 24, "");
  seam.setWallClock(FAKE_NOW * 1000);
  client.configureStatic("10.0.0.2", 24, "");
  await serve(edge, asked);
  const ask = async (text: string): Promise<string> => {
    const handle = client.connect("10.0.0.1", 80, 65_536, "");
    const bytes = nativeUtf8Encode(text);
    client.tcp.send(handle, bytes, 0, bytes.length);
    client.tcp.shutdown(handle);
    let answer = "";
    for (let turns = 0; !client.tcp.readEnded(handle); turns++) {
      if (turns > 1000) throw new Error(`no answer to ${text}`);
      now += 1000;
      wire.step(now);
      edge.turn(now);
      await settle();
      edge.turn(now);
      client.poll(now);
      while (client.nextEvent() !== 0);
      const length = client.tcp.readLength(handle);
      answer += nativeLatin1Decode(client.tcp.readBuffer(handle), client.tcp.readStart(handle), length);
      if (length > 0) client.tcp.consume(handle, length);
    }
    client.flows.remove(handle);
    client.tcp.close(handle);
    return answer;
  };
  return { asked, ask, stop: nothing };
}

/** Node's sockets. */
async function preview(): Promise<Server> {
  const asked = new Asked();
  let listening: (port: number) => void = () => {};
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const network = new NodeNetwork({ host: "127.0.0.1", listening: (actual) => listening(actual) });
  // Any free port: the one that the site names is the machine's.
  const onAnyPort: Network = Object.assign(Object.create(network) as Network, {
    publish: network.publish.bind(network),
    forget: network.forget.bind(network),
    retain: network.retain.bind(network),
    serve: (listener, handler) => network.serve({ ...listener, port: 0 as Port }, handler),
  } satisfies Partial<Network>);
  await serve(onAnyPort, asked);
  const actual = await port;
  const ask = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect({ host: "127.0.0.1", port: actual, allowHalfOpen: true });
      socket.setEncoding("latin1");
      socket.on("data", (chunk: string) => {
        answer += chunk;
      });
      socket.on("end", () => {
        socket.destroy();
        resolve(answer);
      });
      socket.on("error", reject);
      socket.end(text);
    });
  return { asked, ask, stop: () => void network.servers.map((server) => server.close()) };
}

function undated(answer: string): string {
  return answer.replace(/^Date: .*\r\n/m, "");
}

/** The request with the tag and the date of what it asks for, as `server` tells them. */
async function filled(text: string, server: Server): Promise<string> {
  if (!/\{(tag|date)\}/.test(text)) return text;
  const head = await server.ask(`HEAD ${FILE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  const field = (name: string): string => new RegExp(`^${name}: (.*)\r$`, "m").exec(head)?.[1] ?? "";
  return text.replaceAll("{tag}", field("ETag")).replaceAll("{date}", field("Last-Modified"));
}

describe("the first answer and the second are the same bytes, on the machine and on Node", async () => {
  const known = await machine();
  const texts: string[] = [];
  for (const { text } of SHAPES) texts.push(await filled(text, known));
  for (const [i, { name, status }] of SHAPES.entries())
    it(name, async () => {
      const answers: string[] = [];
      for (const make of [machine, preview]) {
        const server = await make();
        answers.push(undated(await server.ask(texts[i]!)), undated(await server.ask(texts[i]!)));
        // What is content is made once, in whatever spelling it is asked for.
        if (status < 300 || status === 304 || status === 412 || status === 416) expect(server.asked.count).toBe(1);
        server.stop();
      }
      expect(answers[0]!.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
      expect(answers.slice(1)).toEqual([answers[0], answers[0], answers[0]]);
    });
});
