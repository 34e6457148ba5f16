// The program of seal.ts: seals records of 16 KiB, as many as its parameters say, and ends. Four of them are one call, as
// when an answer of 64 KB goes out.

const RECORD = 16384;
const AT_ONCE = 4;

const [suite = 0x1301, records = 0] = nativeParameters().split("\n").map(Number);
const state = new Uint8Array(640);
const iv = new Uint8Array(12);
const content = new Uint8Array(AT_ONCE * RECORD);
const sealed = new Uint8Array(AT_ONCE * (RECORD + 22));
nativeRandom(content, 0, content.length);
nativeAeadInit(suite, state, content.subarray(0, 32));
for (let i = 0; i < records; i += AT_ONCE)
  if (nativeSeal(state, iv, i, 23, RECORD, content, 0, content.length, sealed, 0) !== sealed.length)
    throw new Error("not sealed");
