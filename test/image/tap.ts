// Asks the other end of the TAP for its hardware address until it answers, then waits for a while for nothing;
// test/e2e/engine.test.ts runs it. (Linux may take a second until it sends on a TAP that was just opened.)

const HEADER = 12;
const ARP_SIZE = 42;
const [name = "", address = ""] = nativeParameters().split("\n");

const errno = nativeTapOpen("no-such-tap-because-too-long");
nativeConsole(`a bad name: ${errno}\n`);
if (nativeTapOpen(name) !== 0 || nativeTapOffload(0) !== 0) throw new Error(`TAP ${name} does not open`);

/** RFC 826, as a broadcast. */
function request(): Uint8Array {
  const frame = new Uint8Array(HEADER + ARP_SIZE);
  frame.fill(0xff, HEADER, HEADER + 6);
  frame.set([2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9], HEADER + 6);
  const octets = address.split(".").map(Number);
  frame.set([octets[0]!, octets[1]!, octets[2]!, 9, 0, 0, 0, 0, 0, 0, ...octets], HEADER + 28);
  return frame;
}

const frame = new Uint8Array(HEADER + 1514);
const AGAIN_US = 500_000;
let answered = false;
let until = 0;
const question = request();

nativeRun(() => {
  for (let length = 1; length > 0; ) {
    length = nativeTapRead(frame, 0, frame.length);
    if (length < 0) throw new Error(`read: ${length}`);
    if (length >= HEADER + ARP_SIZE && frame[HEADER + 13] === 6 && frame[HEADER + 21] === 2 && !answered) {
      nativeConsole(`answer from ${frame.subarray(HEADER + 28, HEADER + 32).join(".")}\n`);
      answered = true;
      until = nativeNow() + 200_000;
    }
  }
  if (!answered && nativeNow() >= until) {
    const sent = nativeTapWrite(question, 0, HEADER + 14, question, HEADER + 14, ARP_SIZE - 14);
    if (sent !== 0) throw new Error(`not sent: ${sent}`);
    until = nativeNow() + AGAIN_US;
  }
  if (answered && nativeNow() >= until) {
    nativeConsole(`slept ${nativeNow() - until < 100_000 ? "well" : "too long"}\n`);
    nativePowerOff(0);
  }
  return until;
});
