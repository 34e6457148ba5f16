import { describe, expect, test } from "vitest";
import { commandLine, type ParameterSource } from "../../appliance/parameter-words.ts";
import { readBootConfig } from "../../image/boot-config.ts";
import {
  ALL_ANSWERS_MS,
  ANSWER_MS,
  CALL_PAUSE_MS,
  CALLS,
  MOST_USER_DATA,
  readToken,
  readUserData,
} from "../../image/metadata.ts";
import { ADDRESS_LIMIT_MS, askNetwork, type NetworkParameters } from "../../image/network-parameters.ts";
import { HttpClient, joinChunks } from "../../stack/edge/http-client.ts";
import { describeHttpError } from "../../stack/edge/http-error.ts";
import { ManualTimers, type Peer, ScriptedNetwork } from "../support/scripted-network.ts";

const WORDS = "#epiphyte\n--remote=http://git.example/blog.git\n";
const REMOTE = "--remote=http://git.example/blog.git";

function answerOf(status: string, body = "", type = "text/plain"): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

interface World {
  /** What the metadata service answers to a request's head; undefined: nothing. */
  readonly service?: (head: string) => string | undefined;
  readonly option?: string;
  readonly leased?: boolean;
  readonly address?: string;
  /** What the boot says. */
  readonly boot?: string;
  /** Calls that the service does not take. */
  readonly refused?: number;
}

interface Asked extends NetworkParameters {
  readonly calls: number;
  readonly heads: readonly string[];
  readonly waits: readonly number[];
}

