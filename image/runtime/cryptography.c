/* The natives of stack/base/cryptography.d.ts: AWS-LC behind that page. The prototypes are generated from it, so these
 * functions are what it says, and their arguments have been checked as it says. Only plain entry points are called (no
 * EVP_PKEY): each brings along no more than its own algorithm. Allocations never fail: the heap ends the machine first. */
#include "platform.h"
#include "cryptography-natives.h"
#include <openssl/curve25519.h>
#include <openssl/kdf.h>
#include <openssl/ml_kem.h>
#include <openssl/rand.h>
#include <openssl/x509.h> /* for those of digests, AEADs, curves and RSA; nothing of X.509 is called */
#include <string.h>

/* ---- Randomness: the entropy pool stands in for AWS-LC's own generator, which is not linked. One that were kept here
 * would be the same in two machines resumed from one snapshot; the pool stirs in what they do not share. ---- */

int RAND_bytes(uint8_t *into, size_t length) { return platform_random(into, length); }
/* For the nonces of ECDSA: `additional` is a hash of the key and of what is signed. */
int RAND_bytes_with_user_prediction_resistance(uint8_t *into, size_t length, const uint8_t additional[32]) {
  platform_add_entropy(additional, 32, 0);
  return platform_random(into, length);
}

/* ---- Hash, HMAC, HKDF: a state lies in its array where it is aligned, for which the page asks room ---- */

#define STATE(type, array) ((type *)(((uintptr_t)(array) + 7) & ~(uintptr_t)7))
_Static_assert(sizeof(SHA512_CTX) + 7 <= 224 && sizeof(EVP_AEAD_CTX) + 7 <= 640, "as the page says");

static const EVP_MD *md(int wide) { return wide ? EVP_sha384() : EVP_sha256(); }
void native_hash_init(uint32_t wide, uint8_t *state) {
  wide ? SHA384_Init(STATE(SHA512_CTX, state)) : SHA256_Init(STATE(SHA256_CTX, state));
}
void native_hash_update(uint32_t wide, uint8_t *state, uint8_t *in, size_t length) {
  wide ? SHA384_Update(STATE(SHA512_CTX, state), in, length) : SHA256_Update(STATE(SHA256_CTX, state), in, length);
}
void native_hash_peek(uint32_t wide, uint8_t *state, uint8_t *digest) {
  SHA512_CTX copy;
  memcpy(&copy, STATE(SHA512_CTX, state), wide ? sizeof copy : sizeof(SHA256_CTX));
  wide ? SHA384_Final(digest, &copy) : SHA256_Final(digest, (SHA256_CTX *)&copy);
}

void native_hmac(uint32_t wide, uint8_t *key, size_t key_size, uint8_t *bytes, size_t length, uint8_t *digest) {
  unsigned size;
  HMAC(md(wide), key, key_size, bytes, length, digest, &size);
}
void native_hkdf_extract(uint32_t, uint8_t *salt, size_t, uint8_t *input, size_t, uint8_t *secret)
    __attribute__((alias("native_hmac")));
void native_hkdf_expand_label(uint32_t wide, uint8_t *secret, uint8_t *label, size_t label_size, uint8_t *context,
                              size_t context_size, uint8_t *into, size_t size) {
  int good = size < 256 &&
      CRYPTO_tls13_hkdf_expand_label(into, size, md(wide), secret, wide ? 48 : 32, label, label_size, context,
                                     context_size);
  if (!good) platform_panic("RangeError: a label, context or output of HKDF that is too long");
}

/* ---- Records (RFC 8446 5.2, 5.3) ---- */

enum { HEADER = 5, NONCE = 12, TAG = 16, OVERHEAD = HEADER + 1 + TAG };

void native_aead_init(uint32_t suite, uint8_t *state, uint8_t *key) {
  const EVP_AEAD *aead = suite == 0x1301 ? EVP_aead_aes_128_gcm() : EVP_aead_aes_256_gcm();
  if (suite == 0x1303) aead = EVP_aead_chacha20_poly1305();
  EVP_AEAD_CTX_init(STATE(EVP_AEAD_CTX, state), aead, key, EVP_AEAD_key_length(aead), TAG, NULL);
}

