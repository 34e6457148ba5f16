// A certificate (RFC 5280 4.1) as ranges in the bytes that it came in: `Begin` and `End` are offsets, 0 and 0 what is not
// there. It says what is written, whether or not it may be believed: that a key is known, a name matches or an extension
// may be critical is for path.ts. A trust anchor has the same form; of what is not kept of it, the fields say "no limit".

export class Certificate {
  bytes: Uint8Array = NO_BYTES;
  begin = 0;
  end = 0;
  /** 1 to 3. */
  version = 0;
  /** TBSCertificate, header included: what is signed. */
  tbsBegin = 0;
  tbsEnd = 0;
  /** The content of the number. */
  serialBegin = 0;
  serialEnd = 0;
  /** Names with their headers, so that two are equal when their bytes are. */
  issuerBegin = 0;
  issuerEnd = 0;
  subjectBegin = 0;
  subjectEnd = 0;
  /** Seconds since 1970, negative before; both are part of the time in which it is valid. */
  notBefore = 0;
  notAfter = 0;
  /** SubjectPublicKeyInfo, header included: what a pin is the hash of. */
  keyInfoBegin = 0;
  keyInfoEnd = 0;
  /** KEY_*, and the key in the form of nativeVerify. */
  keyFamily = 0;
  keyBegin = 0;
  keyEnd = 0;
  /** SIGNED_*. */
  signed = 0;
  signatureBegin = 0;
  signatureEnd = 0;

  // Extensions.

  /** Whether there are basic constraints; then `authority` and, or -1, the path length. */
  constrained = false;
  authority = false;
  pathLength = -1;
  /** KEY_USAGE_*, -1: anything. */
  keyUsage = -1;
  /** USAGE_*. */
  extendedUsage = 0;
  /** GeneralNames (4.2.1.6): its elements. */
  namesBegin = 0;
  namesEnd = 0;
  /** NameConstraints (4.2.1.10), header included. */
  constraintsBegin = 0;
  constraintsEnd = 0;
  /** Key identifiers (4.2.1.1, 4.2.1.2). */
  subjectKeyBegin = 0;
  subjectKeyEnd = 0;
  authorityKeyBegin = 0;
  authorityKeyEnd = 0;
  /** The OID of the first critical extension that is not understood. */
  criticalBegin = 0;
  criticalEnd = 0;
}

const NO_BYTES = new Uint8Array(0);

/** Bits of the first byte of KeyUsage (4.2.1.3). */
export const KEY_USAGE_SIGNATURE = 0x80;
export const KEY_USAGE_SIGNS_CERTIFICATES = 0x04;

/** Extended key usage: not limited; for servers; for something else. */
export const USAGE_ANY = 0;
export const USAGE_SERVER = 1;
export const USAGE_OTHER = 2;

// What decodeCertificate says of damage.
/** Not DER, or not of the shape of RFC 5280. */
export const DECODE_MALFORMED = 1;
/** Longer than CERTIFICATE_LIMIT. */
export const DECODE_TOO_LONG = 2;
export const DECODE_VERSION = 3;
/** The two names of the algorithm differ (4.1.1.2). */
export const DECODE_ALGORITHMS_DIFFER = 4;
export const DECODE_DATE = 5;
/** An extension that is read here is not of its shape, or holds what it may not. */
export const DECODE_EXTENSION = 6;
/** An extension comes twice (4.2). */
export const DECODE_EXTENSION_TWICE = 7;
/** More than EXTENSION_LIMIT. */
export const DECODE_TOO_MANY_EXTENSIONS = 8;
/** The number has more than 20 bytes, or is negative (4.1.2.2). */
export const DECODE_SERIAL = 9;
