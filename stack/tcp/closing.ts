// The user ends its side, lets go, or breaks off: RFC 9293 3.10.4 (CLOSE) and 3.10.5 (ABORT).

import {
  CLOSE_WAIT,
  CLOSED,
  type Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { sendReset } from "./reply.ts";

/** The user's connect has not succeeded yet. */
export function opening(c: Connection): boolean {
  return c.state === SYN_SENT || c.state === SYN_RECEIVED;
}

/** Our side ends: a FIN goes behind the queue, or behind the handshake. */
export function endSending(core: TcpCore, c: Connection): void {
  if (c.finQueued) return;
  if (c.state === ESTABLISHED) c.state = FIN_WAIT_1;
  else if (c.state === CLOSE_WAIT) c.state = LAST_ACK;
  else if (!opening(c)) return;
  c.finQueued = true;
  core.wake(c);
}

/** The user lets go: what is queued still leaves, unless bytes would be thrown away. */
export function letGo(core: TcpCore, c: Connection): void {
  if (c.state === CLOSED) return;
  // RFC 9293 3.10.4: in SYN-SENT nothing is owed to anybody.
  if (opening(c) || c.over) {
    if (c.state === SYN_RECEIVED) sendReset(core, c);
    core.release(c);
    return;
  }
  // RFC 2525 2.17: bytes that nobody will read must not look delivered.
  if (c.unread > 0) {
    if (c.state !== TIME_WAIT) sendReset(core, c);
    core.release(c);
    return;
  }
  endSending(core, c);
  core.orphan(c);
}

/** RFC 9293 3.10.5: a reset, and nothing more. */
export function abortNow(core: TcpCore, c: Connection): void {
  if (c.state === CLOSED) return;
  if (c.state !== SYN_SENT && c.state !== TIME_WAIT && !c.over) sendReset(core, c);
  core.release(c);
}