static void make_nonce(uint8_t *nonce, const uint8_t *iv, uint64_t sequence) {
  memcpy(nonce, iv, NONCE);
  for (int i = NONCE - 1; sequence; i--, sequence >>= 8) nonce[i] ^= (uint8_t)sequence;
}

long native_seal(uint8_t *state, uint8_t *iv, uint64_t sequence, uint32_t type, uint32_t fragment, uint8_t *bytes,
                 size_t length, uint8_t *into, size_t room) {
  size_t records = length ? (length + fragment - 1) / fragment : 1, part, tag;
  uint8_t *at = into, nonce[NONCE], inner = (uint8_t)type;
  if (length + records * OVERHEAD > room) return 0;
  for (; records; records--, bytes += part, length -= part, at += part + OVERHEAD) {
    part = length < fragment ? length : fragment;
    memcpy(at, (uint8_t[]){23, 3, 3, (uint8_t)((part + 1 + TAG) >> 8), (uint8_t)(part + 1 + TAG)}, HEADER);
    make_nonce(nonce, iv, sequence++);
    EVP_AEAD_CTX_seal_scatter(STATE(EVP_AEAD_CTX, state), at + HEADER, at + HEADER + part, &tag, 1 + TAG, nonce, NONCE,
                              bytes, part, &inner, 1, at, HEADER);
  }
  return at - into;
}

long native_open(uint8_t *state, uint8_t *iv, uint64_t sequence, uint8_t *bytes, size_t length) {
  uint8_t nonce[NONCE], *inner = bytes + HEADER;
  size_t n;
  make_nonce(nonce, iv, sequence);
  if (length < OVERHEAD ||
      !EVP_AEAD_CTX_open(STATE(EVP_AEAD_CTX, state), inner, &n, length - HEADER, nonce, NONCE, inner, length - HEADER,
                         bytes, HEADER))
    return -1;
  while (n && !inner[n - 1]) n--;
  return n ? (long)(n - 1) * 256 + inner[n - 1] : -2;
}

int native_has_aes(void) { return EVP_has_aes_hardware(); }

/* ---- Curves of the NIST, by the size of their field: 32 or 48 ---- */

/* A key by its scalar, which is as long as the field, or by its point; NULL when that is none of the curve's. */
static EC_KEY *ec_key(size_t field, const uint8_t *bytes, size_t size) {
  const EC_GROUP *group = field == 32 ? EC_group_p256() : field == 48 ? EC_group_p384() : NULL;
  if (!group) return NULL;
  EC_KEY *key = EC_KEY_new();
  EC_POINT *point = EC_POINT_new(group);
  BIGNUM *scalar = BN_bin2bn(bytes, size, NULL);
  int good = EC_KEY_set_group(key, group) && (size == field || (size && *bytes == POINT_CONVERSION_UNCOMPRESSED));
  if (size == field) good = EC_KEY_set_private_key(key, scalar);
  else good = good && EC_POINT_oct2point(group, point, bytes, size, NULL) && EC_KEY_set_public_key(key, point);
  BN_clear_free(scalar);
  EC_POINT_free(point);
  if (good) return key;
  EC_KEY_free(key);
  return NULL;
}

/* The point of a scalar; its length, 0 when that is none. */
static long ec_public(size_t field, const uint8_t *scalar, uint8_t *into) {
  EC_KEY *key = ec_key(field, scalar, field);
  if (!key) return 0;
  const EC_GROUP *group = EC_KEY_get0_group(key);
  EC_POINT *point = EC_POINT_new(group);
  EC_POINT_mul(group, point, EC_KEY_get0_private_key(key), NULL, NULL, NULL);
  EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, into, 1 + 2 * field, NULL);
  EC_POINT_free(point);
  EC_KEY_free(key);
  return 1 + 2 * (long)field;
}

/* ---- Key agreement. FIPS 203 names keys and ciphertext; of these functions 0 is success, and sizes go in and out. ---- */

enum { X25519_GROUP = 0x1d, HYBRID = 0x11ec, SEED = 64, EK = 1184, DK = 2400, C = 1088 };
/* 0 for what is not a curve of the NIST. */
static size_t field_of(uint32_t group) { return group == 0x17 ? 32 : group == 0x18 ? 48 : 0; }

