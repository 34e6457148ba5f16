// One line of the access log, as ranges and numbers: whoever writes it down decides about text.

import { NO_PAYLOAD } from "../base/link.ts";
import { FIELD_REFERER, FIELD_USER_AGENT, type RequestHead } from "./request-head.ts";

/** Reused for every answer. Ranges lie in `bytes`; a length of 0 means that it was not sent or could not be read. */
export class AccessLine {
  bytes: Uint8Array = NO_PAYLOAD;
  methodStart = 0;
  methodLength = 0;
  targetStart = 0;
  targetLength = 0;
  userAgentStart = 0;
  userAgentLength = 0;
  refererStart = 0;
  refererLength = 0;
  /** HTTP/1.x. */
  minor = 1;
  status = 0;
  /** Bytes of body in the response. */
  sent = 0;
  /** Microseconds from the request's first byte to the answer. */
  duration = 0;
  peerAddress = 0;
  peerPort = 0;

  fill(
    bytes: Uint8Array,
    head: RequestHead,
    status: number,
    sent: number,
    duration: number,
    peerAddress: number,
    peerPort: number,
  ): void {
    // Without a complete request line nothing in it is to be believed.
    const readable = head.targetEnd > 0;
    this.bytes = bytes;
    this.methodStart = head.start;
    this.methodLength = readable ? head.methodEnd - head.start : 0;
    this.targetStart = head.targetStart;
    this.targetLength = readable ? head.targetEnd - head.targetStart : 0;
    this.userAgentStart = head.userAgentStart;
    this.userAgentLength =
      readable && (head.fields & FIELD_USER_AGENT) !== 0 ? head.userAgentEnd - head.userAgentStart : 0;
    this.refererStart = head.refererStart;
    this.refererLength = readable && (head.fields & FIELD_REFERER) !== 0 ? head.refererEnd - head.refererStart : 0;
    this.minor = readable ? head.minor : 1;
    this.status = status;
    this.sent = sent;
    this.duration = duration;
    this.peerAddress = peerAddress;
    this.peerPort = peerPort;
  }
}
