import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { NO_CLIENT } from "../../../stack/base/path.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { Shared, SMALL_ANSWER } from "../../../stack/base/shared.ts";
import { CLOSED_FOR_ROOM, type Handle } from "../../../stack/base/streams.ts";

import { Bench, THERE } from "./harness.ts";

/** A machine with `count` connections from THERE, and their handles. */
function connected(count: number, sendTotal = 1 << 24, smallTotal = 1 << 24): { bench: Bench; handles: Handle[] } {
  const bench = new Bench((limits) => {
    limits.sendTotal = sendTotal;
    limits.smallTotal = smallTotal;
  });
  const handles: Handle[] = [];
  for (let i = 0; i < count; i++) {
    bench.remotePort = 6000 + i;
    bench.seq = 7_000_000;
    bench.accept();
    handles.push(bench.handle);
  }
  bench.user.take();
  return { bench, handles };
}

/** What each has queued. */
function queues(bench: Bench, handles: Handle[]): number[] {
  const bytes: number[] = [];
  for (const handle of handles) bytes.push(bench.tcp.queued(handle));
  return bytes;
}

describe("bytes queued to be sent", () => {
  test("are counted once, however many streams send them and however often", () => {
    const { bench, handles } = connected(5);
    const body = new Shared(new Uint8Array(10_000));
    for (const handle of handles) {
      expect(bench.tcp.sendShared(handle, body, 0, 10_000)).toBe(true);
      expect(bench.tcp.sendShared(handle, body, 500, 100)).toBe(true);
    }
    expect(bench.memory.inFlight).toBe(10_000);
    bench.tcp.send(handles[0]!, new Uint8Array(300), 0, 300);
    bench.tcp.send(handles[1]!, new Uint8Array(300), 0, 10);
    expect(bench.memory.inFlight).toBe(10_600);
    for (const handle of handles) bench.tcp.abort(handle);
    expect([bench.memory.inFlight, body.holders]).toEqual([0, 0]);
  });

  test("are let go of as they are acknowledged, by ranges", () => {
    const { bench, handles } = connected(1);
    bench.tcp.send(handles[0]!, new Uint8Array(1000), 0, 1000);
    bench.tcp.send(handles[0]!, new Uint8Array(2000), 0, 2000);
    bench.sent();
    bench.ack += 999;
    bench.receive({});
    expect(bench.memory.inFlight).toBe(3000);
    bench.ack += 1;
    bench.receive({});
    expect(bench.memory.inFlight).toBe(2000);
    bench.ack += 2000;
    bench.receive({});
    expect(bench.memory.inFlight).toBe(0);
  });

  test("stay counted when their user has let go, until the connection ends", () => {
    const { bench, handles } = connected(1);
    bench.tcp.send(handles[0]!, new Uint8Array(100_000), 0, 100_000);
    bench.tcp.close(handles[0]!);
    bench.sent();
    expect(bench.memory.inFlight).toBe(100_000);
    bench.pass(200 * SECOND);
    expect(bench.memory.inFlight).toBe(0);
  });

  test("survive the growing of their queue", () => {
    const { bench, handles } = connected(1);
    for (let i = 1; i <= 40; i++) bench.tcp.send(handles[0]!, new Uint8Array(i), 0, i);
    expect(bench.memory.inFlight).toBe(820);
    bench.tcp.abort(handles[0]!);
    expect(bench.memory.inFlight).toBe(0);
  });

  test("are not in flight while the table holds them, and are when it lets go", () => {
    const { bench, handles } = connected(2);
    const body = new Shared(new Uint8Array(5000));
    bench.memory.keep(body);
    for (const handle of handles) bench.tcp.sendShared(handle, body, 0, 5000);
    expect([bench.memory.held, bench.memory.inFlight]).toEqual([5000, 0]);
    bench.memory.drop(body);
    expect([bench.memory.held, bench.memory.inFlight]).toEqual([5000, 5000]);
    for (const handle of handles) bench.tcp.abort(handle);
    expect(bench.memory.held).toBe(0);
  });
});

