// The edge: the only asynchronous code of the stack. `turn` is the loop's one step: poll the host, hand its events to
// the promises that wait for them. Everything here runs on the engine; everything below the Seam may be machine code.

import type { Port } from "../base/address.ts";
import { type Instant, MILLISECOND, type Result } from "../base/result.ts";
import { WISH_RESTART } from "../host/attendant.ts";
import {
  EVENT_ACCESS,
  EVENT_ADDRESS_LOST,
  EVENT_BODY,
  EVENT_CLOSED,
  EVENT_CONFIGURED,
  EVENT_CONNECTED,
  EVENT_COPIED,
  EVENT_NONE,
  EVENT_NOTICE,
  EVENT_POWER,
  EVENT_READABLE,
  EVENT_REQUEST,
  EVENT_RESOLVED,
  EVENT_SENT,
  EVENT_TIME,
} from "../host/events.ts";
import { presentCertificates } from "./certificates.ts";
import { EdgeFlows, type Timer } from "./flows.ts";
import { EdgeNames, literalOf } from "./names.ts";
import type {
  Certificate,
  ConnectError,
  ConnectOptions,
  Flow,
  HttpHandler,
  ListenError,
  Listener,
  LogNetwork,
  Network,
  Presented,
  ReadyResponse,
  ResolveError,
  TimeError,
} from "./network.ts";
import type { Seam } from "./seam.ts";
import { EdgeTime, type TimeAnswer } from "./time.ts";
import { EdgeWeb } from "./web.ts";

/**
 * Events handled in one turn before the host is polled again, so that packets are not late. A request is the last of its
 * turn: what its handler has promised goes on before the next one.
 */
const EVENTS_PER_TURN = 256;

/** What the target is told about the network as such. */
export interface EdgeListener {
  configured(address: string): void;
  addressLost(reason: string): void;
  notice(text: string): void;
  /** Somebody wants the machine to end, or to begin anew. */
  power(restart: boolean, who: string): void;
  access(line: string): void;
  /** This machine is a copy of another, or was set back to a snapshot. */
  copied(): void;
}

export class Edge implements Network, LogNetwork {
  readonly #seam: Seam;
  readonly #listener: EdgeListener;
  readonly #web: EdgeWeb;
  readonly #flows: EdgeFlows;
  readonly #names: EdgeNames;
  readonly #time: EdgeTime;
  #now: Instant = 0;

