// The demo blog as a real repository: .demo/blog.git is served, .demo/blog is edited and pushed from. The posts are the
// folder demo/ of this project. What is there already is kept: the person may have written posts.

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Demo {
  /** The folder that a Git server serves. */
  readonly root: string;
  /** The bare repository's name below it. */
  readonly name: string;
  /** The work tree to edit. */
  readonly workTree: string;
}

/** Makes the repository when it is missing, and the hook that tells the machine of a push (always: the port may differ). */
export function makeDemo(folder: string, posts: string, hookUrl: string): Demo {
  const bare = join(folder, "blog.git");
  const workTree = join(folder, "blog");
  if (!existsSync(bare)) {
    mkdirSync(folder, { recursive: true });
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", bare);
    git(bare, "config", "http.receivepack", "false");
  }
  if (!existsSync(workTree)) {
    git(folder, "init", "--quiet", "--initial-branch=main", workTree);
    git(workTree, "config", "user.name", "Epiphyte demo");
    git(workTree, "config", "user.email", "demo@localhost");
    git(workTree, "remote", "add", "origin", bare);
    cpSync(posts, workTree, { recursive: true });
    git(workTree, "add", "--all");
    git(workTree, "commit", "--quiet", "--message=A blog about the machine that serves it");
    git(workTree, "push", "--quiet", "--set-upstream", "origin", "main");
  }
  const hook = join(bare, "hooks", "post-receive");
  mkdirSync(join(bare, "hooks"), { recursive: true });
  writeFileSync(
    hook,
    `#!/bin/sh
# Tells the machine that there is something to fetch; its answer shows below the push.
curl --header "Accept: text/plain" --silent --show-error --max-time 60 --request POST ${hookUrl} 2>/dev/null && exit
[ $? -eq 7 ] && echo "The demo machine is not running; npm start shows this commit." || echo "The demo machine did not answer."
`,
  );
  chmodSync(hook, 0o755);
  return { root: folder, name: "blog.git", workTree };
}

function git(cwd: string, ...words: string[]): void {
  // The person's own configuration (hooks, signing, templates) must not change what the demo does.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  execFileSync("git", words, { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
}
