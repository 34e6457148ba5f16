// Tasks of every kind that use up their share: what test/e2e/engine.test.ts reads is one line for each.

const MEGABYTE = 1024 * 1024;
const KEEP = 4 * MEGABYTE;
/** Units of work; a task here that ends well takes far fewer. */
const MOST = 20_000;

let held: unknown[] = [];
let after = 0;

function fill(): void {
  for (let number = 0; ; number++) held.push([{ number }]);
}

const kinds: Readonly<Record<string, () => void>> = {
  nothing() {},
  "many objects": fill,
  "many objects, caught"() {
    for (;;)
      try {
        fill();
      } catch {
        after++;
      } finally {
        after++;
      }
  },
  "one large array"() {
    held.push(new Uint8Array(64 * MEGABYTE));
  },
  "a large array, caught"() {
    try {
      held.push(new Uint8Array(64 * MEGABYTE));
    } catch {
      after++;
    }
  },
  "a long text"() {
    for (let text = "ab"; ; text += text) held.push(text.slice(1));
  },
  "pieces of a text, in one call"() {
    held.push("a,".repeat(400_000).split(","));
  },
  "what a stream inflates to"() {
    const stream = nativeDeflate(new Uint8Array(3 * MEGABYTE), 6);
    for (;;) held.push(nativeInflate(stream, 0, 3 * MEGABYTE));
  },
  "circles, which are no loss"() {
    for (let i = 0; i < 60_000; i++) {
      const circle: { self?: unknown; bytes: Uint8Array } = { bytes: new Uint8Array(200) };
      circle.self = circle;
    }
  },
  "an endless loop"() {
    for (let i = 0; ; i = (i + 1) & 1) if (i > 1) return;
  },
  "an endless loop in a generator"() {
    function* numbers(): Generator<number> {
      try {
        for (let number = 0; ; number++) yield number;
      } finally {
        after++;
      }
    }
    for (const number of numbers()) if (number < 0) return;
  },
  "an expression that goes back for ever"() {
    /^(a+)+$/.test(`${"a".repeat(60)}b`);
  },
  "long work of one native"() {
    const bytes = new Uint8Array(MEGABYTE);
    for (;;) nativeSha1(bytes);
  },
  "a task within, with more than there is"() {
    const within = nativeAttempt(() => fill(), 0, 1e9);
    held = [];
    nativeConsole(`  within: ${within}\n`);
  },
  "a task within, with less"() {
    const within = nativeAttempt(kinds["an endless loop"]!, 0, 100);
    nativeConsole(`  within: ${within}\n`);
  },
  recursion() {
    const recurse = (depth: number): number => recurse(depth + 1) + 1;
    recurse(0);
  },
  "an error of its own"() {
    throw new Error("its own");
  },
};

// What C keeps for the next time is no loss.
nativeInflate(nativeDeflate(new Uint8Array(1), 6), 0, 1);
nativeCollect();
const before = nativeHeapUsed();
for (const [name, work] of Object.entries(kinds)) {
  after = 0;
  let outcome: string;
  try {
    outcome = nativeAttempt(work, KEEP, MOST);
  } catch (error) {
    outcome = `threw ${(error as Error).message}`;
  }
  held = [];
  nativeCollect();
  if (nativeParameters().trim() !== "") nativeConsole(`${nativeNow()} us, ${nativeWorked()} units\n`);
  const lost = Math.round((nativeHeapUsed() - before) / MEGABYTE);
  const caught = after > 0 ? ", after a catch" : "";
  nativeConsole(`${name}: ${outcome === "" ? "done" : outcome}${caught}${lost > 0 ? `, ${lost} MB lost` : ""}\n`);
}
if (nativeWorked() < MOST) nativeConsole("work is not counted\n");
