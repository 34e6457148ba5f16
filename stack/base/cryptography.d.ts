/// <reference path="./native.d.ts" />
// What of AWS-LC the data path may call: the cryptographic primitives of TLS 1.3 (RFC 8446) and of certificates, each on
// whole buffers. A page of natives like native.d.ts, which says how these are read. On Node they are node:crypto's
// (image/cryptography-node.ts).
//
// Outputs are arrays of the caller's; secrets are wiped by who holds them. Nothing here branches on a secret or keeps a
// state of its own. Randomness is an argument, but for that within a signature (ECDSA's nonce, the salt of PSS, RSA's
// blinding), which comes from the entropy pool: without entropy there is no signature.
//
// A state (of a hash, of a cipher) lies in an array of the caller's: it is given to these functions whole, never copied.

type Uint8 = Whole<0, 0xff>;
/** 0: SHA-256, 1: SHA-384. */
type HashAlgorithm = Whole<0, 1>;
/** By its code point (RFC 8446 B.4): 0x1301 AES-128-GCM, 0x1302 AES-256-GCM, 0x1303 ChaCha20-Poly1305. */
type CipherSuite = Whole<0x1301, 0x1303>;
/** By its code point (RFC 8446 4.2.7): 0x0017 P-256, 0x0018 P-384, 0x001d X25519, 0x11ec X25519MLKEM768. */
type Group = Uint16;
/** By its code point (RFC 8446 4.2.3), and see nativeVerify. */
type Scheme = Uint16;
/** From here to the end of the array. */
type Rest = number;

// ---- Hash, HMAC, HKDF --------------------------------------------------------------------------------------------

/**
 * Begins a hash in progress.
 * @least state 224
 */
