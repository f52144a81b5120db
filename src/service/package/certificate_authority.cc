#include "service/package/certificate_authority.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <memory>

#include "base/files.h"

namespace sluice::service {
namespace {

constexpr std::string_view kAwsDomains[] = {"amazonaws.com", "amazonaws.com.cn", "api.aws"};
constexpr long kLifetimeSeconds = 10L * 365 * 24 * 3600;
constexpr long kRenewSeconds = 30L * 24 * 3600;
constexpr long kClockSkewSeconds = 24 * 3600;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free>>;

Error Failed(const char* what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof(text));
  return Error(ErrorCode::kIo, fmt::format("the certificate authority: {}: {}", what, text));
}

std::string Content(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string Pem(const Certificate& certificate) {
  Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate.get());
  return Content(memory);
}

std::string Pem(const Key& key) {
  Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Content(memory);
}

Certificate ReadCertificate(const std::string& pem) {
  Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

Key ReadKey(const std::string& pem) {
  Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool SetSerial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

void SetName(X509_NAME* name, const char* text) {
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Sluice"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
}

/// A certificate without its extensions, and its key.
Certificate NewCertificate(const char* name, const Key& key) {
  Certificate out(X509_new());
  if (!out || !key) return nullptr;
  X509_set_version(out.get(), X509_VERSION_3);
  if (!SetSerial(out.get()) || X509_set_pubkey(out.get(), key.get()) != 1) return nullptr;
  SetName(X509_get_subject_name(out.get()), name);
  return out;
}

/// {authority.pem, authority.key}.
Result<std::pair<std::string, std::string>> MakeAuthority(int64_t now_ms) {
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate = NewCertificate("Sluice: AWS's hosts on this machine", key);
  if (!certificate) return Failed("cannot make a key");
  const time_t begin = static_cast<time_t>(now_ms / 1000) - kClockSkewSeconds;
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), begin);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), begin + kLifetimeSeconds);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  std::string names = "critical";
  for (std::string_view domain : kAwsDomains) names += fmt::format(",permitted;DNS:{}", domain);
  X509* raw = certificate.get();
  if (!Extend(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !Extend(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !Extend(raw, raw, NID_subject_key_identifier, "hash") || !Extend(raw, raw, NID_name_constraints, names) ||
      X509_sign(raw, key.get(), EVP_sha256()) == 0) {
    return Failed("cannot make its certificate");
  }
  return std::pair(Pem(certificate), Pem(key));
}

/// Both belong together and are good for a while.
bool IsUsable(const std::string& certificate_pem, const std::string& key_pem, int64_t now_ms) {
  Certificate certificate = ReadCertificate(certificate_pem);
  Key key = ReadKey(key_pem);
  ERR_clear_error();
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  time_t renew = static_cast<time_t>(now_ms / 1000) + kRenewSeconds;
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &renew) > 0;
}

}  // namespace

bool IsAwsHost(std::string_view host) {
  for (std::string_view domain : kAwsDomains) {
    if (host.size() > domain.size() + 1 && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.') {
      return true;
    }
  }
  return false;
}

Result<CertificateAuthority> CertificateAuthority::Open(const std::string& folder, int64_t now_ms) {
  const std::string certificate_path = folder + "/authority.pem";
  const std::string key_path = folder + "/authority.key";
  auto certificate = ReadFile(certificate_path);
  auto key = ReadFile(key_path);
  if (certificate.ok() && key.ok() && IsUsable(*certificate, *key, now_ms)) {
    return CertificateAuthority(std::move(*certificate), std::move(*key));
  }
  SLUICE_ASSIGN_OR_RETURN(auto made, MakeAuthority(now_ms));
  const mode_t mask = umask(0077);
  Status written = WriteFileAtomically(key_path, made.second);
  umask(mask);
  SLUICE_RETURN_IF_ERROR(written);
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(certificate_path, made.first));
  return CertificateAuthority(std::move(made.first), std::move(made.second));
}

Result<IssuedCertificate> CertificateAuthority::Issue(const std::string& host) const {
  if (!IsAwsHost(host) || host.find_first_of(",:;/ ") != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no host name of AWS", host));
  }
  Certificate authority = ReadCertificate(certificate_);
  Key authority_key = ReadKey(key_);
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate = NewCertificate("Sluice: AWS front", key);
  if (!authority || !authority_key || !certificate) return Failed("cannot make a key");
  X509* raw = certificate.get();
  X509_set1_notBefore(raw, X509_get0_notBefore(authority.get()));
  X509_set1_notAfter(raw, X509_get0_notAfter(authority.get()));
  X509_set_issuer_name(raw, X509_get_subject_name(authority.get()));
  if (!Extend(raw, authority.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !Extend(raw, authority.get(), NID_key_usage, "critical,digitalSignature") ||
      !Extend(raw, authority.get(), NID_ext_key_usage, "serverAuth") ||
      !Extend(raw, authority.get(), NID_authority_key_identifier, "keyid") ||
      !Extend(raw, authority.get(), NID_subject_alt_name, "DNS:" + host) ||
      X509_sign(raw, authority_key.get(), EVP_sha256()) == 0) {
    return Failed("cannot issue a certificate");
  }
  return IssuedCertificate{Pem(certificate) + certificate_, Pem(key)};
}

}  // namespace sluice::service
