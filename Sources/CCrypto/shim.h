#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// What Swift cannot call: macros, variadic functions and function types with macros in them.

/// A new EC key on P-256, or NULL.
static inline EVP_PKEY *cc_generate_p256(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

/// A new Ed25519 key, or NULL.
static inline EVP_PKEY *cc_generate_ed25519(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline int cc_no_passphrase(char *buffer, int size, int writing, void *context) {
  (void)buffer, (void)size, (void)writing, (void)context;
  return -1;
}

/// The private key of a PEM text, or NULL. Never asks for a passphrase on the terminal.
static inline EVP_PKEY *cc_read_private_pem(const void *text, int count) {
  BIO *bio = BIO_new_mem_buf(text, count);
  if (!bio) return NULL;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, cc_no_passphrase, NULL);
  BIO_free(bio);
  return key;
}

/// Writes an EC key as SEC1 PEM. The bytes written, or -1 when the buffer is too small or it failed.
static inline int cc_write_sec1_pem(const EVP_PKEY *key, char *buffer, int size) {
  // Memory that is wiped when it is freed.
  BIO *bio = BIO_new(BIO_s_secmem());
  if (!bio) return -1;
  int count = -1;
  if (PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL) == 1) {
    int pending = (int)BIO_pending(bio);
    if (pending <= size) count = BIO_read(bio, buffer, pending);
  }
  BIO_free(bio);
  return count;
}
