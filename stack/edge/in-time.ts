// Waiting for a promise, but not for ever.

/** The timer of appliance/platform.ts. */
export interface Timers {
  /** Runs the callback once after this many milliseconds; the returned function cancels it. */
  timer(ms: number, callback: () => void): () => void;
}

/** How often `giveUp` is asked. */
export const GIVE_UP_MS = 1000;

/** The promise's value, or undefined when it does not come in time or `giveUp` says so. */
export function inTime<T>(
  timers: Timers,
  promise: Promise<T>,
  ms: number,
  giveUp?: () => boolean,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    let left = ms;
    const wait = (): (() => void) => {
      const step = giveUp === undefined ? left : Math.min(left, GIVE_UP_MS);
      left -= step;
      return timers.timer(step, () => {
        if (left <= 0 || giveUp?.() === true) resolve(undefined);
        else stop = wait();
      });
    };
    let stop = wait();
    const cancel = (): void => stop();
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      () => {
        cancel();
        resolve(undefined);
      },
    );
  });
}
