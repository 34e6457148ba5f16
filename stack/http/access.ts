// One line of the access log, as ranges and numbers: whoever writes it down decides about text.

import { NO_PAYLOAD } from "../base/link.ts";
import { NO_PATH, type Path } from "../base/path.ts";
import { FIELD_REFERER, FIELD_USER_AGENT, type Request } from "./request.ts";

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
  status = 0;
  /** Bytes of body in the response. */
  sent = 0;
  /** Microseconds from the request's first byte to the answer. */
  duration = 0;
  path: Path = NO_PATH;

  fill(bytes: Uint8Array, request: Request, status: number, sent: number, duration: number, path: Path): void {
    // Without a complete target nothing in it is to be believed.
    const readable = request.targetEnd > 0;
    this.bytes = bytes;
    this.methodStart = request.methodStart;
    this.methodLength = readable ? request.methodEnd - request.methodStart : 0;
    this.targetStart = request.targetStart;
    this.targetLength = readable ? request.targetEnd - request.targetStart : 0;
    this.userAgentStart = request.userAgentStart;
    this.userAgentLength =
      readable && (request.fields & FIELD_USER_AGENT) !== 0 ? request.userAgentEnd - request.userAgentStart : 0;
    this.refererStart = request.refererStart;
    this.refererLength =
      readable && (request.fields & FIELD_REFERER) !== 0 ? request.refererEnd - request.refererStart : 0;
    this.status = status;
    this.sent = sent;
    this.duration = duration;
    this.path = path;
  }
}
