// The process target in a namespace.

import type { ChildProcess } from "node:child_process";
import type { Namespace } from "../../../tools/namespace.ts";
import { PROCESS } from "./bed.ts";
import { eventually } from "./peers.ts";

/** The process and what it says; parameters such as "EPIPHYTE_MEMORY=8" go into its environment. */
export class Program {
  readonly child: ChildProcess;
  text = "";
  exited: number | null | undefined;

  constructor(space: Namespace, ...parameters: readonly string[]) {
    const environment = parameters.filter((word) => word.startsWith("EPIPHYTE_"));
    const rest = parameters.filter((word) => !word.startsWith("EPIPHYTE_"));
    const tap = rest.some((word) => word.startsWith("--tap=")) ? [] : [`--tap=${space.tap}`];
    const words = ["env", ...environment, PROCESS, ...tap, ...rest];
    this.child = space.start(words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.text += data;
      });
    this.child.on("exit", (code) => {
      this.exited = code;
    });
  }

  /** Waits for a line on the console. */
  says(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    return eventually(
      () => `the console says ${pattern}:\n${this.text}`,
      timeoutMs,
      () => {
        const match = pattern.exec(this.text);
        if (match === null && this.exited !== undefined) throw new Error(`ended with ${this.exited}:\n${this.text}`);
        return match ?? undefined;
      },
    );
  }

  async stop(): Promise<number | null> {
    if (this.exited === undefined) this.child.kill("SIGTERM");
    return eventually("the process ends", 5000, () =>
      this.exited === undefined ? undefined : { code: this.exited },
    ).then(({ code }) => code);
  }
}
