// Every number that bounds TLS.

import { MILLISECOND, SECOND } from "../base/result.ts";

// ---- Records (RFC 8446 5) ----

export const RECORD_HEADER = 5;
/** Content of a record. */
export const MOST_CONTENT = 16_384;
/** TLSCiphertext.length: content, its type, padding, and 255 bytes of expansion (5.2). */
export const MOST_SEALED = MOST_CONTENT + 256;
/** What lies unopened in a stream at most: one record. */
export const RECORD_ROOM = RECORD_HEADER + MOST_SEALED;
/** A sealed record is longer than its content by its header, the content's type and a tag. */
export const SEALED_OVERHEAD = RECORD_HEADER + 1 + 16;
/** RFC 8449 4. */
export const LEAST_RECORD_SIZE_LIMIT = 64;

/** Records sealed or opened under one key, of the 2^24.5 that RFC 8446 5.5 gives AES-GCM, before we change ours. */
export const KEY_RECORDS = 0x1000000;

// ---- What a peer may send for nothing ----

/** Records without content in a row, change_cipher_spec included. */
export const MOST_EMPTY_RECORDS = 32;
/** KeyUpdates without data between them. */
export const MOST_KEY_UPDATES = 32;
/** user_canceled alerts, and others that mean nothing. */
export const MOST_WARNINGS = 4;
/** Bytes of early data as they are in records, their headers not counted, that are skipped though nobody has allowed any. */
export const MOST_SKIPPED = 16_384;

// ---- Handshake messages ----

/** A ClientHello: header and fixed fields, 64 KB of suites, 64 KB of extensions. The protocol has no longer ones. */
export const MOST_CLIENT_HELLO = 131_072 + 512;
/** A server's Certificate. */
export const MOST_CERTIFICATE = 131_072;
/** More than a hello of today's clients holds, a hybrid's share in it. */
export const LARGE_MESSAGE = 4096;
export const MOST_FINISHED = 4 + 48;
export const KEY_UPDATE_LENGTH = 5;
/** Any other message. */
export const MOST_MESSAGE = 20_000;
/** A NewSessionTicket: a ticket of 64 KB and all else that it may have. */
export const MOST_TICKET_MESSAGE = 140_000;
/** Certificates of a chain that are looked at. */
export const MOST_CERTIFICATES = 32;

// ---- Tickets (4.6.1) ----

/** A ticket lives this long, and so does the key that made it after it made its last. */
export const TICKET_LIFETIME = 86_400 * SECOND;
/** What the RFC allows, and a client believes. */
export const MOST_TICKET_LIFETIME = 604_800 * SECOND;
/** Tickets after a full handshake, and after a resumed one. */
export const TICKETS_FULL = 2;
export const TICKETS_RESUMED = 1;
/** Of our own making. */
export const MOST_TICKET = 512;
/** Identities in a ClientHello of which we try to open the ticket. */
export const MOST_IDENTITIES = 4;
/** Tickets that a client keeps of one connection. */
export const MOST_SESSIONS = 4;

// ---- Cookies ----

/** How long a client may take for its second ClientHello. */
export const COOKIE_LIFETIME = 30 * SECOND;

// ---- Streams ----

/** What a TlsStreams may use and how long it waits. */
export class TlsLimits {
  /** Connections in any state. */
  connections = 1024;
  /** Handshakes in progress; beyond it the oldest gives way. */
  handshakes = 256;
  /** Handshakes in progress from which on a cookie is asked for before any key is used. */
  loaded = 64;
  handshakeTime = 10 * SECOND;
  /** Bytes of messages that have not come whole, over all streams; beyond it none may hold more than LARGE_MESSAGE. */
  handshakeMemory = 1024 * 1024;
  /** Ranges that one connection may have queued. */
  sendRanges = 64;
  /** How long we listen after an alert of ours, so that a reset does not overtake it. */
  drainTime = 2 * SECOND;
  /** How long a connection whose user has let go may go on without having moved `orphanBytes`. */
  orphanTime = 60 * SECOND;
  orphanBytes = 61_440;
  /** How long a connection with nothing under way waits for memory to seal into, before it is reset. */
  starvingTime = 10 * SECOND;
}

/** How soon it is tried again, if nothing has us called before. */
export const STARVING_PAUSE = 10 * MILLISECOND;

/** Bytes sealed in one go, at most: four full records. */
export const MOST_AHEAD = 4 * MOST_CONTENT;
/** Content of the first records of an answer: with its overhead one segment, so that it can be shown when that arrives. */
export const SMALL_RECORD = 1300;
/** Bytes that leave in small records after a pause. */
export const SMALL_RECORDS_BYTES = 16_384;
/** A pause: nothing sent for so long, and the next bytes leave in small records. */
export const IDLE = SECOND;
