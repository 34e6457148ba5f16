// QEMU's monitor for programs, as far as tests need it.

import { connect } from "node:net";
import { join } from "node:path";
import { eventually, scratch } from "./peers.ts";

export class Qmp {
  readonly path = join(scratch("qmp"), "socket");
  /** Words for QEMU. */
  readonly words: readonly string[] = ["-qmp", `unix:${this.path},server=on,wait=off`];

  /** Has QEMU carry out a command, and waits until `answer` was seen of what it says to that. */
  async run(execute: string, args: Readonly<Record<string, unknown>> = {}, answer = /"return"/): Promise<string> {
    const socket = connect(this.path);
    let text = "";
    socket.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
    socket.on("error", (error) => {
      text += error.message;
    });
    for (const command of [{ execute: "qmp_capabilities" }, { execute, arguments: args }])
      socket.write(`${JSON.stringify(command)}\n`);
    // The first answer is to the greeting.
    await eventually(
      () => `QEMU answers ${execute}: ${text}`,
      20_000,
      () => (text.match(/"return"/g) ?? []).length >= 2 && answer.test(text),
    );
    socket.destroy();
    return text;
  }
  /** Asks QEMU again and again, until what it answers has this. */
  async until(question: string, answer: RegExp): Promise<void> {
    await eventually(`QEMU answers ${question} with ${answer}`, 60_000, async () =>
      answer.test(await this.run(question)),
    );
  }
}