describe("when too much is in flight", () => {
  test("a slow reader that holds much gives way; one that sends what the table holds would free nothing", () => {
    const { bench, handles } = connected(3, 20_000);
    const kept = new Shared(new Uint8Array(1_000_000));
    bench.memory.keep(kept);
    bench.tcp.sendShared(handles[0]!, kept, 0, 1_000_000);
    bench.tcp.send(handles[1]!, new Uint8Array(30_000), 0, 30_000);
    bench.pass(5 * SECOND);
    expect(bench.tcp.send(handles[2]!, new Uint8Array(20_000), 0, 20_000)).toBe(true);
    bench.sent();
    expect(bench.user.take()).toEqual([`closed ${CLOSED_FOR_ROOM}`]);
    expect([bench.tcp.queued(handles[0]!), bench.tcp.queued(handles[1]!)]).toEqual([1_000_000, 0]);
    expect(bench.memory.inFlight).toBe(20_000);
  });

  test("what is held already, by the table or another stream, is taken all the same", () => {
    const { bench, handles } = connected(2, 20_000);
    const body = new Shared(new Uint8Array(30_000));
    bench.tcp.sendShared(handles[0]!, body, 0, 30_000);
    expect(bench.tcp.sendShared(handles[1]!, body, 0, 30_000)).toBe(true);
    expect(bench.memory.inFlight).toBe(30_000);
  });

  test("small answers have a share of their own: large ones never shut them out", () => {
    const { bench, handles } = connected(2, 20_000, 20_000);
    bench.tcp.send(handles[0]!, new Uint8Array(3_000_000), 0, 3_000_000);
    for (let i = 0; i < 20; i++) expect(bench.tcp.send(handles[1]!, new Uint8Array(1000), 0, 1000)).toBe(true);
    expect(bench.tcp.queued(handles[0]!)).toBe(3_000_000);
    expect([bench.memory.inFlight, bench.memory.smallInFlight]).toEqual([3_020_000, 20_000]);
  });

  test("and they are small, who has not taken his for longest gives way, without grace", () => {
    const { bench, handles } = connected(4, 20_000, 20_000);
    for (const handle of handles.slice(0, 3)) {
      bench.tcp.send(handle, new Uint8Array(8000), 0, 8000);
      bench.pass(10 * MILLISECOND);
      bench.sent();
    }
    expect(bench.tcp.send(handles[3]!, new Uint8Array(1000), 0, 1000)).toBe(true);
    expect(queues(bench, handles)).toEqual([0, 8000, 8000, 1000]);
  });

  test("and nobody is behind, twice the share is taken; then who holds most gives way to who would hold less", () => {
    const { bench, handles } = connected(4, 20_000, 20_000);
    // An answer of each is being made: what they have in flight gives way all the same.
    for (const handle of handles) bench.tcp.hold(handle, true);
    for (let i = 0; i < 3; i++) bench.tcp.send(handles[0]!, new Uint8Array(7000), 0, 7000);
    for (let i = 0; i < 3; i++) bench.tcp.send(handles[1]!, new Uint8Array(6600), 0, 6600);
    expect(bench.memory.smallInFlight).toBe(40_800);
    // Who would hold as much or more himself is refused.
    expect(bench.tcp.send(handles[1]!, new Uint8Array(1500), 0, 1500)).toBe(false);
    expect(bench.tcp.send(handles[2]!, new Uint8Array(1000), 0, 1000)).toBe(true);
    expect(queues(bench, handles)).toEqual([0, 19_800, 1000, 0]);
  });

  test("and nobody holds more than who asks, he is refused at once, and who asks for less is not", () => {
    const { bench, handles } = connected(5, 20_000, 20_000);
    for (const handle of handles.slice(0, 3)) {
      bench.tcp.hold(handle, true);
      bench.tcp.send(handle, new Uint8Array(14_000), 0, 14_000);
    }
    expect(bench.tcp.send(handles[3]!, new Uint8Array(14_000), 0, 14_000)).toBe(false);
    expect(bench.tcp.send(handles[4]!, new Uint8Array(13_999), 0, 13_999)).toBe(true);
    bench.sent();
    expect(bench.user.take()).toEqual([`closed ${CLOSED_FOR_ROOM}`]);
    expect(bench.memory.smallInFlight).toBe(41_999);
  });

  test("room is made on request, by the stalled alone, until so much less is held or nobody is left", () => {
    const { bench, handles } = connected(4, 200_000);
    bench.tcp.send(handles[0]!, new Uint8Array(30_000), 0, 30_000);
    bench.tcp.send(handles[1]!, new Uint8Array(50_000), 0, 50_000);
    bench.pass(5 * SECOND);
    bench.sent();
    bench.tcp.send(handles[2]!, new Uint8Array(70_000), 0, 70_000);
    bench.tcp.send(handles[3]!, new Uint8Array(1000), 0, 1000);
    expect(bench.tcp.freeSendMemory(10_000, NO_CLIENT, bench.now)).toBe(120_000);
    expect(bench.tcp.freeSendMemory(1_000_000, NO_CLIENT, bench.now)).toBe(70_000);
    expect(queues(bench, handles)).toEqual([0, 0, 70_000, 1000]);
    expect(bench.user.take()).toEqual([`closed ${CLOSED_FOR_ROOM}`, `closed ${CLOSED_FOR_ROOM}`]);
  });

  test("and nobody is slow, nothing large is taken, but for connections of our own", () => {
    const { bench, handles } = connected(2, 20_000);
    bench.tcp.send(handles[0]!, new Uint8Array(30_000), 0, 30_000);
    expect(bench.tcp.send(handles[1]!, new Uint8Array(SMALL_ANSWER + 1), 0, SMALL_ANSWER + 1)).toBe(false);
    bench.remote = THERE;
    bench.connect();
    expect(bench.tcp.send(bench.handle, new Uint8Array(1000), 0, 1000)).toBe(true);
  });

  test("an address that holds most of it gives way to another at once", () => {
    const { bench, handles } = connected(2, 20_000);
    bench.tcp.send(handles[0]!, new Uint8Array(30_000), 0, 30_000);
    bench.sent();
    bench.remote = 0x0a000003 as Ipv4;
    bench.remotePort = 9000;
    bench.seq = 7_000_000;
    bench.accept();
    expect(bench.tcp.send(bench.handle, new Uint8Array(20_000), 0, 20_000)).toBe(true);
    expect(bench.tcp.queued(handles[0]!)).toBe(0);
  });
});
