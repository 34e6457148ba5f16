import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../stack/base/native.ts";
import { Shared } from "../../../stack/base/shared.ts";
import { HANDSHAKES, HANDSHAKES_TIMED_OUT, IN_THE_CLEAR } from "../../../stack/tls/counters.ts";
import { RECORD_ROOM, TlsLimits } from "../../../stack/tls/limits.ts";
import { bytesOf, pattern, toHex } from "../../support/bytes.ts";
import { Bench, visit } from "../../support/tls-streams.ts";

const RECEIVE = 16_384 + RECORD_ROOM;

function bench(): Bench {
  return new Bench(new TlsLimits(), RECEIVE);
}

describe("TlsStreams", () => {
  test("tells its user of a peer when the handshake is done, and carries data both ways", () => {
    const b = bench();
    const v = visit(b);
    expect(b.user.events).toEqual(["accepted 443"]);
    expect(b.tls.counters.value(HANDSHAKES)).toBe(1);
    expect(b.tls.handshakes).toBe(0);
    expect(b.tls.protocol(v.handle)).toBe("http/1.1");
    b.receive(v.handle, v.end.seal(bytesOf("GET / HTTP/1.1\r\n\r\n")));
    expect(b.user.data.length).toBe(18);
    expect(b.tls.send(v.handle, bytesOf("hello"), 1, 3)).toBe(true);
    b.step();
    v.end.receive(b.sent(v.handle), b.now);
    expect(v.end.data).toEqual([101, 108, 108]);
  });

  test("seals what is shared into bytes of its own, as the window lets it out, small records first", () => {
    const b = bench();
    const v = visit(b);
    const body = pattern(300_000);
    const before = body.slice();
    b.below.window = 40_000;
    const shared = new Shared(body);
    expect(b.tls.sendShared(v.handle, new Shared(pattern(100)), 0, 100)).toBe(true);
    expect(b.tls.sendShared(v.handle, shared, 0, 300_000)).toBe(true);
    expect(shared.holders).toBe(1);
    b.step();
    expect(b.below.queued(v.handle)).toBeLessThan(40_000 + 16_384 + 1000);
    // The first record fits a segment.
    const first = b.below.output(v.handle);
    expect(first.charCodeAt(3) * 256 + first.charCodeAt(4)).toBe(1300 + 17);
    for (let i = 0; i < 100 && b.tls.queued(v.handle) > 0; i++) {
      v.end.receive(b.sent(v.handle), b.now);
      b.acknowledge(v.handle);
    }
    v.end.receive(b.sent(v.handle), b.now);
    expect(shared.holders).toBe(0);
    expect(equalBytes(body, 0, before, 0, before.length)).toBe(true);
    expect(v.end.data.length).toBe(300_100);
    let wrong = 0;
    for (let i = 0; i < before.length; i++) if (v.end.data[100 + i] !== before[i]) wrong++;
    expect(wrong).toBe(0);
  });

  test("data of several records is read as one range, whatever they are cut into", () => {
    for (const cut of [1, 100, 1000, 16_384]) {
      const b = bench();
      const v = visit(b);
      b.user.appetite = 0;
      const data = pattern(9000);
      for (let at = 0; at < data.length; at += cut) {
        // Some hundred records of a byte are enough.
        if (cut === 1 && at >= 600) break;
        b.receive(v.handle, v.end.seal(data.subarray(at, at + cut)));
      }
      const length = cut === 1 ? 600 : 9000;
      expect(b.tls.readLength(v.handle)).toBe(length);
      b.user.appetite = 123;
      b.user.read(v.handle);
      expect(b.user.data.length).toBe(length);
      let wrong = 0;
      for (let i = 0; i < length; i++) if (b.user.data[i] !== data[i]) wrong++;
      expect(wrong).toBe(0);
    }
  });

  test("no more is opened than may lie unread, and all of it comes when it is read", () => {
    const b = bench();
    const v = visit(b);
    b.user.appetite = 0;
    const data = pattern(200_000);
    b.receive(v.handle, v.end.seal(data));
    expect(b.tls.readLength(v.handle)).toBeGreaterThanOrEqual(b.tls.readLimit(v.handle));
    expect(b.tls.readLength(v.handle)).toBeLessThanOrEqual(b.tls.readLimit(v.handle) + 16_384);
    b.user.appetite = 5000;
    for (let i = 0; i < 100 && b.user.data.length < data.length; i++) {
      b.user.read(v.handle);
      b.receive(v.handle, new Uint8Array(0));
    }
    expect(b.user.data.length).toBe(data.length);
    let wrong = 0;
    for (let i = 0; i < data.length; i++) if (b.user.data[i] !== data[i]) wrong++;
    expect(wrong).toBe(0);
  });

  test("a KeyUpdate that asks for another is answered although there is no data to send, amid a request", () => {
    const b = bench();
    const v = visit(b);
    b.step();
    b.sent(v.handle);
    for (const request of ["GET", "", " / HTTP/1.1"]) {
      if (request !== "") b.receive(v.handle, v.end.seal(bytesOf(request)));
      v.end.connection.updateKeys(true);
      b.receive(v.handle, v.end.connection.channel.take());
      b.step();
      const answer = b.sent(v.handle);
      // 5 bytes of header, the message, its type, the tag.
      expect(answer.length).toBe(5 + 5 + 1 + 16);
      v.end.receive(answer, b.now);
      b.acknowledge(v.handle);
    }
    expect(b.tls.send(v.handle, bytesOf("hello"), 0, 5)).toBe(true);
    b.step();
    v.end.receive(b.sent(v.handle), b.now);
    expect(v.end.data).toEqual([104, 101, 108, 108, 111]);
  });

  test("our end is a close_notify before the FIN", () => {
    const b = bench();
    const v = visit(b);
    b.tls.send(v.handle, bytesOf("last words"), 0, 10);
    b.tls.close(v.handle);
    b.step();
    v.end.receive(b.sent(v.handle), b.now);
    expect(v.end.data.length).toBe(10);
    expect(v.end.ended).toBe(true);
    expect(b.below.of(v.handle).ending).toBe("close");
    expect(b.tls.count).toBe(0);
  });

  test("the peer's close_notify ends its half only", () => {
    const b = bench();
    const v = visit(b);
    v.end.connection.end();
    b.receive(v.handle, v.end.connection.channel.take());
    expect(b.user.events).toEqual(["accepted 443", "ended"]);
    expect(b.tls.truncated(v.handle)).toBe(false);
    expect(b.tls.send(v.handle, bytesOf("still here"), 0, 10)).toBe(true);
    b.step();
    v.end.receive(b.sent(v.handle), b.now);
    expect(v.end.data.length).toBe(10);
  });

  test("an end without close_notify is known", () => {
    const b = bench();
    const v = visit(b);
    b.below.end(v.handle, b.now);
    b.step();
    expect(b.tls.peerEnded(v.handle)).toBe(true);
    expect(b.tls.truncated(v.handle)).toBe(true);
  });

  test("HTTP in the clear is another user's", () => {
    const b = bench();
    const handle = b.accept();
    b.receive(handle, bytesOf("GET / HTTP/1.1\r\n"));
    expect(b.user.events).toEqual([]);
    expect(b.clearUser.events).toEqual(["accepted 443"]);
    expect(b.clearUser.data.length).toBe(16);
    expect(b.tls.counters.value(IN_THE_CLEAR)).toBe(1);
    b.tls.send(handle, bytesOf("HTTP/1.1 400"), 0, 12);
    expect(b.below.output(handle)).toBe("HTTP/1.1 400");
    b.tls.close(handle);
    expect(b.tls.count).toBe(0);
  });

  test("a fault is answered by an alert and an end, and nobody hears of it", () => {
    const b = bench();
    const handle = b.accept();
    b.receive(handle, new Uint8Array([22, 3, 1, 0, 4, 9, 0, 0, 0]));
    expect(toHex(b.sent(handle))).toBe("1503030002020a");
    expect(b.below.of(handle).shutdown).toBe(true);
    expect(b.user.events).toEqual([]);
    b.receive(handle, bytesOf("whatever"));
    b.below.end(handle, b.now);
    expect(b.below.of(handle).ending).toBe("close");
    expect(b.tls.count).toBe(0);
  });

  test("a flipped bit in data ends it with bad_record_mac, and the user is told", () => {
    const b = bench();
    const v = visit(b);
    const record = v.end.seal(bytesOf("data"));
    record[7] = record[7]! ^ 1;
    b.receive(v.handle, record);
    expect(b.user.data.length).toBe(0);
    expect(b.user.events).toEqual(["accepted 443", "closed 6"]);
    v.end.receive(b.sent(v.handle), b.now);
    expect(v.end.alert).toBe(20);
  });

  test("a handshake that comes to no end is over after its time", () => {
    const b = bench();
    const handle = b.accept();
    expect(b.tls.nextDeadline()).toBe(b.now + b.limits.handshakeTime);
    b.now += b.limits.handshakeTime;
    b.step();
    expect(b.tls.counters.value(HANDSHAKES_TIMED_OUT)).toBe(1);
    expect(b.below.of(handle).ending).toBe("close");
    expect(b.tls.count).toBe(0);
  });
});