long native_key_pair(uint32_t group, uint8_t *random, uint8_t *secret, uint8_t *share) {
  size_t field = field_of(group), key_size = EK, secret_size = DK;
  for (size_t at = 0; field && at + field <= 128; at += field)
    if (ec_public(field, memcpy(secret, random + at, field), share)) return 1 + 2 * (long)field;
  if (group == HYBRID) {
    ml_kem_768_keypair_deterministic(share, &key_size, secret, &secret_size, random);
    return EK + native_key_pair(X25519_GROUP, random + SEED, secret + DK, share + EK);
  }
  if (group != X25519_GROUP) return 0;
  X25519_public_from_private(share, memcpy(secret, random, 32));
  return 32;
}

long native_agree(uint32_t group, uint8_t *secret, uint8_t *peer, size_t length, uint8_t *shared) {
  size_t field = field_of(group), size = 32;
  EC_KEY *own = ec_key(field, secret, field), *other = length > field ? ec_key(field, peer, length) : NULL;
  long made = own && other ? ECDH_compute_key(shared, field, EC_KEY_get0_public_key(other), own, NULL) : 0;
  if (group == X25519_GROUP && length == 32) made = X25519(shared, secret, peer) ? 32 : 0;
  if (group == HYBRID && length == C + 32 && !ml_kem_768_decapsulate(shared, &size, peer, secret))
    made = X25519(shared + 32, secret + DK, peer + C) ? 64 : 0;
  EC_KEY_free(own);
  EC_KEY_free(other);
  return made > 0 ? made : 0;
}

long native_encapsulate(uint32_t group, uint8_t *random, uint8_t *peer, size_t size, uint8_t *share, uint8_t *shared) {
  uint8_t secret[48];
  size_t c_size = C, key_size = 32;
  if (group == HYBRID) {
    if (size != EK + 32 || ml_kem_768_encapsulate_deterministic(share, &c_size, shared, &key_size, peer, random))
      return 0;
    long rest = native_encapsulate(X25519_GROUP, random + 32, peer + EK, 32, share + C, shared + 32);
    return rest ? rest + C * 256 + 32 : 0;
  }
  long own = native_key_pair(group, random, secret, share);
  long made = own ? native_agree(group, secret, peer, size, shared) : 0;
  OPENSSL_cleanse(secret, sizeof secret);
  return made ? own * 256 + made : 0;
}

/* ---- Signatures ---- */

enum { PSS = 1, PKCS1, ED25519, VERIFIES_ONLY = 0xfe00 };
static const struct scheme {
  uint32_t code, kind; /* of ECDSA the size of its field */
  const EVP_MD *(*md)(void);
} schemes[] = {{0x0403, 32, EVP_sha256},      {0xfe03, 32, EVP_sha384},    {0xfe05, 32, EVP_sha512},
               {0x0503, 48, EVP_sha384},      {0xfe04, 48, EVP_sha256},    {0xfe06, 48, EVP_sha512},
               {0x0804, PSS, EVP_sha256},     {0x0805, PSS, EVP_sha384},   {0x0806, PSS, EVP_sha512},
               {0x0401, PKCS1, EVP_sha256},   {0x0501, PKCS1, EVP_sha384}, {0x0601, PKCS1, EVP_sha512},
               {0x0807, ED25519, EVP_sha512}, {0, 0, EVP_sha256}};

/* The last one, of no kind, when it is not known. */
static const struct scheme *find(uint32_t code) {
  const struct scheme *s = schemes;
  while (s->code && s->code != code) s++;
  return s;
}

static int is_rsa(const struct scheme *s) { return s->kind == PSS || s->kind == PKCS1; }
/* NULL when it is none, or not of a size that we take. */
static RSA *rsa_key(RSA *read(const uint8_t *, size_t), const uint8_t *bytes, size_t size) {
  RSA *key = read(bytes, size);
  if (key && RSA_bits(key) >= 2048 && RSA_bits(key) <= 8192) return key;
  RSA_free(key);
  return NULL;
}