async function ask(world: World): Promise<Asked> {
  const heads: string[] = [];
  const waits: number[] = [];
  const peer: Peer = (received) => {
    if (!received.endsWith("\r\n\r\n")) return undefined;
    heads.push(received);
    const send = world.service?.(received);
    return send === undefined ? undefined : { send };
  };
  const network = new ScriptedNetwork(peer);
  const { refused = 0 } = world;
  if (refused > 0) network.connectError = { kind: "refused" };
  if (world.service === undefined) network.connectError = { kind: "unreachable" };
  const timers = new ManualTimers();
  const client = new HttpClient(network, timers);
  let now = 0;
  const address = world.address ?? "10.0.0.9";
  const asking = askNetwork({
    seam: { address: () => address, leaseParameters: () => world.option ?? "" },
    leased: world.leased ?? true,
    addressed: address === "" ? new Promise<void>(() => {}) : Promise.resolve(),
    async sleep(ms) {
      waits.push(ms);
      if (world.service !== undefined && network.connects.length >= refused) network.connectError = undefined;
      // An address that is there is there first.
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
    enough(sources: readonly ParameterSource[]) {
      const read = readBootConfig([commandLine(world.boot ?? "")], [], sources);
      return read.ok || read.error.kind !== "no-remote";
    },
    request: (request) => client.request(request),
    describe: describeHttpError,
    decode: (chunks) => new TextDecoder().decode(joinChunks(chunks)),
    now: () => now,
  });
  let told: NetworkParameters | undefined;
  void asking.then((value) => {
    told = value;
  });
  // Whoever is silent is waited for; then time goes on.
  for (let i = 0; i < 100 && told === undefined; i++) {
    for (let j = 0; j < 200; j++) await Promise.resolve();
    if (told !== undefined) break;
    now += 1_000_000;
    timers.fire();
  }
  return { ...(await asking), calls: network.connects.length, heads, waits };
}

function pathsOf({ heads }: Asked): readonly string[] {
  return heads.map((head) => head.slice(0, head.indexOf(" HTTP/")));
}

describe("parameters of the network", () => {
  test("DHCP option 224 alone, when it names a remote: the metadata service is not asked", async () => {
    const asked = await ask({ option: `${REMOTE} --port=81`, service: () => answerOf("200 OK", WORDS) });
    expect(asked.sources).toEqual([{ where: "DHCP option 224", form: "command line", text: `${REMOTE} --port=81` }]);
    expect(asked.heads).toEqual([]);
    const wrong = await ask({ option: "--prot=81", service: () => answerOf("200 OK", WORDS) });
    expect([wrong.sources.length, wrong.heads.length]).toEqual([1, 0]);
  });

  test("EC2 with a token, which Firecracker knows by another name", async () => {
    const asked = await ask({
      option: "--port=81",
      service: (head) =>
        head.startsWith("PUT")
          ? answerOf("200 OK", "AQAE-token==")
          : answerOf(/^X-aws-ec2-metadata-token: AQAE-token==\r$/m.test(head) ? "200 OK" : "401 Unauthorized", WORDS),
    });
    expect(pathsOf(asked)).toEqual(["PUT /latest/api/token", "GET /latest/user-data"]);
    expect(asked.heads[0]).toMatch(/X-aws-ec2-metadata-token-ttl-seconds: 60\r\nX-metadata-token-ttl-seconds: 60\r\n/);
    expect(asked.heads[1]).toMatch(/X-metadata-token: AQAE-token==\r\n/);
    expect(asked.sources.map(({ where, text }) => [where, text])).toEqual([
      ["DHCP option 224", "--port=81"],
      ["metadata at 169.254.169.254", WORDS],
    ]);
  });

  const clouds: readonly (readonly [name: string, request: RegExp, paths: number])[] = [
    ["OpenStack, Hetzner, Vultr and EC2 of old, without a token", /^GET \/latest\/user-data /, 2],
    ["Google", /^GET \/computeMetadata\/v1\/instance\/attributes\/user-data [\s\S]*\r\nMetadata-Flavor: Google\r\n/, 3],
    ["DigitalOcean", /^GET \/metadata\/v1\/user-data /, 4],
  ];
  for (const [name, request, paths] of clouds)
    test(`${name}`, async () => {
      const asked = await ask({
        service: (head) => (request.test(head) ? answerOf("200 OK", WORDS) : answerOf("404 Not Found", "none")),
      });
      expect(asked.sources.map(({ text }) => text)).toEqual([WORDS]);
      expect(asked.heads).toHaveLength(paths);
      for (const head of asked.heads) expect(head).toMatch(/\r\nHost: 169\.254\.169\.254\r\n/);
      expect(asked.heads.slice(1).some((head) => head.includes("etadata-token"))).toBe(false);
    });

  test("nobody is there: it is said once; nothing is said of a lease that was not asked for", async () => {
    const asked = await ask({ leased: false });
    expect(asked.sources).toEqual([]);
    expect([asked.calls, asked.waits]).toEqual([1, [ADDRESS_LIMIT_MS]]);
    expect(asked.answers).toEqual([
      "DHCP option 224: not asked, because the address is fixed",
      "metadata at 169.254.169.254: http://169.254.169.254 cannot be reached",
    ]);
  });

  test("a service that begins later than the machine is called again, but not for ever", async () => {
    const never = await ask({ refused: 100, service: () => answerOf("200 OK", WORDS) });
    expect([never.calls, never.waits]).toEqual([CALLS, [ADDRESS_LIMIT_MS, CALL_PAUSE_MS, CALL_PAUSE_MS]]);
    const late = await ask({ refused: CALLS - 1, service: () => answerOf("200 OK", WORDS) });
    expect(late.sources.map(({ text }) => text)).toEqual([WORDS]);
  });

  test("without an address within the limit nobody can be asked", async () => {
    const asked = await ask({ address: "", service: () => answerOf("200 OK", WORDS) });
    expect(asked.waits).toEqual([ADDRESS_LIMIT_MS]);
    expect(asked.sources).toEqual([]);
    expect(asked.answers).toEqual([
      "DHCP option 224: no server has given an address within 40 s",
      "metadata at 169.254.169.254: not asked, without an IPv4 address",
    ]);
  });

  test("what is no metadata service is named, and no redirect is followed", async () => {
    const portal = await ask({
      service: () => answerOf("200 OK", "<!DOCTYPE html><title>Sign in</title>", "text/html"),
    });
    expect(portal.heads).toHaveLength(4);
    expect(portal.answers[1]).toBe(
      "metadata at 169.254.169.254: /latest/user-data: a page of HTML: this is no metadata service, but a proxy or a portal in its place",
    );
    const elsewhere = await ask({
      service: () => `HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n`,
    });
    expect(elsewhere.heads).toHaveLength(4);
    expect(elsewhere.answers[3]).toMatch(
      /\/metadata\/v1\/user-data: it answers 302, a redirect, which is not followed/,
    );
    expect(elsewhere.heads.every((head) => head.includes("Host: 169.254.169.254"))).toBe(true);
  });

  test("user data is bounded, and so is the time in which all answers come", async () => {
    const filled = (length: number) =>
      ask({
        service: (head) => (head.startsWith("PUT") ? answerOf("404 x") : answerOf("200 OK", WORDS.padEnd(length, "#"))),
      });
    expect((await filled(MOST_USER_DATA)).sources).toHaveLength(1);
    const long = await filled(MOST_USER_DATA + 1);
    expect(long.sources).toEqual([]);
    expect(long.answers[1]).toMatch(/\/latest\/user-data: .* answered with more than the limit allows/);
    const silent = await ask({ service: () => undefined });
    expect(silent.answers.length).toBeLessThanOrEqual(1 + ALL_ANSWERS_MS / ANSWER_MS);
    expect(silent.answers[1]).toMatch(/did not answer in time/);
  });
});

test("user data is for this machine only when its first line says so", () => {
  const why = (status: number, body: string, type = ""): string => {
    const read = readUserData(status, type, body);
    return read.ok ? "" : read.error;
  };
  for (const good of [WORDS, "#epiphyte", "#epiphyte \t\r\n--port=1", "\ufeff#epiphyte\n"])
    expect(why(200, good)).toBe("");
  for (const other of ["#!/bin/sh\n", "#cloud-config\n", "#epiphyten\n", " #epiphyte\n", "--remote=http://a/b.git"])
    expect(why(200, other)).toMatch(/its first line is not #epiphyte/);
  expect(why(200, "  \n")).toBe("it is empty");
  expect(why(200, " <HTML>")).toMatch(/a page of HTML/);
  expect(why(200, "Sign in", "Text/HTML; charset=utf-8")).toMatch(/a page of HTML/);
  expect([why(404, ""), why(403, ""), why(500, "")]).toEqual([
    "it has none (404)",
    "it does not give it to this machine (403)",
    "it answers 500",
  ]);
  expect(why(200, "password=sesame")).not.toContain("sesame");
});

test("a token is one word of a header field", () => {
  expect(readToken(200, "AQAE==")).toBe("AQAE==");
  for (const none of ["", "a b", "a\r\nX-Y: z", "\u00e9", "x".repeat(257), "<html>\n"])
    expect(readToken(200, none)).toBe("");
  expect(readToken(404, "AQAE==")).toBe("");
});
