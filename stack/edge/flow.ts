// A TCP connection of ours as Promises. One read and one write at a time; the events come from the edge.

import type { Result } from "../base/result.ts";
import { CLOSED_BY_TIMEOUT, CLOSED_IN_ORDER, CLOSED_REFUSED, CLOSED_UNREACHABLE } from "../base/streams.ts";
import type { ConnectError, Flow, FlowError } from "./network.ts";
import type { Seam } from "./seam.ts";

/** Bytes a write may leave queued before it waits for acknowledgements. */
const WRITE_AHEAD = 128 * 1024;
/** Bytes a read returns at most. */
const READ_LIMIT = 64 * 1024;

type ReadResult = Result<Uint8Array | undefined, FlowError>;
type WriteResult = Result<undefined, FlowError>;

/** Hears what became of a connect. */
export type Opened = (result: Result<Flow, ConnectError>) => void;

/** What a flow needs of the seam. */
export type FlowSeam = Pick<
  Seam,
  "send" | "queued" | "receive" | "readEnded" | "readCut" | "shutdown" | "close" | "abort" | "startTls"
>;

export class StackFlow implements Flow {
  readonly #seam: FlowSeam;
  readonly handle: number;
  readonly #released: () => void;
  #opened: Opened | undefined;
  #reader: ((result: ReadResult) => void) | undefined;
  #writer: ((result: WriteResult) => void) | undefined;
  #gone: FlowError | undefined;
  #ended = false;

  /** `opened` hears of the connect's outcome, `released` when the edge may forget the handle. */
  constructor(seam: FlowSeam, handle: number, opened: Opened, released: () => void) {
    this.#seam = seam;
    this.handle = handle;
    this.#opened = opened;
    this.#released = released;
  }

  read(): Promise<ReadResult> {
    if (this.#reader !== undefined) throw new Error("two reads of one flow at a time");
    const now = this.#take();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  write(bytes: Uint8Array): Promise<WriteResult> {
    if (this.#writer !== undefined) throw new Error("two writes of one flow at a time");
    if (this.#gone !== undefined) return Promise.resolve({ ok: false, error: this.#gone });
    if (!this.#seam.send(this.handle, bytes)) return Promise.resolve({ ok: false, error: { kind: "closed" } });
    if (this.#seam.queued(this.handle) <= WRITE_AHEAD) return Promise.resolve({ ok: true, value: undefined });
    return new Promise((resolve) => {
      this.#writer = resolve;
    });
  }

  shutdown(): void {
    if (this.#gone === undefined) this.#seam.shutdown(this.handle);
  }

  close(): void {
    if (this.#gone !== undefined) return;
    this.#seam.close(this.handle);
    this.closed(CLOSED_IN_ORDER);
  }

  /** Its connect, or the beginning of its TLS, has not come to an end. */
  get opening(): boolean {
    return this.#opened !== undefined;
  }

  /** Begins TLS on it; `opened` hears what became of that. */
  startTls(name: string, opened: Opened): void {
    if (this.#opened !== undefined || this.#reader !== undefined) throw new Error("a flow in use cannot begin TLS");
    this.#opened = opened;
    if (this.#gone !== undefined) this.#refuse({ kind: "unreachable" });
    else if (!this.#seam.startTls(this.handle, name)) {
      this.#refuse({ kind: "no-room" });
      this.close();
    }
  }

  /** The events of the edge. */
  connected(): void {
    this.#opened?.({ ok: true, value: this });
    this.#opened = undefined;
  }

  readable(): void {
    const result = this.#reader === undefined ? undefined : this.#take();
    if (result === undefined) return;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.(result);
  }

  sent(): void {
    if (this.#writer === undefined || this.#seam.queued(this.handle) > WRITE_AHEAD) return;
    const writer = this.#writer;
    this.#writer = undefined;
    writer({ ok: true, value: undefined });
  }

  closed(reason: number, words = ""): void {
    if (this.#gone !== undefined) return;
    const error: FlowError =
      reason === CLOSED_IN_ORDER
        ? { kind: "closed" }
        : reason === CLOSED_BY_TIMEOUT
          ? { kind: "timed-out" }
          : { kind: "reset" };
    this.#gone = error;
    this.#released();
    this.#opened?.({ ok: false, error: connectError(reason, words) });
    // An orderly end after the peer's FIN is an end to a reader, not an error.
    this.#reader?.(reason === CLOSED_IN_ORDER && this.#ended ? { ok: true, value: undefined } : { ok: false, error });
    this.#writer?.({ ok: false, error });
    this.#opened = undefined;
    this.#reader = undefined;
    this.#writer = undefined;
  }

  connectTimedOut(): void {
    if (this.#opened === undefined) return;
    this.#seam.abort(this.handle);
    this.closed(CLOSED_BY_TIMEOUT);
  }

  #refuse(error: ConnectError): void {
    this.#opened?.({ ok: false, error });
    this.#opened = undefined;
  }

  #take(): ReadResult | undefined {
    if (this.#gone !== undefined) {
      return this.#ended ? { ok: true, value: undefined } : { ok: false, error: this.#gone };
    }
    const bytes = this.#seam.receive(this.handle, READ_LIMIT);
    if (bytes.length > 0) return { ok: true, value: bytes };
    if (!this.#seam.readEnded(this.handle)) return undefined;
    // RFC 8446 6.1: without a close_notify the end may be anybody's.
    if (this.#seam.readCut(this.handle)) return { ok: false, error: { kind: "reset" } };
    this.#ended = true;
    return { ok: true, value: undefined };
  }
}

/** `words`: what TLS has to say. */
function connectError(reason: number, words: string): ConnectError {
  if (words !== "") return { kind: "insecure", reason: words };
  switch (reason) {
    case CLOSED_REFUSED:
      return { kind: "refused" };
    case CLOSED_UNREACHABLE:
      return { kind: "unreachable" };
    case CLOSED_BY_TIMEOUT:
      return { kind: "timed-out" };
    default:
      return { kind: "refused" };
  }
}
