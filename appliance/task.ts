// Memory and processor time are given to a task, not taken by it: what a repository holds, whatever it holds, may cost no
// more than its share. A task is an update (index a pack, walk its history, build a Site) or the making of one page.
//
//   const task = new Task(platform, updateShare(platform));
//   const built = await task.run(build(task));      // function* build(task) { ...; task.at = path; yield; ... }
//   if (!built.ok) describeTaskFault(built.error)   // its memory is free again, and nothing else has noticed
//
// Memory is bounded by what is left, not by what was made: a task may take the heap down to a floor that stays for
// everybody else. Work is counted by the engine (nativeWorked), so that the verdict is the same on a slow machine: a unit is
// 200 operations of the engine or of an expression, 64 KB of text or bytes that are copied, 4 KB that are compared. That
// is 10,000 to 30,000 instructions, 3 to 6 us of a processor of 2020; QEMU without KVM takes ten times as long.
//
// A task that has used up its share ends where it stands, without its `catch` and `finally`: what it was changing is as
// it was left. Whoever runs a task over a structure that outlives it must be able to put that right (ObjectStore.abandon).

import type { Result } from "../stack/base/result.ts";
import type { Platform } from "./platform.ts";

export interface Share {
  /** Bytes of the heap that the task leaves free. */
  readonly keep: number;
  /** Units of work, as Platform.worked counts them. */
  readonly work: number;
}

export interface TaskFault {
  /** What was used up: memory, work, or the stack, by recursion. */
  readonly kind: "memory" | "work" | "depth";
  /** What the task was at, as a rule a path; "" when it did not say. */
  readonly at: string;
}

export type TaskPlatform = Pick<Platform, "attempt" | "worked" | "sleep">;

/** Of the heap, what an update leaves to the site that is up: pages that are made meanwhile, requests, logs. */
const UPDATE_KEEPS = 8;
/** And what the making of a page leaves. */
const PAGE_KEEPS = 16;
/**
 * Units of work for an update (each of its two tasks: pack and history, and the Site), and for each megabyte of the heap:
 * who has more memory may have a larger repository. With 64 MB that is a million, five seconds.
 */
const UPDATE_WORK = 400_000;
const UPDATE_WORK_PER_MEGABYTE = 10_000;
const MEGABYTE = 1024 * 1024;

/** For a clone or an update, from the pack to the Site. */
export function updateShare({ heapLimit }: Pick<Platform, "heapLimit">): Share {
  const heap = heapLimit();
  const work = UPDATE_WORK + Math.floor((UPDATE_WORK_PER_MEGABYTE * heap) / MEGABYTE);
  return { keep: Math.floor(heap / UPDATE_KEEPS), work };
}

/** For a page or a part of one; `work` is for its maker to say. */
export function pageShare({ heapLimit }: Pick<Platform, "heapLimit">, work: number): Share {
  return { keep: Math.floor(heapLimit() / PAGE_KEEPS), work };
}

export class Task {
  /** What it is at, as a rule a path. */
  at = "";
  readonly #platform: TaskPlatform;
  readonly #keep: number;
  #left: number;

  constructor(platform: TaskPlatform, share: Share) {
    this.#platform = platform;
    this.#keep = share.keep;
    this.#left = share.work;
  }

  /** One piece of the task, at once. What it throws itself is thrown on. */
  attempt<T>(work: () => T): Result<T, TaskFault> {
    const before = this.#platform.worked();
    let done: { readonly value: T } | undefined;
    try {
      const fault = this.#platform.attempt(
        () => {
          done = { value: work() };
        },
        this.#keep,
        this.#left,
      );
      if (fault !== "") return this.#failed(fault);
    } catch (cause) {
      if (isStackOverflow(cause)) return this.#failed("depth");
      throw cause;
    } finally {
      this.#left = Math.max(0, this.#left - (this.#platform.worked() - before));
    }
    if (done === undefined) throw new Error("an attempt without an end");
    return { ok: true, value: done.value };
  }

  /** A task in pieces: it yields every few milliseconds, and everything else gets on. */
  async run<T>(steps: Generator<undefined, T, undefined>): Promise<Result<T, TaskFault>> {
    for (;;) {
      const step = this.attempt(() => steps.next());
      if (!step.ok) return step;
      if (step.value.done === true) return { ok: true, value: step.value.value };
      await this.#platform.sleep(0);
    }
  }

  #failed(kind: TaskFault["kind"]): { readonly ok: false; readonly error: TaskFault } {
    return { ok: false, error: { kind, at: this.at } };
  }
}

/** What was used up, and what would help: "needs more memory than this machine can spare (at a/b.md). Give it ...". */
export function describeTaskFault({ kind, at }: TaskFault): string {
  const place = at === "" ? "" : ` (at ${at})`;
  switch (kind) {
    case "memory":
      return `needs more memory than this machine can spare${place}. Give it more memory, or the repository less to hold`;
    case "work":
      return `takes more work than this machine gives it${place}. Make it simpler, or give the machine more memory`;
    case "depth":
      return `is nested too deeply${place}. Make it flatter`;
  }
}

/** quickjs-ng and V8 say the same. */
function isStackOverflow(cause: unknown): boolean {
  return cause instanceof RangeError && cause.message.includes("call stack");
}
