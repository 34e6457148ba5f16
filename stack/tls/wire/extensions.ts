// The list of extensions that most messages end with (RFC 8446 4.2): where each one lies that is known here. None may
// occur twice, known or not.

import { DECODE_ERROR, FINE } from "../alerts.ts";
import {
  ALPN,
  CERTIFICATE_AUTHORITIES,
  CLIENT_CERTIFICATE_TYPE,
  COOKIE,
  EARLY_DATA,
  HEARTBEAT,
  KEY_SHARE,
  MAX_FRAGMENT_LENGTH,
  OID_FILTERS,
  PADDING,
  POST_HANDSHAKE_AUTH,
  PRE_SHARED_KEY,
  PSK_KEY_EXCHANGE_MODES,
  RECORD_SIZE_LIMIT,
  SERVER_CERTIFICATE_TYPE,
  SERVER_NAME,
  SIGNATURE_ALGORITHMS,
  SIGNATURE_ALGORITHMS_CERT,
  SIGNED_CERTIFICATE_TIMESTAMP,
  STATUS_REQUEST,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
  TICKET_FLAGS,
  USE_SRTP,
} from "../codes.ts";
import { Marks } from "./marks.ts";
import { Reader } from "./reader.ts";

/** What a list remembers; of the rest it only knows that there was some. */
const KNOWN: readonly number[] = [
  SERVER_NAME,
  MAX_FRAGMENT_LENGTH,
  STATUS_REQUEST,
  SUPPORTED_GROUPS,
  SIGNATURE_ALGORITHMS,
  USE_SRTP,
  HEARTBEAT,
  ALPN,
  SIGNED_CERTIFICATE_TIMESTAMP,
  CLIENT_CERTIFICATE_TYPE,
  SERVER_CERTIFICATE_TYPE,
  PADDING,
  RECORD_SIZE_LIMIT,
  PRE_SHARED_KEY,
  EARLY_DATA,
  SUPPORTED_VERSIONS,
  COOKIE,
  PSK_KEY_EXCHANGE_MODES,
  CERTIFICATE_AUTHORITIES,
  OID_FILTERS,
  POST_HANDSHAKE_AUTH,
  SIGNATURE_ALGORITHMS_CERT,
  KEY_SHARE,
  TICKET_FLAGS,
];

/** Types of the list that is being read. */
const SEEN = new Marks();

/** A list of names of certificate authorities (4.2.4), which is not empty. An alert, or FINE. */
export function checkAuthorities(data: Reader): number {
  const list = data.vector(2, 3);
  while (list.left > 0) list.vector(2, 1);
  return data.done && list.done ? FINE : DECODE_ERROR;
}

export class Extensions {
  /** Those that are known, in their order. */
  readonly types: number[] = [];
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  readonly #bytes: Uint8Array;
  /** There is one that is not known. */
  unknown = false;
  /** One has come twice. */
  repeated = false;
  /** The type of the last one, known or not; -1: there is none. */
  last = -1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads the whole list. An alert, or FINE. */
  decode(list: Reader): number {
    const start = list.at;
    let alert = FINE;
    while (list.left > 0 && alert === FINE && !this.repeated) {
      const type = list.u16();
      const length = list.u16();
      const offset = list.skip(length);
      if (offset < 0) alert = DECODE_ERROR;
      else if (SEEN.mark(type)) this.repeated = true;
      else this.#add(type, offset, length);
    }
    if (list.failed || this.repeated) alert = DECODE_ERROR;
    this.#unmark(start, list.end);
    return alert;
  }

  has(type: number): boolean {
    return this.#find(type) >= 0;
  }

  /** What the extension holds; an empty Reader when it is not there. */
  reader(type: number): Reader {
    const index = this.#find(type);
    if (index < 0) return new Reader(this.#bytes, 0, 0);
    return new Reader(this.#bytes, this.#offsets[index]!, this.#lengths[index]!);
  }

  #find(type: number): number {
    for (let i = 0; i < this.types.length; i++) if (this.types[i]! === type) return i;
    return -1;
  }

  #add(type: number, offset: number, length: number): void {
    this.last = type;
    if (!isKnown(type)) {
      this.unknown = true;
      return;
    }
    this.types.push(type);
    this.#offsets.push(offset);
    this.#lengths.push(length);
  }

  #unmark(start: number, end: number): void {
    const list = new Reader(this.#bytes, start, end - start);
    while (list.left > 0) {
      SEEN.unmark(list.u16());
      list.skip(list.u16());
    }
  }
}

function isKnown(type: number): boolean {
  for (let i = 0; i < KNOWN.length; i++) if (KNOWN[i]! === type) return true;
  return false;
}
