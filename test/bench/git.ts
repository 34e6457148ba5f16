// Clones and dates generated blogs on Node, and prints what it costs: node test/bench/git.ts
// The figure that counts, in instructions on the engine, is the bench of the `process` target; this one is for finding
// out quickly where the time goes.

import "../../image/native-node.ts";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeGitError } from "../../appliance/git/error.ts";
import { openRepository } from "../../appliance/git/open.ts";
import { parseRemote } from "../../appliance/git/remote.ts";
import { NodeNetwork } from "../../image/network-node.ts";
import { nodePlatform } from "../../image/platform-node.ts";
import { startGitServer } from "../../tools/git-server.ts";
import { type BlogPlan, blog, LARGE_BLOG, makeRepository } from "../../tools/make-repository.ts";

const root = fileURLToPath(new URL("../../build/bench/git", import.meta.url));

/** Makes it once; the name says what it is made of. */
async function repository(plan: BlogPlan): Promise<string> {
  const name = `${plan.layout}-${plan.posts}-${plan.commits}-${plan.words}-${plan.seed}`;
  const directory = `${root}/${name}.git`;
  if (!existsSync(directory)) {
    execFileSync("mkdir", ["-p", root]);
    await makeRepository(directory, blog(plan));
    // As a forge keeps it: deltas over the whole history.
    execFileSync("git", ["-C", directory, "repack", "-adfq", "--depth=50"]);
  }
  return name;
}

async function measure(url: string): Promise<void> {
  const remote = parseRemote(url);
  if (!remote.ok) throw new Error(remote.error);
  const phases = new Map<string, number>();
  let phase = "";
  let since = process.cpuUsage();
  const enter = (next: string): void => {
    const { user, system } = process.cpuUsage(since);
    if (phase !== "") phases.set(phase, (phases.get(phase) ?? 0) + (user + system) / 1000);
    phase = next;
    since = process.cpuUsage();
  };
  enter("connecting");
  const store = openRepository(remote.value, new NodeNetwork(), nodePlatform(), (progress) => {
    if (progress.phase !== phase) enter(progress.phase);
  });
  const result = await store.update();
  enter("");
  if (!result.ok) throw new Error(describeGitError(result.error));
  const total = [...phases.values()].reduce((sum, ms) => sum + ms, 0);
  const parts = [...phases].map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(", ");
  console.log(
    `${url.replace(/.*\//, "")}: ${result.value.entries.size} files, ${total.toFixed(0)} ms of CPU (${parts})`,
  );
}

const server = await startGitServer({ root });
for (const layout of ["yearly", "flat"] as const) {
  const name = await repository({ ...LARGE_BLOG, layout });
  for (let run = 0; run < 2; run++) await measure(`${server.url}/${name}.git`);
}
await server.close();
process.exit(0);
