import { describe, expect, it } from "vitest";
import { Download } from "../../../appliance/git/download.ts";
import { describeGitError } from "../../../appliance/git/error.ts";
import { HttpTransport } from "../../../appliance/git/http-transport.ts";
import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { parseRemote, type Remote, withToken } from "../../../appliance/git/remote.ts";
import type { GitTransport } from "../../../appliance/git/transport.ts";
import { Task } from "../../../appliance/task.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { ScriptedNetwork } from "../../support/scripted-network.ts";

const COMMIT = "1".repeat(40);
const ADVERTISED = { branch: "main", commit: COMMIT, capabilities: new Set(["side-band-64k"]) };
const task = (): Task => new Task(nodePlatform(), { keep: 0, work: 1e9 });
const REFS = `001e# service=git-upload-pack\n0000${line(`${COMMIT} HEAD\0side-band-64k ofs-delta symref=HEAD:refs/heads/main\n`)}${line(`${COMMIT} refs/heads/main\n`)}0000`;

function line(text: string): string {
  return (text.length + 4).toString(16).padStart(4, "0") + text;
}

function answer(type: string, body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function remote(url: string): Remote {
  const parsed = parseRemote(url);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/**
 * Asks the forge for its refs and for a pack, where `redirects` (from URL to Location) are in the way. Each request as
 * "METHOD URL", with " +" when it carried credentials.
 */
async function requestsOf(from: string | Remote, redirects: Readonly<Record<string, string>>): Promise<string[]> {
  const seen: string[] = [];
  const network = new ScriptedNetwork((received, _connection, secure) => {
    if (!received.includes("\r\n\r\n")) return undefined;
    const [method, target] = received.split(" ");
    const body = /Content-Length: (\d+)/.exec(received)?.[1] ?? "0";
    if (received.length < received.indexOf("\r\n\r\n") + 4 + Number(body)) return undefined;
    const at = `${secure ? "https" : "http"}://${/Host: (\S+)/.exec(received)![1]!}${target!}`;
    seen.push(`${method!} ${at}${/\r\nAuthorization: Basic dTp0\r\n/.test(received) ? " +" : ""}`);
    const to = redirects[at];
    if (to !== undefined) return { send: `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n` };
    return { send: method === "GET" ? answer("advertisement", REFS) : answer("result", "0008NAK\n0000") };
  });
  const transport = new HttpTransport(network, nodePlatform());
  const place = typeof from === "string" ? remote(from) : from;
  const download = new Download(place, transport, nodePlatform(), DEFAULT_LIMITS, () => {});
  const advertised = await download.advertisement(task());
  if (!advertised.ok) throw new Error(describeGitError(advertised.error));
  await download.pack(ADVERTISED, undefined);
  return seen;
}

const QUERY = "/info/refs?service=git-upload-pack";

describe("the credentials of the remote", () => {
  it("go to the remote", async () => {
    expect(await requestsOf("http://u:t@forge/x.git", {})).toEqual([
      `GET http://forge/x.git${QUERY} +`,
      "POST http://forge/x.git/git-upload-pack +",
    ]);
  });

  it("go along when the repository moved within its origin", async () => {
    expect(await requestsOf("http://u:t@forge/x.git", { [`http://forge/x.git${QUERY}`]: `/y.git${QUERY}` })).toEqual([
      `GET http://forge/x.git${QUERY} +`,
      `GET http://forge/y.git${QUERY} +`,
      "POST http://forge/y.git/git-upload-pack +",
    ]);
  });

  it.each([
    ["another host", "http://stranger"],
    ["another port", "http://forge:8080"],
    ["a host whose name begins alike", "http://forge.stranger"],
  ])("stay behind when it moved to %s", async (_, origin) => {
    const moved = { [`http://forge/x.git${QUERY}`]: `${origin}/x.git${QUERY}` };
    expect(await requestsOf("http://u:t@forge/x.git", moved)).toEqual([
      `GET http://forge/x.git${QUERY} +`,
      `GET ${origin}/x.git${QUERY}`,
      `POST ${origin}/x.git/git-upload-pack`,
    ]);
  });

  it("stay with their port", async () => {
    const moved = { [`http://forge:8080/x.git${QUERY}`]: `http://forge/x.git${QUERY}` };
    expect(await requestsOf("http://u:t@forge:8080/x.git", moved)).toEqual([
      `GET http://forge:8080/x.git${QUERY} +`,
      `GET http://forge/x.git${QUERY}`,
      "POST http://forge/x.git/git-upload-pack",
    ]);
  });

  it("go home again by way of a stranger, who does not see them", async () => {
    const round = {
      [`http://forge/x.git${QUERY}`]: `http://stranger/x.git${QUERY}`,
      [`http://stranger/x.git${QUERY}`]: `http://forge/y.git${QUERY}`,
    };
    expect(await requestsOf("http://u:t@forge/x.git", round)).toEqual([
      `GET http://forge/x.git${QUERY} +`,
      `GET http://stranger/x.git${QUERY}`,
      `GET http://forge/y.git${QUERY} +`,
      "POST http://forge/y.git/git-upload-pack +",
    ]);
  });

  it("are not taken from a redirect of the POST", async () => {
    const moved = { "http://forge/x.git/git-upload-pack": "http://stranger/x.git/git-upload-pack" };
    expect(await requestsOf("http://u:t@forge/x.git", moved)).toEqual([
      `GET http://forge/x.git${QUERY} +`,
      "POST http://forge/x.git/git-upload-pack +",
      // 302 turns a POST into a GET (RFC 9110 15.4.3).
      "GET http://stranger/x.git/git-upload-pack",
    ]);
  });

  it("do not go from HTTPS down to HTTP, nor up to another scheme", async () => {
    for (const [from, to] of [
      ["https", "http"],
      ["http", "https"],
    ] as const) {
      const seen: string[] = [];
      // One that follows where ours would not.
      const transport: GitTransport = {
        async request(request) {
          seen.push(`${request.method} ${request.url} ${request.headers.some(([name]) => name === "Authorization")}`);
          const url = request.method === "GET" ? `${to}://forge/x.git${QUERY}` : request.url;
          const headers = [["content-type", "application/x-git-upload-pack-advertisement"]] as const;
          const body = new TextEncoder().encode(request.method === "GET" ? REFS : "0008NAK\n0000");
          request.onData(body);
          return { ok: true, value: { status: 200, url, headers } };
        },
      };
      const download = new Download(
        remote(`${from}://u:t@forge/x.git`),
        transport,
        nodePlatform(),
        DEFAULT_LIMITS,
        () => {},
      );
      expect((await download.advertisement(task())).ok).toBe(true);
      await download.pack(ADVERTISED, undefined);
      expect(seen).toEqual([
        `GET ${from}://forge/x.git${QUERY} true`,
        `POST ${to}://forge/x.git/git-upload-pack false`,
      ]);
    }
  });

  // As forges answer who asks for a repository by a name that is not its own any more, or not its whole one. All of them
  // keep the query; what changes is scheme, host or path. One more hop of each than in life: they are combined below.
  it.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "GitHub, a renamed repository: 301 to another path",
      "https://u:t@github.com/old/blog.git",
      { [`https://github.com/old/blog.git${QUERY}`]: `https://github.com/new/blog.git${QUERY}` },
      [
        `GET https://github.com/old/blog.git${QUERY} +`,
        `GET https://github.com/new/blog.git${QUERY} +`,
        "POST https://github.com/new/blog.git/git-upload-pack +",
      ],
    ],
    [
      "GitHub, by http: 301 to https, another origin",
      "http://u:t@github.com/a/blog",
      { [`http://github.com/a/blog${QUERY}`]: `https://github.com/a/blog${QUERY}` },
      [
        `GET http://github.com/a/blog${QUERY} +`,
        `GET https://github.com/a/blog${QUERY}`,
        "POST https://github.com/a/blog/git-upload-pack",
      ],
    ],
    [
      "GitHub, with www: another host",
      "https://u:t@www.github.com/a/blog.git",
      { [`https://www.github.com/a/blog.git${QUERY}`]: `https://github.com/a/blog.git${QUERY}` },
      [
        `GET https://www.github.com/a/blog.git${QUERY} +`,
        `GET https://github.com/a/blog.git${QUERY}`,
        "POST https://github.com/a/blog.git/git-upload-pack",
      ],
    ],
    [
      "GitLab, without .git: 301 to the path with it",
      "https://u:t@gitlab.com/group/sub/blog",
      { [`https://gitlab.com/group/sub/blog${QUERY}`]: `https://gitlab.com/group/sub/blog.git${QUERY}` },
      [
        `GET https://gitlab.com/group/sub/blog${QUERY} +`,
        `GET https://gitlab.com/group/sub/blog.git${QUERY} +`,
        "POST https://gitlab.com/group/sub/blog.git/git-upload-pack +",
      ],
    ],
    [
      "Gitea and Codeberg, a user with another name: a relative Location",
      "https://u:t@codeberg.org/Old/blog.git",
      { [`https://codeberg.org/Old/blog.git${QUERY}`]: `/new/blog.git${QUERY}` },
      [
        `GET https://codeberg.org/Old/blog.git${QUERY} +`,
        `GET https://codeberg.org/new/blog.git${QUERY} +`,
        "POST https://codeberg.org/new/blog.git/git-upload-pack +",
      ],
    ],
    [
      "sourcehut: http to https, then a renamed repository, and a slash at the end of what was given",
      "http://u:t@git.sr.ht/~ada/blog/",
      {
        [`http://git.sr.ht/~ada/blog${QUERY}`]: `https://git.sr.ht/~ada/blog${QUERY}`,
        [`https://git.sr.ht/~ada/blog${QUERY}`]: `https://git.sr.ht/~ada/notes${QUERY}`,
      },
      [
        `GET http://git.sr.ht/~ada/blog${QUERY} +`,
        `GET https://git.sr.ht/~ada/blog${QUERY}`,
        `GET https://git.sr.ht/~ada/notes${QUERY}`,
        "POST https://git.sr.ht/~ada/notes/git-upload-pack",
      ],
    ],
    [
      "a forge on a port of its own, whose port is spelt out",
      "https://u:t@forge:3000/x",
      { [`https://forge:3000/x${QUERY}`]: `https://forge/x.git${QUERY}` },
      [
        `GET https://forge:3000/x${QUERY} +`,
        `GET https://forge/x.git${QUERY}`,
        "POST https://forge/x.git/git-upload-pack",
      ],
    ],
    [
      "the port that the scheme has anyway: the same origin",
      "https://u:t@forge/x",
      { [`https://forge/x${QUERY}`]: `https://FORGE:443/x.git${QUERY}` },
      [
        `GET https://forge/x${QUERY} +`,
        `GET https://forge/x.git${QUERY} +`,
        "POST https://forge/x.git/git-upload-pack +",
      ],
    ],
    [
      "a Location with a user and a password of its own: dropped",
      "https://u:t@forge/x",
      { [`https://forge/x${QUERY}`]: `https://v:w@stranger/x${QUERY}` },
      [`GET https://forge/x${QUERY} +`, `GET https://stranger/x${QUERY}`, "POST https://stranger/x/git-upload-pack"],
    ],
  ])("follow %s", async (_, url, redirects, wanted) => {
    expect(await requestsOf(url, redirects)).toEqual(wanted);
  });

  it("are a token's as they are a URL's", async () => {
    const moved = { [`https://forge/x.git${QUERY}`]: `https://stranger/x.git${QUERY}` };
    expect(await requestsOf(withToken(remote("https://forge/x.git"), "t", "u"), moved)).toEqual([
      `GET https://forge/x.git${QUERY} +`,
      `GET https://stranger/x.git${QUERY}`,
      "POST https://stranger/x.git/git-upload-pack",
    ]);
  });

  it("and nothing else, go from HTTPS down to HTTP: that redirect is not followed, and said", async () => {
    await expect(
      requestsOf("https://u:t@forge/x", { [`https://forge/x${QUERY}`]: `http://forge/x.git${QUERY}` }),
    ).rejects.toThrow(/https:\/\/forge\/x: the redirects of the server lead nowhere: .*it leads from https to http/);
  });

  it("are said to have stayed behind when a stranger asks for some", async () => {
    const transport: GitTransport = {
      request: async () => ({
        ok: true,
        value: { status: 401, url: `http://stranger/x.git${QUERY}`, headers: [] },
      }),
    };
    const download = new Download(
      remote("http://u:t@forge/x.git"),
      transport,
      nodePlatform(),
      DEFAULT_LIMITS,
      () => {},
    );
    const result = await download.advertisement(task());
    expect(result.ok ? "" : describeGitError(result.error)).toBe(
      "http://forge/x.git: it redirects to http://stranger, which wants credentials (status 401); those of the remote are for its own server only. Put the new place into the remote's URL.",
    );
  });
});
