// The engine on both targets: every package loads and works, and every bad end has last words that name the TypeScript
// file and line.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../../image/build/image.ts";
import { buildProcess } from "../../image/build/process.ts";
import { Namespace } from "../../tools/namespace.ts";
import { isRoot } from "../../tools/setup.ts";

const HELLO = "test/image/hello.ts";
const PANIC = "test/image/panic.ts";
const TASK = "test/image/task.ts";

interface End {
  readonly status: number | null;
  readonly text: string;
}

function inProcess(program: string, parameter: string, memory = "64"): End {
  const env = { EPIPHYTE_MEMORY: memory };
  const run = spawnSync(program, [parameter], { encoding: "utf8", timeout: 60_000, env });
  return { status: run.status, text: run.stdout };
}

function inMachine(image: string, parameter: string, processor = "max"): End {
  const words = `-M q35 -accel tcg -cpu ${processor} -m 24 -nodefaults -display none -serial stdio -no-reboot`.split(
    " ",
  );
  const run = spawnSync("qemu-system-x86_64", [...words, "-kernel", image, "-append", parameter], {
    encoding: "utf8",
    timeout: 60_000,
    input: "",
  });
  return { status: run.status, text: run.stdout.replaceAll("\r", "") };
}

/** Where in the sources the text is: "file:line". */
function lineOf(text: string): string {
  const lines = readFileSync(PANIC, "utf8").split("\n");
  return `${PANIC}:${lines.findIndex((line) => line.includes(text)) + 1}`;
}

beforeAll(async () => {
  await buildProcess(HELLO, "build/test-hello");
  await buildProcess(PANIC, "build/test-panic");
  await buildProcess(TASK, "build/test-task");
  await buildImage(HELLO, "build/test-hello.elf");
  await buildImage(PANIC, "build/test-panic.elf");
  await buildImage(TASK, "build/test-task.elf");
});

const targets = [
  {
    name: "process",
    hello: () => inProcess("build/test-hello", ""),
    panic: (p: string) => inProcess("build/test-panic", p),
    task: () => inProcess("build/test-task", "", "24"),
  },
  {
    name: "virtual",
    hello: () => inMachine("build/test-hello.elf", ""),
    panic: (p: string) => inMachine("build/test-panic.elf", p),
    task: () => inMachine("build/test-task.elf", ""),
  },
];

/** What a processor lacks, and what of test/image/hello.ts says so. */
const PROCESSORS = [
  ["max,-rdrand,-rdseed", "no signature without entropy"],
  ["max,-aes,-pclmulqdq", "AES in software"],
  ["max,-avx,-avx2,-adx,-bmi2", "AES in hardware"],
] as const;

describe("cryptography in the machine", () => {
  test.each(PROCESSORS)("on -cpu %s", (processor, line) => {
    const { status, text } = inMachine("build/test-hello.elf", "", processor);
    expect(text).toContain(line);
    expect(text).toContain("all is well");
    expect(status).toBe(0);
  });
});

/** How each task of test/image/task.ts ends: nothing it does ends the machine, and all that it held comes back. */
const TASK_ENDS = `nothing: done
many objects: memory
many objects, caught: memory
one large array: memory
a large array, caught: memory
a long text: memory
pieces of a text, in one call: memory
what a stream inflates to: memory
circles, which are no loss: done
an endless loop: work
an endless loop in a generator: work
an expression that goes back for ever: work
long work of one native: work
  within: memory
a task within, with more than there is: done
  within: work
a task within, with less: done
recursion: threw Maximum call stack size exceeded
an error of its own: threw its own
`;

for (const { name, hello, panic, task } of targets)
  describe(`the engine on the ${name} target`, () => {
    test("loads every package and keeps to the vectors of the native functions", () => {
      const { status, text } = hello();
      expect(text).toContain(`hello from ${name}`);
      expect(text).toContain("all is well");
      expect(status).toBe(0);
    });

    const ends = [
      ["top", "uncaught: Error: at the top", 'throw new Error("at the top")'],
      ["native", "uncaught: RangeError: not a whole number from 0 to 2", "copyBytes(new"],
      ["memory", "out of memory: ", "keep.push("],
      ["recursion", "uncaught: RangeError: Maximum call stack size exceeded", "return recurse("],
      ["reject", "unhandled rejection: TypeError: nobody waits for this", 'throw new TypeError("nobody'],
      ["step", "uncaught: Error: the third step", 'throw new Error("the third'],
    ] as const;
    for (const [kind, words, place] of ends)
      test(`ends with last words: ${kind}`, () => {
        const { text, status } = panic(kind);
        expect(text).toContain(`(${lineOf(place)}`);
        expect(text).toContain(`told: ${words}`);
        expect(text).toContain(`panic: ${words}`);
        if (name === "process") expect(status).toBe(1);
      });

    test("a task that uses up its share ends, and nothing else", () => {
      const { text, status } = task();
      expect(text).toContain(TASK_ENDS);
      expect(status).toBe(0);
    });

    test("an error that is handled ends nothing; an orderly end is one", () => {
      expect(panic("end").status).toBe(0);
      expect(panic("nothing").status).toBe(0);
    });
  });

test.skipIf(!isRoot())(
  `the process target reads and writes a TAP, and sleeps until a frame or its deadline comes${isRoot() ? "" : " (skipped: needs root)"}`,
  async () => {
    await buildProcess("test/image/tap.ts", "build/test-tap");
    const space = new Namespace("epiphyte-engine", 94);
    try {
      const text = space.run(["build/test-tap", space.tap, space.address], 10_000);
      expect(text).toBe(`a bad name: 36\nanswer from ${space.address}\nslept well\n`);
    } finally {
      await space.remove();
    }
  },
);

test("SIGTERM is an orderly end", async () => {
  const child = spawn("build/test-panic", ["run"]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGTERM");
  expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
});

test("of AWS-LC only what is called is linked: no certificates, no other curves and signatures, no AVX-512", () => {
  const names = execFileSync("nm", ["build/test-hello.elf.debug"], { encoding: "utf8" });
  expect(names).toMatch(/ sha256_block_data_order/i);
  expect(names.match(/ (X509|EVP_PKEY|mldsa|\w*(p521|p224|secp256k1|gcm\w*avx512))\w*$/gim)).toBeNull();
});

test("two builds of one tree are the same bytes", async () => {
  await buildProcess(HELLO, "build/test-hello-again");
  await buildImage(HELLO, "build/test-hello-again.elf");
  expect(readFileSync("build/test-hello-again").equals(readFileSync("build/test-hello"))).toBe(true);
  expect(readFileSync("build/test-hello-again.elf").equals(readFileSync("build/test-hello.elf"))).toBe(true);
});