declare function nativeHashInit(algorithm: HashAlgorithm, state: Uint8Array): void;
/** @least state 224 */
declare function nativeHashUpdate(
  algorithm: HashAlgorithm,
  state: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void;
/**
 * The hash of what came so far, 32 or 48 bytes from `digestOffset` on; the state goes on.
 * @least state 224
 */
declare function nativeHashPeek(
  algorithm: HashAlgorithm,
  state: Uint8Array,
  digest: Uint8Array,
  digestOffset: Field<48>,
): void;
/**
 * HMAC (RFC 2104) of the range, 32 or 48 bytes.
 * @least digest 48
 */
declare function nativeHmac(
  algorithm: HashAlgorithm,
  key: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  length: number,
  digest: Uint8Array,
): void;
/**
 * HKDF-Extract (RFC 5869 2.2), 32 or 48 bytes. `secret` may be `salt` or `input`.
 * @least secret 48
 */
declare function nativeHkdfExtract(
  algorithm: HashAlgorithm,
  salt: Uint8Array,
  input: Uint8Array,
  secret: Uint8Array,
): void;
/**
 * HKDF-Expand-Label (RFC 8446 7.1): fills all of `into`, which has 255 bytes at the most. `label` is without its "tls13 ",
 * 249 bytes at the most; `context` has 255 at the most; the secret is its first 32 or 48 bytes. None of them is `into`.
 * @least secret 48
 */
declare function nativeHkdfExpandLabel(
  algorithm: HashAlgorithm,
  secret: Uint8Array,
  label: Uint8Array,
  context: Uint8Array,
  into: Uint8Array,
): void;

// ---- Records -----------------------------------------------------------------------------------------------------

/**
 * A cipher in `state`. AES-128 takes the first 16 bytes of the key.
 * @least state 640
 * @least key 32
 */
declare function nativeAeadInit(suite: CipherSuite, state: Uint8Array, key: Uint8Array): void;
/**
 * Seals the range as a run of records (RFC 8446 5.2): `fragment` bytes of content in each but the last, of this content
 * type, without padding; nothing makes one empty record. `sequence` is the number of the first one. Returns how many
 * bytes were written: 22 for each record (header, type, tag) and the content; 0, and nothing written, when the rest of
 * `into` has no room for them. It must not overlap the range.
 * @least state 640
 * @least iv 12
 */
declare function nativeSeal(
  state: Uint8Array,
  iv: Uint8Array,
  sequence: Uint53,
  contentType: Uint8,
  fragment: Whole<1, 16384>,
  bytes: Uint8Array,
  offset: number,
  length: number,
  into: Uint8Array,
  intoOffset: Rest,
): number;
/**
 * Opens one record, in place: the range is a whole TLSCiphertext, its header included. The content then begins at
 * `offset + 5`. Returns its length * 256 + its type (the padding is gone), -1: not authentic, or too short to be (what the
 * range holds is then undefined), -2: authentic, but without a type. Whether the header says what it should, and whether
 * the content is too long, is the caller's to judge.
 * @least state 640
 * @least iv 12
 */
declare function nativeOpen(
  state: Uint8Array,
  iv: Uint8Array,
  sequence: Uint53,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number;
/** Whether AES and carry-less multiplication are in hardware. */
declare function nativeHasAes(): boolean;

// ---- Key agreement -----------------------------------------------------------------------------------------------

/**
 * A pair of keys out of `random`: the secret one, in a form of our own, and the share that is sent. Of `random` X25519
 * takes the first 32 bytes; P-256 and P-384 the first 32 or 48, or the next ones when those are no scalar (FIPS 186-5
 * A.2.2); X25519MLKEM768 takes d and z (FIPS 203 algorithm 16), 64 bytes, then the 32 of X25519. Returns the length of
 * the share: 32, 65, 97 or 1216; 0: the group is not known.
 * @least random 128
 * @least secretKey 2500
 * @least share 1216
 */
declare function nativeKeyPair(group: Group, random: Uint8Array, secretKey: Uint8Array, share: Uint8Array): number;
/**
 * The secret shared between a pair of nativeKeyPair's and the share, in the range, of the other side. Returns its length:
 * 32, 48 or 64; 0: the share is not valid (RFC 8446 4.2.8.2 and 7.4.2; RFC 7748 6.1: all zeros), or the group not known.
 * @least secretKey 2500
 * @least shared 64
 */
declare function nativeAgree(
  group: Group,
  secretKey: Uint8Array,
  peer: Uint8Array,
  offset: number,
  length: number,
  shared: Uint8Array,
): number;
/**
 * The side that answers a share, in the range: its own share, and the secret. `random` is as for nativeKeyPair, but
 * X25519MLKEM768 takes m (FIPS 203 algorithm 17), 32 bytes, then the 32 of X25519; on Node m is node:crypto's own.
 * Returns the length of the share (32, 65, 97 or 1120) * 256 + that of the secret (32, 48 or 64); 0: as nativeAgree, or
 * an encapsulation key with coefficients that are not reduced (FIPS 203 7.2).
 * @least random 128
 * @least share 1216
 * @least shared 64
 */
declare function nativeEncapsulate(
  group: Group,
  random: Uint8Array,
  peer: Uint8Array,
  offset: number,
  length: number,
  share: Uint8Array,
  shared: Uint8Array,
): number;

// ---- Signatures --------------------------------------------------------------------------------------------------

/**
 * Signs the message, hashed as the scheme says: 0x0403, 0x0503 (ECDSA; `key` is the scalar, 32 or 48 bytes), 0x0807
 * (Ed25519; the seed, 32 bytes), 0x0804 to 0x0806 and 0x0401, 0x0501, 0x0601 (RSA of 2048 to 8192 bits, PSS and PKCS#1
 * v1.5; an RSAPrivateKey, RFC 8017 A.1.2, as DER). Returns the length of the signature (ECDSA's as DER); 0: the key is
 * not one for the scheme, the scheme is not known, or there is no entropy yet.
 * @least signature 1024
 */
declare function nativeSign(scheme: Scheme, key: Uint8Array, message: Uint8Array, signature: Uint8Array): number;
/**
 * Whether the signature is that of the message by the private key of `key`, which is an uncompressed point, the 32 bytes
 * of Ed25519 or an RSAPublicKey (RFC 8017 A.1.1) as DER: of 2048 to 8192 bits, the exponent odd and from 3 to 2^33.
 * Schemes are those of nativeSign and, for certificates, ECDSA where TLS would join curve and hash otherwise: 0xfe03 P-256
 * with SHA-384, 0xfe04 P-384 with SHA-256, 0xfe05 P-256 with SHA-512, 0xfe06 P-384 with SHA-512.
 */
declare function nativeVerify(
  scheme: Scheme,
  key: Uint8Array,
  message: Uint8Array,
  offset: number,
  length: number,
  signature: Uint8Array,
  signatureOffset: number,
  signatureLength: number,
): boolean;
/**
 * The public key, as nativeVerify takes it, of a private one, as nativeSign does; any scheme of its kind will do. Returns
 * its length; 0: not a valid key.
 * @least publicKey 1100
 */
declare function nativePublicKey(scheme: Scheme, key: Uint8Array, publicKey: Uint8Array): number;
