// One line of the access log, as ranges and numbers: whoever writes it down decides about text.

import { NO_PAYLOAD } from "../base/link.ts";
import { NO_PATH, type Path } from "../base/path.ts";
import { Request } from "./request.ts";

/** Reused for every answer. */
export class AccessLine {
  /** The request's offsets lie in these bytes. With targetEnd 0 nothing of it is to be believed: it could not be read. */
  bytes: Uint8Array = NO_PAYLOAD;
  request: Request = new Request();
  status = 0;
  /** Bytes of body in the response. */
  sent = 0;
  /** Microseconds from the request's first byte to the answer. */
  duration = 0;
  path: Path = NO_PATH;
}
