// setTimeout and its kin. Nothing runs by itself: the loop of the target asks `nextTimer` how long it may sleep and calls
// `runTimers` when it wakes. Delays are milliseconds, Instants microseconds.

interface Timer {
  readonly id: number;
  readonly callback: (...values: unknown[]) => void;
  readonly values: readonly unknown[];
  readonly every: number;
  due: number;
}

let lastId = 0;
/** In order of `due`, then of age. */
const timers: Timer[] = [];

/** When the next timer is due, as an Instant; Infinity when there is none. */
export function nextTimer(): number {
  return timers[0]?.due ?? Number.POSITIVE_INFINITY;
}

/** Runs what is due at `now`. What a callback sets for now waits for the next call. */
export function runTimers(now: number): void {
  const newest = lastId;
  for (let i = 0; i < timers.length; ) {
    const timer = timers[i]!;
    if (timer.due > now) return;
    if (timer.id > newest) {
      i++;
      continue;
    }
    timers.splice(i, 1);
    if (timer.every > 0) {
      timer.due = now + timer.every;
      insert(timer);
    }
    timer.callback(...timer.values);
    i = 0; // the callback may have set and cleared any
  }
}

export function setTimeout(callback: (...values: unknown[]) => void, delay = 0, ...values: unknown[]): number {
  return add(callback, delay, 0, values);
}

export function setInterval(callback: (...values: unknown[]) => void, delay = 0, ...values: unknown[]): number {
  return add(callback, delay, Math.max(1, delay) * 1000, values);
}

export function clearTimeout(id: number | undefined): void {
  const at = timers.findIndex((timer) => timer.id === id);
  if (at >= 0) timers.splice(at, 1);
}

export const clearInterval = clearTimeout;

function add(callback: (...values: unknown[]) => void, delay: number, every: number, values: unknown[]): number {
  const wait = delay > 0 ? Math.round(delay * 1000) : 0;
  insert({ id: ++lastId, callback, values, every, due: nativeNow() + wait });
  return lastId;
}

function insert(timer: Timer): void {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timers[middle]!.due <= timer.due) low = middle + 1;
    else high = middle;
  }
  timers.splice(low, 0, timer);
}
