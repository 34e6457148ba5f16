// A hostile forge, and a machine or a process that follows its repository. A program of either kind is asked, told of
// pushes by signed hooks, and watched.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { promisify } from "node:util";
import { Namespace } from "../../../tools/namespace.ts";
import { commandLine } from "../../../tools/qemu.ts";
import { freePort, HOST_AS_SEEN_BY_GUEST, IMAGE, PROCESS } from "./bed.ts";
import { eventually } from "./peers.ts";

const FORGE = [process.execPath, "--disable-warning=ExperimentalWarning", "test/e2e/support/hostile-forge.ts"];
const SECRET = "only-the-forge-knows-it";
const FIGURES_WITHIN_MS = 15_000;

/** Bytes in use of the heap, in MB, and what is held for peers. */
export interface Figures {
  readonly heap: number;
  readonly inFlight: number;
  readonly receiveMemory: number;
  readonly flows: number;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly seconds?: number;
}

/** A forge and the words that start a target before it. */
export class ForgeBed {
  readonly #prefix: readonly string[];
  readonly #forge: string;
  readonly #site: string;
  readonly #words: (memory: number) => readonly string[];
  readonly #close: () => Promise<void>;

  private constructor(
    prefix: readonly string[],
    forge: string,
    site: string,
    words: (memory: number) => readonly string[],
    close: () => Promise<void>,
  ) {
    this.#prefix = prefix;
    this.#forge = forge;
    this.#site = site;
    this.#words = words;
    this.#close = close;
  }

  /** The process target, in a namespace of this name; `octet` as Namespace has it. */
  static async process(name: string, octet: number): Promise<ForgeBed> {
    const space = new Namespace(name, octet);
    const address = space.address.replace(/1$/, "2");
    space.start([...FORGE, space.address, "8000"]);
    const forge = `http://${space.address}:8000`;
    const words = (memory: number): readonly string[] => [
      ...["env", `EPIPHYTE_MEMORY=${memory}`, PROCESS, `--tap=${space.tap}`, `--ipv4=${address}/24`],
      ...[`--remote=${forge}/x.git`, "--log=debug", `--hook-secret=${SECRET}`],
    ];
    const bed = new ForgeBed(space.prefix, forge, `http://${address}`, words, () => space.remove());
    await bed.#up();
    return bed;
  }

  /** The machine, on QEMU's user network. */
  static async machine(): Promise<ForgeBed> {
    const [port, site] = [await freePort(), await freePort()];
    const forge = spawn(FORGE[0]!, [...FORGE.slice(1), "127.0.0.1", String(port)], { stdio: "ignore" });
    const words = (memory: number): readonly string[] =>
      commandLine({
        image: IMAGE,
        memory,
        parameters: `--remote=http://${HOST_AS_SEEN_BY_GUEST}:${port}/x.git --log=debug --hook-secret=${SECRET}`,
        netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${site}-:80`,
      });
    const close = async (): Promise<void> => void forge.kill("SIGTERM");
    const bed = new ForgeBed([], `http://127.0.0.1:${port}`, `http://127.0.0.1:${site}`, words, close);
    await bed.#up();
    return bed;
  }

  close(): Promise<void> {
    return this.#close();
  }

  start(memory: number): Target {
    const [command = "", ...words] = [...this.#prefix, ...this.#words(memory)];
    return new Target(spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] }), (path, asked) =>
      this.#ask(`${this.#site}${path}`, asked),
    );
  }

  /** Chooses the repository. */
  async serve(kind: string): Promise<void> {
    const answer = await this.#ask(`${this.#forge}/serve/${kind}`, { seconds: 120 });
    if (answer !== "ok\n") throw new Error(`the forge does not serve ${kind}: ${answer}`);
  }

  async #ask(url: string, { method = "GET", headers = [], body, seconds = 60 }: Asked): Promise<string> {
    const data = body === undefined ? [] : ["--data-binary", body];
    const words = ["curl", "--silent", "--show-error", "--max-time", String(seconds), "--request", method, ...data];
    const [command = "", ...rest] = [...this.#prefix, ...words, ...headers.flatMap((h) => ["--header", h]), url];
    const limits = { maxBuffer: 256 * 1024 * 1024, timeout: (seconds + 10) * 1000 };
    return (await promisify(execFile)(command, rest, { encoding: "utf8", ...limits })).stdout;
  }

  async #up(): Promise<void> {
    await eventually("the forge answers", 20_000, () =>
      this.serve("good-0").then(
        () => true,
        () => undefined,
      ),
    );
  }
}

/** A program that runs. */
export class Target {
  readonly #child: ChildProcess;
  readonly #ask: (path: string, asked: Asked) => Promise<string>;
  text = "";
  ended = false;

  constructor(child: ChildProcess, ask: (path: string, asked: Asked) => Promise<string>) {
    this.#child = child;
    this.#ask = ask;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (data: string) => {
        this.text += data.replaceAll("\r", "");
      });
    child.on("exit", () => {
      this.ended = true;
    });
  }

  /** The body of the answer; rejects when there is none in time. */
  ask(path: string, asked: Asked = {}): Promise<string> {
    return this.#ask(path, asked);
  }

  /** A push as a forge tells of it, signed; what the hook answers. */
  hook(seconds: number): Promise<string> {
    const body = JSON.stringify({ ref: "refs/heads/main" });
    const signature = createHmac("sha256", SECRET).update(body).digest("hex");
    return this.#ask("/push", { method: "POST", headers: [`X-Hub-Signature-256: sha256=${signature}`], body, seconds });
  }

  /** The first match on the console from there on; rejects when time is up or the program has ended. */
  says(pattern: RegExp, timeoutMs: number, from = 0): Promise<string> {
    return eventually(
      () => `the console says ${pattern}:\n${this.text.slice(-4000)}`,
      timeoutMs,
      () => {
        const found = pattern.exec(this.text.slice(from))?.[0];
        if (found === undefined) this.mustLive();
        return found;
      },
    );
  }

  mustLive(): void {
    if (this.ended) throw new Error(`the program has ended:\n${this.text.slice(-4000)}`);
  }

  /** The next figures that it logs. */
  async figures(): Promise<Figures> {
    const line = await this.says(/figures: .*\n/, FIGURES_WITHIN_MS, this.text.length);
    const number = (name: string): number => Number(new RegExp(`\\b${name} ([\\d.]+)`).exec(line)?.[1] ?? Number.NaN);
    return {
      heap: number("heap"),
      inFlight: number("in-flight"),
      receiveMemory: number("receive-memory"),
      flows: number("flows"),
    };
  }

  async stop(): Promise<void> {
    if (!this.ended) this.#child.kill("SIGTERM");
    await eventually("the program ends", 5000, () => this.ended || undefined);
  }
}