  constructor(seam: Seam, listener: EdgeListener, timer: Timer) {
    this.#seam = seam;
    this.#web = new EdgeWeb(seam);
    this.#names = new EdgeNames(seam);
    this.#time = new EdgeTime(
      seam,
      (name) => this.#names.resolve(name),
      timer,
      () => this.#now / MILLISECOND,
    );
    this.#listener = listener;
    this.#flows = new EdgeFlows(seam, timer);
  }

  /** One step of the loop. Returns when it wants to be called again at the latest. */
  turn(now: Instant): Instant {
    this.#now = now;
    let deadline = this.#poll(now);
    let handled = 0;
    for (; handled < EVENTS_PER_TURN; handled++) {
      const kind = this.#seam.nextEvent();
      if (kind === EVENT_NONE) break;
      this.#dispatch(kind);
      if (kind === EVENT_REQUEST) handled = EVENTS_PER_TURN - 1;
    }
    // What the events led to (an answer, a close) leaves at once, not with the next packet.
    if (handled > 0) deadline = this.#poll(now);
    return handled === EVENTS_PER_TURN ? now : deadline;
  }

  /** A fault below the seam says what it was about. (As machine code it ends the machine, and C asks.) */
  #poll(now: Instant): Instant {
    try {
      return this.#seam.poll(now);
    } catch (error) {
      const work = this.#seam.atWork();
      if (error instanceof Error && work !== "") error.message += `, ${work}`;
      throw error;
    }
  }

  resolve(name: string): Promise<Result<readonly string[], ResolveError>> {
    return this.#names.resolve(name);
  }

  async connect(host: string, port: Port, options: ConnectOptions): Promise<Result<Flow, ConnectError>> {
    if (options.secure && !this.#seam.canSecure()) return { ok: false, error: { kind: "no-entropy" } };
    const addresses = await this.resolve(host);
    if (!addresses.ok) return { ok: false, error: { kind: "resolve", cause: addresses.error } };
    return this.#flows.connect(addresses.value, port, options.secure ? literalOf(host) : "", options);
  }

  startTls(flow: Flow, name: string, timeoutMs: number): Promise<Result<undefined, ConnectError>> {
    return this.#flows.startTls(flow, name, timeoutMs);
  }

  /** What time servers of these names say, asked so many times each. */
  askTime(hosts: readonly string[], samples: number): Promise<Result<TimeAnswer, TimeError>> {
    return this.#time.ask(hosts, samples);
  }

  sendDatagram(address: string, port: Port, bytes: Uint8Array): boolean {
    return this.#seam.sendDatagram(address, port, bytes);
  }

  beginLog(hostname: string): void {
    this.#seam.logBegin(hostname);
  }

  attachLog(flow: Flow): void {
    this.#seam.logAttach(this.#flows.handleOf(flow));
  }

  putLog(message: Uint8Array): boolean {
    return this.#seam.logPut(message);
  }

  takeDroppedLog(): number {
    return this.#seam.logDropped();
  }

  present(certificates: readonly Certificate[]): readonly Presented[] {
    return presentCertificates(this.#seam, certificates);
  }

  serve({ port, secure, action, strictFor }: Listener, handler: HttpHandler): Result<undefined, ListenError> {
    if (secure && !this.#seam.canSecure()) return { ok: false, error: "no-entropy" };
    const redirectTo = action.kind === "redirect" ? action.port : 0;
    if (!this.#seam.serve(port, secure, redirectTo, strictFor ?? -1)) return { ok: false, error: "port-in-use" };
    this.#web.handler = handler;
    return { ok: true, value: undefined };
  }

  publish(response: ReadyResponse): void {
    this.#web.publish(response);
  }

  forget(path: string): void {
    this.#web.forget(path);
  }

  retain(paths: Iterable<string>): void {
    this.#web.retain(paths);
  }

  makeRoom(bytes: number, peer: string): number {
    return this.#seam.makeRoom(bytes, peer);
  }

  #dispatch(kind: number): void {
    switch (kind) {
      case EVENT_CONNECTED:
      case EVENT_READABLE:
      case EVENT_SENT:
      case EVENT_CLOSED:
        this.#flows.event(kind, this.#seam.eventHandle(), this.#seam.eventNumber(), this.#seam.eventText());
        break;
      case EVENT_RESOLVED:
        this.#names.resolved(this.#seam.eventHandle(), this.#seam.eventNumber());
        break;
      case EVENT_TIME:
        this.#time.told(this.#seam.eventHandle(), this.#seam.eventNumber());
        break;
      case EVENT_REQUEST:
        this.#web.request(this.#seam.eventHandle());
        break;
      case EVENT_BODY:
        this.#web.body(this.#seam.eventHandle());
        break;
      case EVENT_CONFIGURED:
        this.#listener.configured(this.#seam.eventText());
        break;
      case EVENT_ADDRESS_LOST:
        this.#listener.addressLost(this.#seam.eventText());
        break;
      case EVENT_NOTICE:
        this.#listener.notice(this.#seam.eventText());
        break;
      case EVENT_POWER:
        this.#listener.power(this.#seam.eventNumber() === WISH_RESTART, this.#seam.eventText());
        break;
      case EVENT_ACCESS:
        this.#listener.access(this.#seam.eventText());
        break;
      case EVENT_COPIED:
        this.#listener.copied();
        break;
      default:
        throw new Error(`unknown event ${kind}`);
    }
  }
}
