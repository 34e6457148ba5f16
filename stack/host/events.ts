// What the host tells the edge. The queue is read one event at a time through the seam: numbers and strings only.

/** The queue is empty. */
export const EVENT_NONE = 0;
/** The host has an address (first, or a new one): text = address. */
export const EVENT_CONFIGURED = 1;
/** The address is gone: text = why, in words. */
export const EVENT_ADDRESS_LOST = 2;
/** Something the person at the console should know: text. */
export const EVENT_NOTICE = 3;
/** A connect has succeeded: handle. */
export const EVENT_CONNECTED = 4;
/** Bytes or the end of the stream can be read: handle. */
export const EVENT_READABLE = 5;
/** Queued bytes were acknowledged: handle. */
export const EVENT_SENT = 6;
/** The stream is gone: handle, number = CLOSED_*, text: what TLS has to say about it. */
export const EVENT_CLOSED = 7;
/** An answer of the resolver: handle = token, number = RESOLVE_*; addresses by resolvedCount, resolvedAddress. */
export const EVENT_RESOLVED = 8;
/** A request that the ready table did not answer, its body still to come: handle = exchange. */
export const EVENT_REQUEST = 9;
/** One answered request in words, when access lines were asked for: text. */
export const EVENT_ACCESS = 10;
/** There is more of a request's body, or its end, or the exchange is over: handle = exchange. */
export const EVENT_BODY = 11;
/** An answer about the time: handle = token, number = 0 or TIME_ of ntp/machine.ts; the time itself by toldOffset and toldError. */
export const EVENT_TIME = 12;

/** Somebody wants the machine to end: number = WISH_ of attendant.ts, text = who. */
export const EVENT_POWER = 13;

/** This machine is a copy of another, or was set back to what it was: secrets below the seam are others. */
export const EVENT_COPIED = 14;

export const RESOLVE_DONE = 0;
export const RESOLVE_NO_SUCH_NAME = 1;
export const RESOLVE_NO_ANSWER = 2;
export const RESOLVE_NO_RESOLVER = 3;
export const RESOLVE_BAD_NAME = 4;
export const RESOLVE_SERVER_REFUSED = 5;
export const RESOLVE_SERVER_FAILED = 6;
/** The name exists and has no address of the family asked for. */
export const RESOLVE_NO_ADDRESS = 7;
