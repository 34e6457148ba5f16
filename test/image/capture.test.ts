// The sender of captures under a clock of its own, before a collector that takes, refuses, is slow or goes away.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CAPTURE_MS, Capture, LONGEST_MS } from "../../image/capture.ts";
import type { Port } from "../../stack/base/address.ts";
import type { Result } from "../../stack/base/result.ts";
import type { ConnectError, Flow, FlowError } from "../../stack/edge/network.ts";
import { encodeRecordHeader, FILE_HEADER, PcapRecord, RECORD_HEADER, recordAt } from "../../stack/links/pcap.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A record of a frame of ten bytes. */
function frame(time: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER + 10);
  encodeRecordHeader(bytes, 0, time, 10, 10);
  return bytes;
}

class Bed {
  readonly said: string[] = [];
  readonly kept: Uint8Array[] = [];
  readonly unobserved: string[] = [];
  readonly written: Uint8Array[] = [];
  lost = 0;
  ended = false;
  closed = false;
  refuses = false;
  /** The collector is not there any more. */
  gone = false;
  /** And takes nothing. */
  stalls = false;
  #closed: (() => void) | undefined;

  readonly capture = new Capture(
    { host: "collector.test", port: 5555 as Port },
    {
      observed: () => this.kept.shift() ?? new Uint8Array(0),
      unobserved: () => this.lost,
      leaveUnobserved: (address, port) => this.unobserved.push(`${address} ${port}`),
      endObservation: () => {
        this.ended = true;
      },
    },
    { info: (text) => this.said.push(text), warn: (text) => this.said.push(`warning: ${text}`) },
    {
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      timer: (ms, callback) => {
        const id = setTimeout(callback, ms);
        return () => clearTimeout(id);
      },
    },
  );

  send(): Promise<void> {
    return this.capture.send(
      {
        resolve: () => Promise.resolve({ ok: true, value: ["10.0.0.9", "2001:db8::9"] }),
        connect: () => Promise.resolve(this.#connect()),
      },
      1_767_225_600_000,
    );
  }

  #connect(): Result<Flow, ConnectError> {
    if (this.refuses) return { ok: false, error: { kind: "refused" } };
    const flow: Flow = {
      read: () => new Promise<Result<Uint8Array | undefined, FlowError>>(() => {}),
      write: (bytes) => {
        if (this.gone) return Promise.resolve({ ok: false, error: { kind: "reset" } });
        this.written.push(bytes);
        if (!this.stalls) return Promise.resolve({ ok: true, value: undefined });
        return new Promise((resolve) => {
          this.#closed = () => resolve({ ok: false, error: { kind: "closed" } });
        });
      },
      shutdown: () => {},
      close: () => {
        this.closed = true;
        this.#closed?.();
      },
    };
    return { ok: true, value: flow };
  }
}

describe("a capture", () => {
  test("is a file of what was kept since the start, and ends with the minute", async () => {
    const bed = new Bed();
    bed.kept.push(frame(1_000_000), frame(2_000_000));
    const sent = bed.send();
    await vi.advanceTimersByTimeAsync(CAPTURE_MS - 1);
    expect([bed.ended, bed.closed]).toEqual([false, false]);
    bed.kept.push(frame(59_000_000));
    await vi.advanceTimersByTimeAsync(500);
    await sent;
    expect([bed.ended, bed.closed]).toEqual([true, true]);
    expect(bed.written.map(({ length }) => length)).toEqual([FILE_HEADER, 26, 26, 26]);
    const record = new PcapRecord();
    recordAt(bed.written[1]!, 0, record);
    expect(record.time).toBe(1_767_225_601_000_000);
    expect(bed.said).toEqual([
      "warning: capture: frames of a minute go to collector.test:5555, in the clear with all that is in them",
      "capture: collector.test:5555 takes it",
      "capture: the minute is over: 3 frames",
    ]);
  });

  test("leaves out what goes to the collector, at each of its addresses", async () => {
    const bed = new Bed();
    void bed.send();
    await vi.advanceTimersByTimeAsync(10);
    expect(bed.unobserved).toEqual(["10.0.0.9 5555", "2001:db8::9 5555"]);
  });

  test("says how much found no room", async () => {
    const bed = new Bed();
    bed.kept.push(frame(1));
    bed.lost = 12;
    void bed.send();
    await vi.advanceTimersByTimeAsync(CAPTURE_MS + 1000);
    expect(bed.said.at(-1)).toBe("capture: the minute is over: 1 frame, and 12 for which there was no room");
  });

  test("waits for a collector that comes late, and says so once", async () => {
    const bed = new Bed();
    bed.refuses = true;
    bed.kept.push(frame(1));
    void bed.send();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(bed.said.slice(1)).toEqual([
      "warning: capture: the collector collector.test:5555 refused the connection; frames wait for it",
    ]);
    bed.refuses = false;
    await vi.advanceTimersByTimeAsync(CAPTURE_MS);
    expect(bed.said.at(-1)).toBe("capture: the minute is over: 1 frame");
  });

  test("is given up when nobody takes it for two minutes, and keeps nothing", async () => {
    const bed = new Bed();
    bed.refuses = true;
    bed.kept.push(frame(1));
    const sent = bed.send();
    await vi.advanceTimersByTimeAsync(LONGEST_MS + 2000);
    await sent;
    expect(bed.said.at(-1)).toBe("warning: capture: given up, nobody takes it at collector.test:5555");
    expect([bed.ended, bed.kept.length]).toEqual([true, 0]);
  });

  test("ends when the collector does", async () => {
    const bed = new Bed();
    bed.kept.push(frame(1));
    const sent = bed.send();
    await vi.advanceTimersByTimeAsync(1000);
    bed.gone = true;
    bed.kept.push(frame(2));
    await vi.advanceTimersByTimeAsync(1000);
    await sent;
    expect(bed.said.at(-1)).toBe("warning: capture: the collector collector.test:5555 is gone, after 2 frames");
    expect(bed.ended).toBe(true);
  });

  test("does not wait for ever for a collector that takes nothing", async () => {
    const bed = new Bed();
    const sent = bed.send();
    await vi.advanceTimersByTimeAsync(1000);
    bed.stalls = true;
    bed.kept.push(frame(1), frame(2));
    await vi.advanceTimersByTimeAsync(LONGEST_MS);
    await sent;
    expect(bed.said.at(-1)).toMatch(/is gone, after 1 frame/);
    expect([bed.closed, bed.kept.length]).toEqual([true, 0]);
  });

  test("without an address the minute ends all the same", async () => {
    const bed = new Bed();
    await vi.advanceTimersByTimeAsync(CAPTURE_MS);
    expect(bed.ended).toBe(true);
  });
});
