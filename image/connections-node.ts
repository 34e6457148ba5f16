// What a host is below the seam, for the `node` target: connections of our own and TLS over Node's sockets, by the machine's own
// machines. `turn` is the step of the host: it runs once after whatever came or was sent.

// First: modules of TLS use the natives when they are read.
import "./native-node.ts";
import { randomBytes } from "node:crypto";
import { Budget } from "../stack/base/budget.ts";
import { type Instant, MILLISECOND } from "../stack/base/result.ts";
import { SharedMemory } from "../stack/base/shared.ts";
import { type Handle, NO_HANDLE, type Streams } from "../stack/base/streams.ts";
import { EdgeFlows, type Timer } from "../stack/edge/flows.ts";
import { EventQueue } from "../stack/host/event-queue.ts";
import { EVENT_NONE, EVENT_READABLE, EVENT_SENT } from "../stack/host/events.ts";
import { FLOW_LIMIT, Flows } from "../stack/host/flows.ts";
import { describeTrust, HTTP_PROTOCOLS, Secure } from "../stack/host/secure.ts";
import { RECORD_ROOM } from "../stack/tls/limits.ts";
import { Trust } from "../stack/x509/trust.ts";
import { NodeStreams } from "./streams-node.ts";
import { trustAnchors } from "./trust-anchors-node.ts";

/** What the host of a machine of 256 MB is given: so many connections may speak TLS. */
const MEMORY = 64 * 1024 * 1024;

export class NodeConnections {
  readonly streams: NodeStreams;
  /** Those that we open. */
  readonly flows: EdgeFlows;
  readonly #now: () => Instant;
  readonly #events = new EventQueue();
  readonly #opened = new Flows(this.#events);
  readonly #trust: readonly string[];
  #secure: Secure | undefined;
  #anchored = false;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;

  /** `trust`: whom we believe besides the authorities of the web, checked before. */
  constructor(now: () => Instant, trust: readonly string[]) {
    this.#now = now;
    this.#trust = trust;
    this.streams = new NodeStreams(now, () => this.soon());
    const timer: Timer = (ms, callback) => {
      const id = setTimeout(callback, ms);
      return () => clearTimeout(id);
    };
    this.flows = new EdgeFlows(
      {
        canSecure: () => true,
        connect: (address, port, limit, secureName, protocols) =>
          this.#connect(
            address,
            port,
            limit,
            secureName,
            protocols.split(" ").filter((name) => name !== ""),
          ),
        startTls: (handle, name) => this.#startTls(handle as Handle, name),
        send: (handle, bytes) => {
          this.soon();
          return this.#of(handle).send(handle as Handle, bytes, 0, bytes.length);
        },
        queued: (handle) => this.#of(handle).queued(handle as Handle),
        receive: (handle, limit) => this.#receive(handle as Handle, limit),
        readEnded: (handle) => this.#of(handle).readEnded(handle as Handle),
        readCut: (handle) => this.#secured(handle)?.truncated(handle as Handle) ?? false,
        shutdown: (handle) => {
          this.#of(handle).shutdown(handle as Handle);
          this.soon();
        },
        close: (handle) => this.#letGo(handle as Handle).close(handle as Handle),
        abort: (handle) => this.#letGo(handle as Handle).abort(handle as Handle),
      },
      timer,
    );
  }

  /** What is wrong with what is to be believed; "" when nothing is. */
  get distrusted(): string {
    for (const text of this.#trust) {
      const why = new Trust(new Uint8Array(0)).add(text);
      if (!why.ok) return `--trust: ${describeTrust(why.error)}`;
    }
    return "";
  }

  /** TLS, with a seed of its own. */
  get secure(): Secure {
    if (this.#secure === undefined) {
      this.#secure = new Secure(this.streams, new SharedMemory(), this.#opened, randomBytes(32), new Budget(MEMORY));
      for (const text of this.#trust) this.#secure.trustAlso(text);
    }
    this.#secure.setWallClock(Date.now(), this.#now());
    return this.#secure;
  }

  /** Runs `turn` when what is under way has come to its end. */
  soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const now = this.#now();
    const tls = this.#secure?.tls;
    tls?.step(now);
    for (let kind = this.#events.next(); kind !== EVENT_NONE; kind = this.#events.next()) {
      const { handle, number, text } = this.#events;
      if (kind === EVENT_READABLE || kind === EVENT_SENT) this.#opened.looked(handle, kind);
      this.flows.event(kind, handle, number, text);
    }
    if (tls === undefined) return;
    tls.transmit(now);
    clearTimeout(this.#timer);
    const wait = (tls.nextDeadline() - now) / MILLISECOND;
    if (wait <= 0) this.soon();
    else if (wait < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.soon(), wait).unref();
  }

  #connect(address: string, port: number, limit: number, secureName: string, protocols: readonly string[]): Handle {
    if (this.#opened.count >= FLOW_LIMIT) return NO_HANDLE;
    const secure = secureName === "" ? undefined : this.#believing();
    const handle = this.streams.connect(address, port, secure?.ours ?? this.#opened, limit + RECORD_ROOM);
    if (secure !== undefined && !secure.start(handle, secureName, protocols, false, this.#now())) {
      this.streams.abort(handle);
      return NO_HANDLE;
    }
    this.#opened.add(handle);
    return handle;
  }

  #startTls(handle: Handle, name: string): boolean {
    if (!this.#opened.has(handle) || this.#secured(handle) !== undefined) return false;
    const secure = this.#believing();
    this.streams.assign(handle, secure.ours);
    this.soon();
    return secure.start(handle, name, HTTP_PROTOCOLS, true, this.#now());
  }

  /** TLS that knows the authorities of the web: reading them takes a moment. */
  #believing(): Secure {
    const { secure } = this;
    if (!this.#anchored) secure.trustAnchors(trustAnchors());
    this.#anchored = true;
    return secure;
  }

  #receive(handle: Handle, limit: number): Uint8Array {
    const from = this.#of(handle);
    const length = Math.min(limit, from.readLength(handle));
    const start = from.readStart(handle);
    const bytes = from.readBuffer(handle).slice(start, start + length);
    if (length > 0) from.consume(handle, length);
    this.soon();
    return bytes;
  }

  /** What carries it, which is told of no more. */
  #letGo(handle: Handle): Streams {
    const of = this.#of(handle);
    this.#opened.remove(handle);
    this.#secure?.forget(handle);
    this.soon();
    return of;
  }

  #of(handle: number): Streams {
    return this.#secured(handle) ?? this.streams;
  }

  #secured(handle: number): Secure["tls"] | undefined {
    return this.#secure?.has(handle as Handle) === true ? this.#secure.tls : undefined;
  }
}
