/**
 * At most one run at a time and one waiting: whoever comes during a run shares the next one, because the run may have
 * asked the server before the push that the call is about.
 */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let queued: Promise<T> | undefined;
  const start = (): Promise<T> => {
    const current = run();
    running = current;
    const done = (): void => {
      if (running === current) running = undefined;
    };
    current.then(done, done);
    return current;
  };
  const next = (): Promise<T> => {
    queued = undefined;
    return start();
  };
  return () => {
    if (running === undefined) return start();
    queued ??= running.then(next, next);
    return queued;
  };
}
