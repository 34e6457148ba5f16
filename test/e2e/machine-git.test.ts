// Bad days of the Git server, before the first clone and after it: the machine stays up, says why in words, and recovers
// by itself.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type GitServerFaults, startGitServer } from "../../tools/git-server.ts";
import { type Bed, FILES, freePort, hostFor, makeBed, megabyte, post, Vm } from "./support/bed.ts";
import { get } from "./support/http.ts";

let bed: Bed;
let vm: Vm | undefined;

beforeAll(async () => {
  bed = await makeBed("git-trouble", { ...FILES, "static/some.bin": megabyte(3).subarray(0, 100_000) });
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(bed.blog.root, "empty.git")]);
});

afterEach(async () => {
  mend();
  await vm?.stop();
});

afterAll(() => bed?.close());

function mend(): void {
  for (const name of Object.keys(bed.git.faults) as (keyof GitServerFaults)[]) bed.git.faults[name] = undefined;
}

/** The log gives this reason, and the 503 page none: it is for the operator, and may name the remote. */
async function reason(machine: Vm, words: RegExp): Promise<void> {
  await machine.machine.line(words, 30_000);
  const answer = await get(machine.port, "/");
  expect(answer.status).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  expect(answer.text).toContain("This blog is starting.");
  expect(answer.text).not.toMatch(/10\.0\.2\.|\.git|status \d/);
}

describe("before the first clone: 503, the reason in the log, then by itself a blog", () => {
  const faults: ReadonlyArray<readonly [name: string, faults: GitServerFaults, says: RegExp]> = [
    ["401", { credentials: "ada:secret" }, /wants credentials \(status 401\)/],
    ["403", { status: 403 }, /wants credentials \(status 403\)/],
    ["500", { status: 500 }, /answered with status 500/],
    ["not Git at all", { status: 200 }, /not a Git repository/],
    ["a pack cut short by a broken connection", { cutAfter: 50_000 }, /the connection broke|pack ended early/],
    ["a pack that ends early", { endAfter: 50_000 }, /pack ended early|the connection broke/],
    ["a corrupt pack", { corruptAt: 60_000 }, /the pack is damaged/],
  ];
  for (const [name, fault, says] of faults)
    test(name, async () => {
      Object.assign(bed.git.faults, fault);
      vm = await Vm.start({ git: bed.git });
      await reason(vm, says);
      mend();
      await vm.until("/", 200);
    });

  test("nobody listens on the server's port, then somebody does", async () => {
    const port = await freePort();
    vm = await Vm.start({ git: bed.git, remote: "", parameters: `--remote=http://10.0.2.2:${port}/blog.git` });
    await reason(vm, /connection was refused/);
    const late = await startGitServer({ root: bed.blog.root, port });
    try {
      await vm.until("/", 200);
    } finally {
      await late.close();
    }
  });

  test("no such repository, an empty one, no such branch, no such host", async () => {
    for (const [remote, says] of [
      ["nowhere.git", /there is no such repository \(status 404\)/],
      ["empty.git", /has no commit yet/],
      ["blog.git#drafts", /there is no branch and no tag drafts\. There is: main/],
    ] as const) {
      vm = await Vm.start({ git: bed.git, remote });
      await reason(vm, says);
      await vm.stop();
    }
    // The reserved name that no name server knows (RFC 6761 6.4), and a name server that is not there.
    vm = await Vm.start({
      git: bed.git,
      remote: "",
      parameters: "--remote=http://git.invalid/blog.git --ipv4=10.0.2.15/24 --ipv4-gateway=10.0.2.2 --dns=10.0.2.77",
    });
    await reason(vm, /no name server answered for git\.invalid|no host named git\.invalid/);
  });

  test("credentials in the URL are given to their own server and to no other; redirects are followed", async () => {
    bed.git.faults.credentials = "ada:xy zzy";
    vm = await Vm.start({ git: bed.git, user: "ada:xy%20zzy" });
    await vm.ready();
    expect(vm.machine.console).not.toContain("zzy");
    await vm.stop();

    const other = await startGitServer({ root: bed.blog.root });
    try {
      bed.git.faults.redirectTo = hostFor(other);
      bed.git.faults.credentials = undefined;
      vm = await Vm.start({ git: bed.git, user: "ada:xy%20zzy" });
      await vm.ready();
      expect(other.requests.length).toBeGreaterThan(0);
      await vm.stop();
      // The other origin wants what it must not be given.
      other.faults.credentials = "ada:xy zzy";
      vm = await Vm.start({ git: bed.git, user: "ada:xy%20zzy" });
      await reason(vm, /status 401/);
    } finally {
      await other.close();
    }
  });

  test("an empty repository gets its first commit", async () => {
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(bed.blog.root, "young.git")]);
    vm = await Vm.start({ git: bed.git, remote: "young.git" });
    await reason(vm, /has no commit yet/);
    execFileSync("git", ["-C", bed.blog.bare, "push", "--quiet", join(bed.blog.root, "young.git"), "main"]);
    await vm.until("/", 200);
  });
});

test("after a good clone: failing updates keep the old site, the hook says why, a later one works", async () => {
  vm = await Vm.start({ git: bed.git });
  await vm.ready();
  let seed = 100;
  for (const [fault, says] of [
    [{ status: 500 }, /status 500/],
    [{ credentials: "ada:secret" }, /credentials/],
    [{ corruptAt: 30_000 }, /damaged/],
    [{ cutAfter: 30_000 }, /broke|ended early/],
  ] as const) {
    mend();
    Object.assign(bed.git.faults, fault);
    // Large enough that what is spoilt is in the pack.
    const picture = megabyte(++seed).subarray(0, 50_000);
    bed.blog.push({ "Posts/New": post("New", JSON.stringify(fault)), "static/new.bin": picture }, "News");
    const hook = await get(vm.port, "/push", {}, "POST");
    expect(hook.status).toBe(502);
    const told: unknown = JSON.parse(hook.text);
    expect(told).toMatchObject({ error: expect.stringMatching(says) });
    expect((await get(vm.port, "/")).text).toContain("The first words of the front page.");
  }
  mend();
  // Nobody calls the hook again: the machine tries by itself.
  await vm.until("/Posts/New", 200);
});
