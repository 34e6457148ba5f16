// Runs a tool of the build: quiet when it is quick, a line of progress when it is not, its output when it fails.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The project's root, without a slash at the end. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A failure that the person who builds can mend, or at least must read: printed without a stack. */
export class BuildError extends Error {}

export interface RunOptions {
  /** What the progress line says when it takes long; no line when left out. */
  readonly label?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs to the end and resolves to its standard output; rejects with a BuildError that ends with the tool's own words. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const work = new Promise<string>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(new BuildError(error.code === "ENOENT" ? `${command} is not installed` : `${command}: ${error.message}`)),
    );
    child.on("close", (status, signal) => {
      if (status === 0) return resolve(output);
      const end = signal ?? `status ${status}`;
      reject(
        new BuildError(
          `${options.label ?? "building"} failed: ${command}, ${end}\n${(output + errors).slice(0, 3000)}`,
        ),
      );
    });
  });
  return options.label === undefined ? work : progress(options.label, work);
}

/** Prints the label once the work has lasted a second, and how long it took when it has ended. */
export async function progress<T>(label: string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  let shown = false;
  const timer = setTimeout(() => {
    shown = true;
    process.stdout.write(`${label} ...`);
  }, 1000);
  try {
    const result = await work;
    if (shown) process.stdout.write(` ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
    return result;
  } catch (error) {
    if (shown) process.stdout.write(" failed\n");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command of the build: prints a BuildError as its text alone and exits with status 1. */
export async function command(work: () => Promise<void>): Promise<void> {
  // Whoever reads no further (`| head`) has what they wanted.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${error instanceof BuildError ? error.message : String((error as Error).stack)}\n`);
    process.exitCode = 1;
  }
}
