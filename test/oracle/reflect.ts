// What tsyringe, below @peculiar/x509, asks of the reflect-metadata polyfill: notes on classes, by key.

const notes = new WeakMap<object, Map<unknown, unknown>>();

function find(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at)) {
    const note = notes.get(at)?.get(key);
    if (note !== undefined) return note;
  }
  return undefined;
}

function define(key: unknown, value: unknown, target: object): void {
  const own = notes.get(target) ?? new Map<unknown, unknown>();
  notes.set(target, own.set(key, value));
}

Object.assign(Reflect, {
  getMetadata: find,
  getOwnMetadata: (key: unknown, target: object) => notes.get(target)?.get(key),
  hasMetadata: (key: unknown, target: object) => find(key, target) !== undefined,
  hasOwnMetadata: (key: unknown, target: object) => notes.get(target)?.has(key) === true,
  defineMetadata: define,
  metadata: (key: unknown, value: unknown) => (target: object) => define(key, value, target),
});