/* The last one is kept: to read, check and blind it costs as much as to sign by it. */
static RSA *rsa_private(const uint8_t *bytes, size_t size) {
  static RSA *kept;
  static uint8_t kept_hash[SHA256_DIGEST_LENGTH];
  uint8_t hash[SHA256_DIGEST_LENGTH];
  if (kept && !memcmp(SHA256(bytes, size, hash), kept_hash, sizeof hash)) return kept;
  RSA_free(kept);
  SHA256(bytes, size, kept_hash);
  return kept = rsa_key(RSA_private_key_from_bytes, bytes, size);
}

long native_sign(uint32_t code, uint8_t *key, size_t key_size, uint8_t *message, size_t size, uint8_t *signature) {
  uint8_t digest[EVP_MAX_MD_SIZE], pair[ED25519_PRIVATE_KEY_LEN];
  const struct scheme *s = find(code < VERIFIES_ONLY && platform_random(digest, 1) ? code : 0);
  EC_KEY *ec = key_size == s->kind ? ec_key(s->kind, key, key_size) : NULL;
  RSA *rsa = is_rsa(s) ? rsa_private(key, key_size) : NULL;
  unsigned digest_size, length = 0;
  size_t made = 0;
  EVP_Digest(message, size, digest, &digest_size, s->md(), NULL);
  if (ec) ECDSA_sign(0, digest, digest_size, signature, &length, ec);
  if (rsa && s->kind == PKCS1) RSA_sign(EVP_MD_type(s->md()), digest, digest_size, signature, &length, rsa);
  if (rsa && s->kind == PSS) RSA_sign_pss_mgf1(rsa, &made, signature, 1024, digest, digest_size, s->md(), s->md(), -1);
  if (s->kind == ED25519 && key_size == ED25519_SEED_LEN) {
    ED25519_keypair_from_seed(digest, pair, key);
    length = ED25519_sign(signature, message, size, pair) * ED25519_SIGNATURE_LEN;
    OPENSSL_cleanse(pair, sizeof pair);
  }
  EC_KEY_free(ec);
  return (long)made + length;
}

int native_verify(uint32_t code, uint8_t *key, size_t key_size, uint8_t *message, size_t size, uint8_t *signature,
                  size_t length) {
  const struct scheme *s = find(code);
  EC_KEY *ec = key_size != s->kind ? ec_key(s->kind, key, key_size) : NULL;
  RSA *rsa = is_rsa(s) ? rsa_key(RSA_public_key_from_bytes, key, key_size) : NULL;
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned n;
  EVP_Digest(message, size, digest, &n, s->md(), NULL);
  int good = ec && ECDSA_verify(0, digest, n, signature, length, ec);
  if (rsa && s->kind == PKCS1) good = RSA_verify(EVP_MD_type(s->md()), digest, n, signature, length, rsa);
  if (rsa && s->kind == PSS) good = RSA_verify_pss_mgf1(rsa, digest, n, s->md(), s->md(), -1, signature, length);
  if (s->kind == ED25519 && key_size == ED25519_PUBLIC_KEY_LEN && length == ED25519_SIGNATURE_LEN)
    good = ED25519_verify(message, size, signature, key);
  EC_KEY_free(ec);
  RSA_free(rsa);
  return good;
}

long native_public_key(uint32_t code, uint8_t *key, size_t key_size, uint8_t *into) {
  const struct scheme *s = find(code);
  uint8_t pair[ED25519_PRIVATE_KEY_LEN];
  size_t length = 0;
  CBB writer;
  RSA *rsa = is_rsa(s) ? rsa_private(key, key_size) : NULL;
  if (rsa && CBB_init_fixed(&writer, into, 1100) && RSA_marshal_public_key(&writer, rsa))
    CBB_finish(&writer, NULL, &length);
  if (s->kind == key_size) return ec_public(key_size, key, into);
  if (s->kind != ED25519 || key_size != ED25519_SEED_LEN) return (long)length;
  ED25519_keypair_from_seed(into, pair, key);
  OPENSSL_cleanse(pair, sizeof pair);
  return ED25519_PUBLIC_KEY_LEN;
}
