// Code points of TLS 1.3 by the registries of RFC 8446 (and the RFCs named beside them). What is not here is skipped
// where the RFC lets a peer say more than we know, and refused elsewhere.

export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

// Content types of records (5.1).
export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

// Handshake messages (4).
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const NEW_SESSION_TICKET = 4;
export const END_OF_EARLY_DATA = 5;
export const ENCRYPTED_EXTENSIONS = 8;
export const CERTIFICATE = 11;
export const CERTIFICATE_REQUEST = 13;
export const CERTIFICATE_VERIFY = 15;
export const FINISHED = 20;
export const KEY_UPDATE = 24;
export const MESSAGE_HASH = 254;

// Extensions (4.2).
export const SERVER_NAME = 0;
export const MAX_FRAGMENT_LENGTH = 1;
export const STATUS_REQUEST = 5;
export const SUPPORTED_GROUPS = 10;
export const SIGNATURE_ALGORITHMS = 13;
export const USE_SRTP = 14;
export const HEARTBEAT = 15;
/** RFC 7301. */
export const ALPN = 16;
export const SIGNED_CERTIFICATE_TIMESTAMP = 18;
export const CLIENT_CERTIFICATE_TYPE = 19;
export const SERVER_CERTIFICATE_TYPE = 20;
/** RFC 7685. */
export const PADDING = 21;
/** RFC 8449. */
export const RECORD_SIZE_LIMIT = 28;
export const PRE_SHARED_KEY = 41;
export const EARLY_DATA = 42;
export const SUPPORTED_VERSIONS = 43;
export const COOKIE = 44;
export const PSK_KEY_EXCHANGE_MODES = 45;
export const CERTIFICATE_AUTHORITIES = 47;
export const OID_FILTERS = 48;
export const POST_HANDSHAKE_AUTH = 49;
export const SIGNATURE_ALGORITHMS_CERT = 50;
export const KEY_SHARE = 51;
/** RFC 9149. */
export const TICKET_FLAGS = 62;

// Cipher suites (B.4).
export const NO_SUITE = 0;
export const AES_128_GCM = 0x1301;
export const AES_256_GCM = 0x1302;
export const CHACHA20_POLY1305 = 0x1303;

// Groups (4.2.7; the hybrid: draft-ietf-tls-ecdhe-mlkem).
export const NO_GROUP = 0;
export const P256 = 0x0017;
export const P384 = 0x0018;
export const X25519 = 0x001d;
export const X25519_MLKEM768 = 0x11ec;

// Signature schemes (4.2.3).
export const RSA_PKCS1_SHA256 = 0x0401;
export const RSA_PKCS1_SHA384 = 0x0501;
export const RSA_PKCS1_SHA512 = 0x0601;
export const ECDSA_P256 = 0x0403;
export const ECDSA_P384 = 0x0503;
export const RSA_PSS_SHA256 = 0x0804;
export const RSA_PSS_SHA384 = 0x0805;
export const RSA_PSS_SHA512 = 0x0806;
export const ED25519 = 0x0807;

/** PskKeyExchangeMode (4.2.9). */
export const PSK_DHE_KE = 1;

/** KeyUpdateRequest (4.6.3). */
export const UPDATE_NOT_REQUESTED = 0;
export const UPDATE_REQUESTED = 1;

/** What a hash of the suite is to natives: SHA-256 or SHA-384. */
export function hashOf(suite: number): number {
  return suite === AES_256_GCM ? 1 : 0;
}

/** Bytes of its output. */
export function hashLength(algorithm: number): number {
  return algorithm === 0 ? 32 : 48;
}

export function isSuite(suite: number): boolean {
  return suite >= AES_128_GCM && suite <= CHACHA20_POLY1305;
}

/** Bytes of a client's share in the group (4.2.8.1, 4.2.8.2); 0: a group that is not spoken here. */
export function clientShareLength(group: number): number {
  if (group === X25519) return 32;
  if (group === P256) return 65;
  if (group === P384) return 97;
  return group === X25519_MLKEM768 ? 1216 : 0;
}

/** Random bytes that natives take at most for a pair of keys. */
export const PAIR_RANDOM = 128;
/** Room that natives want for the parts of a pair. */
export const SECRET_KEY_ROOM = 2500;
export const SHARE_ROOM = 1216;
export const SHARED_SECRET_ROOM = 64;

/** One of the values that mean nothing in any list (RFC 8701 2: 0x0a0a, 0x1a1a, ...), by a random byte. */
export function greaseOf(random: number): number {
  return 0x0101 * ((random & 0xf0) | 0x0a);
}
