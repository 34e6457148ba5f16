// The log to a collector over a stream that the edge has opened: what waits is sent in one piece after the other, each when the
// one before has been acknowledged (syslog/queue.ts says why).

import { type Instant, NEVER } from "../base/result.ts";
import { type Handle, NO_HANDLE } from "../base/streams.ts";
import { MessageQueue } from "../syslog/queue.ts";
import type { Host } from "./host.ts";
import { Service } from "./service.ts";

export class LogStream extends Service {
  private readonly host: Host;
  /** Undefined until somebody wants it: who sends datagrams, or nothing, pays nothing. */
  private queue: MessageQueue | undefined;
  private handle: Handle = NO_HANDLE;
  private underWay = false;

  /** The host is to step it (Host.add). */
  constructor(host: Host) {
    super();
    this.host = host;
  }

  /** Messages are wanted from now on; they wait until there is a stream. */
  begin(): void {
    if (this.queue === undefined) this.queue = new MessageQueue();
  }

  get wanted(): boolean {
    return this.queue !== undefined;
  }

  /** Sends over this connection of the edge from now on, what was under way over another once more. */
  attach(handle: Handle): void {
    this.detach();
    this.handle = handle;
  }

  /** False: there is no room. */
  put(bytes: Uint8Array, offset: number, length: number, own: boolean): boolean {
    return this.queue?.put(bytes, offset, length, own) === true;
  }

  /** Messages that were dropped since the last call. */
  takeDropped(): number {
    const { queue } = this;
    if (queue === undefined) return 0;
    const { dropped } = queue;
    queue.dropped = 0;
    return dropped;
  }

  override step(_now: Instant): void {
    const { host, queue, handle } = this;
    if (queue === undefined || handle === NO_HANDLE) return;
    const streams = host.streamsOf(handle);
    // Of one that is gone nothing is queued, and nothing is known to have arrived.
    if (!host.flows.has(handle) || streams.peerEnded(handle)) {
      this.detach();
      return;
    }
    if (streams.queued(handle) > 0) return;
    if (this.underWay) queue.arrived();
    this.underWay = queue.take() && streams.send(handle, queue.sending, 0, queue.length);
  }

  /** The machine is dying: what waits leaves behind what is under way, as far as the stream takes it. */
  lastWords(now: Instant): void {
    const { host, queue, handle } = this;
    if (queue === undefined || handle === NO_HANDLE) return;
    if (this.underWay) queue.arrived();
    if (!queue.take() || !host.streamsOf(handle).send(handle, queue.sending, 0, queue.length)) return;
    host.transmit(now);
  }

  override nextDeadline(): Instant {
    return NEVER;
  }
  override setWallClock(_wallMs: number, _now: Instant): void {}
  override addressChanged(): void {}

  override spare(): number {
    return 0;
  }

  override describe(): string {
    const { queue } = this;
    return queue === undefined ? "" : `log-waiting ${queue.held}\nlog-dropped ${queue.dropped}\n`;
  }

  private detach(): void {
    const { host, handle } = this;
    this.underWay = false;
    this.handle = NO_HANDLE;
    if (handle === NO_HANDLE) return;
    // It must not go on sending out of a buffer that will be filled again.
    host.streamsOf(handle).abort(handle);
  }
}
