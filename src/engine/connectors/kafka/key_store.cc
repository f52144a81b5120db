#include "engine/connectors/kafka/key_store.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "base/files.h"
#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

struct Entries {
  std::vector<X509Ptr> trusted;
  KeyPtr key;
  std::vector<X509Ptr> chain;
};

Error Unreadable(const std::string& path, const std::string& why) {
  return Error(ErrorCode::kOption, "The key store " + path + " cannot be read: " + why);
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(const std::vector<X509Ptr>& certificates) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  for (const X509Ptr& c : certificates) PEM_write_bio_X509(bio.get(), c.get());
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio.get());
}

X509Ptr CertificateOf(std::string_view der) {
  const auto* p = reinterpret_cast<const unsigned char*>(der.data());
  return X509Ptr(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
}

std::string Sha1(const std::string& bytes) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return std::string(reinterpret_cast<char*>(digest), sizeof(digest));
}

/// Java's passwords are hashed as UTF-16.
std::string WidePassword(const std::string& password) {
  std::string wide;
  for (const char c : password) {
    wide.push_back('\0');
    wide.push_back(c);
  }
  return wide;
}

/// Sun's key protector: the key is masked with a chain of SHA-1 digests over password and salt, and checked by one
/// more. Empty if the password is wrong.
std::string Unmask(std::string_view secret, const std::string& password) {
  constexpr size_t kDigest = SHA_DIGEST_LENGTH;
  if (secret.size() < 2 * kDigest) return {};
  const std::string wide = WidePassword(password);
  std::string mask(secret.substr(0, kDigest)), plain;
  const std::string_view masked = secret.substr(kDigest, secret.size() - 2 * kDigest);
  for (size_t i = 0; i < masked.size(); ++i) {
    if (i % kDigest == 0) mask = Sha1(wide + mask);
    plain.push_back(static_cast<char>(masked[i] ^ mask[i % kDigest]));
  }
  return Sha1(wide + plain) == secret.substr(secret.size() - kDigest) ? plain : std::string();
}

Result<KeyPtr> ProtectedKey(const std::string& path, const std::string& der, const std::string& password) {
  const auto* p = reinterpret_cast<const unsigned char*>(der.data());
  X509_SIG* sealed = d2i_X509_SIG(nullptr, &p, static_cast<long>(der.size()));
  if (sealed == nullptr) return Unreadable(path, "a key entry is malformed.");
  const ASN1_OCTET_STRING* octets = nullptr;
  X509_SIG_get0(sealed, nullptr, &octets);
  const std::string plain = Unmask(
      {reinterpret_cast<const char*>(ASN1_STRING_get0_data(octets)), static_cast<size_t>(ASN1_STRING_length(octets))},
      password);
  X509_SIG_free(sealed);
  p = reinterpret_cast<const unsigned char*>(plain.data());
  KeyPtr key(plain.empty() ? nullptr : d2i_AutoPrivateKey(nullptr, &p, static_cast<long>(plain.size())));
  if (!key) return Unreadable(path, "the key's password is wrong.");
  return key;
}

Result<Entries> ReadJks(const std::string& path, std::string_view bytes, const std::string& key_password) {
  WireReader in(bytes.substr(4));
  const int32_t version = in.Int32();
  Entries out;
  auto certificate = [&](std::vector<X509Ptr>& to) {
    if (version == 2) (void)in.String();  // "X.509"
    X509Ptr c = CertificateOf(in.Bytes());
    if (c) to.push_back(std::move(c));
  };
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    const int32_t tag = in.Int32();
    (void)in.String();  // alias
    (void)in.Int64();   // date
    if (tag == 2) {
      certificate(out.trusted);
    } else if (tag == 1) {
      const std::string der = in.Bytes();
      std::vector<X509Ptr> chain;
      for (int32_t k = in.Int32(); k > 0 && in.ok(); --k) certificate(chain);
      if (out.key || key_password.empty()) continue;
      SLUICE_ASSIGN_OR_RETURN(out.key, ProtectedKey(path, der, key_password));
      out.chain = std::move(chain);
    } else {
      return Unreadable(path, "it has an entry of an unknown kind.");
    }
  }
  if (!in.ok()) return Unreadable(path, "it is cut off.");
  return out;
}

Result<Entries> ReadPkcs12(const std::string& path, std::string_view bytes, const std::string& password) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  std::unique_ptr<PKCS12, Freed<PKCS12, PKCS12_free>> store(d2i_PKCS12(nullptr, &p, static_cast<long>(bytes.size())));
  if (!store) return Unreadable(path, "it is neither JKS, PKCS12 nor PEM.");
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(store.get(), password.c_str(), &key, &own, &others) != 1) {
    return Unreadable(path, "the password is wrong.");
  }
  Entries out;
  out.key.reset(key);
  if (own != nullptr) out.chain.emplace_back(own);
  while (others != nullptr && sk_X509_num(others) > 0) {
    X509Ptr c(sk_X509_shift(others));
    (out.key ? out.chain : out.trusted).push_back(std::move(c));
  }
  sk_X509_free(others);
  return out;
}

Result<Entries> ReadStore(const std::string& path, const std::string& bytes, const std::string& password,
                          const std::string& key_password) {
  if (bytes.starts_with("\xFE\xED\xFE\xED")) return ReadJks(path, bytes, key_password);
  return ReadPkcs12(path, bytes, password);
}

bool IsPem(const std::string& bytes) { return bytes.find("-----BEGIN ") != std::string::npos; }

}  // namespace

Result<std::string> ReadTrustStore(const std::string& path, const std::string& password) {
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  if (IsPem(bytes)) return bytes;
  SLUICE_ASSIGN_OR_RETURN(const Entries entries, ReadStore(path, bytes, password, ""));
  const auto& certificates = entries.trusted.empty() ? entries.chain : entries.trusted;
  if (certificates.empty()) return Unreadable(path, "it holds no certificates.");
  return PemOf(certificates);
}

Result<StoredKey> ReadKeyStore(const std::string& path, const std::string& password, const std::string& key_password) {
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  if (IsPem(bytes)) return StoredKey{bytes, bytes};
  SLUICE_ASSIGN_OR_RETURN(const Entries entries,
                          ReadStore(path, bytes, password, key_password.empty() ? password : key_password));
  if (!entries.key) return Unreadable(path, "it holds no private key.");
  return StoredKey{PemOf(entries.key.get()), PemOf(entries.chain)};
}

}  // namespace sluice::engine::kafka
