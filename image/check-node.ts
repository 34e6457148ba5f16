// npm run check -- DIR|URL[#BRANCH]: what a repository would be shown as, and every problem of it, a line each. Ends with 0
// when there is none, with 1 when there is one, with 2 when nothing could be read: for a forge's CI.

import "./native-node.ts";
import { SiteBuilder } from "../appliance/content/build.ts";
import { describeProblem } from "../appliance/content/problem.ts";
import type { Site } from "../appliance/content/site.ts";
import { describeGitError } from "../appliance/git/error.ts";
import { openRepository } from "../appliance/git/open.ts";
import { summarise } from "../appliance/status.ts";
import { describeTaskFault, Task, updateShare } from "../appliance/task.ts";
import { ProxyConnector } from "../stack/edge/proxy.ts";
import { readDevConfig } from "./dev-config-node.ts";
import { DirectoryRepository } from "./directory-node.ts";
import { NodeNetwork } from "./network-node.ts";
import { nodePlatform } from "./platform-node.ts";

const USAGE = `npm run check -- DIR|URL[#BRANCH]

Prints what is wrong with a blog's repository: what is left out and why, headers that cannot be read, links and pictures
that lead nowhere, addresses that two files claim. Ends with 1 when there is something, with 0 when there is not.
`;

async function main(): Promise<number> {
  const read = readDevConfig(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd());
  if (!read.ok) {
    process.stderr.write(read.error === "" ? USAGE : `${read.error}\n\n${USAGE}`);
    return read.error === "" ? 0 : 2;
  }
  const { place, trust, proxy } = read.value;
  const platform = nodePlatform();
  const network = new NodeNetwork({ host: "127.0.0.1", trust });
  const outgoing = proxy === undefined ? network : new ProxyConnector(network, platform, proxy);
  const origin = place.kind === "directory" ? place.path : place.remote.url;
  const builder = new SiteBuilder(platform, { drafts: false, repository: origin });
  let site: Site | undefined;
  const repository =
    place.kind === "directory"
      ? new DirectoryRepository(place.path)
      : openRepository(place.remote, outgoing, platform, () => {});
  const got = await repository.update(async (snapshot) => {
    const task = new Task(platform, updateShare(platform));
    const result = await task.run(builder.build(snapshot, Math.floor(platform.wallClock() / 1000), task));
    if (!result.ok) return result.error;
    site = result.value;
    return undefined;
  });
  if (!got.ok || site === undefined) {
    const reason = got.ok
      ? "nothing was read"
      : got.error.kind === "out-of-share"
        ? describeTaskFault(got.error.fault)
        : describeGitError(got.error);
    process.stderr.write(`${reason}\n`);
    return 2;
  }
  const { problems, layout } = site;
  for (const problem of problems) process.stdout.write(`${describeProblem(problem)}\n`);
  const kind = layout.name === "" ? "" : ` of ${layout.name}`;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  process.stdout.write(`a blog${kind}, ${summarise(site)}: ${count}\n`);
  return problems.length === 0 ? 0 : 1;
}

process.exit(await main());
