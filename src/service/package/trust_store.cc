#include "service/package/trust_store.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/files.h"

namespace sluice::service {
namespace {

constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"};
// Java takes a certificate without a key for a trusted one only if it carries this (its value: for any use).
constexpr const char* kTrustedKeyUsage = "2.16.840.1.113894.746875.1.1";
constexpr int kMacIterations = 10'000;

bool MarkTrusted(PKCS12_SAFEBAG* bag) {
  ASN1_OBJECT* any_use = OBJ_nid2obj(NID_anyExtendedKeyUsage);
  ASN1_OBJECT* name = OBJ_txt2obj(kTrustedKeyUsage, 1);
  X509_ATTRIBUTE* attribute = X509_ATTRIBUTE_create_by_OBJ(nullptr, name, V_ASN1_OBJECT, any_use, -1);
  ASN1_OBJECT_free(name);
  // The bag has had a name given: its list of attributes is there, and OpenSSL 3.0 has no other way to it.
  auto* attributes = const_cast<STACK_OF(X509_ATTRIBUTE)*>(PKCS12_SAFEBAG_get0_attrs(bag));
  if (attribute == nullptr || attributes == nullptr) return false;
  return sk_X509_ATTRIBUTE_push(attributes, attribute) > 0;
}

bool AddCertificate(STACK_OF(PKCS12_SAFEBAG) * *bags, X509* certificate, int number) {
  PKCS12_SAFEBAG* bag = PKCS12_add_cert(bags, certificate);
  const std::string name = fmt::format("authority-{}", number);
  return bag != nullptr && PKCS12_add_friendlyname_utf8(bag, name.c_str(), static_cast<int>(name.size())) == 1 &&
         MarkTrusted(bag);
}

std::string Der(PKCS12* store) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS12(store, &bytes);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

}  // namespace

std::string MachineCertificates(const net::EnvLookup& environment) {
  std::string out;
  if (const std::string own = environment("SSL_CERT_FILE"); !own.empty())
    out = ReadFile(own).ok() ? *ReadFile(own) : "";
  for (const char* path : kBundles) {
    if (!out.empty()) break;
    if (auto bundle = ReadFile(path); bundle.ok()) out = std::move(*bundle);
  }
  if (const std::string aws = environment("AWS_CA_BUNDLE"); !aws.empty()) {
    if (auto bundle = ReadFile(aws); bundle.ok()) out += "\n" + *bundle;
  }
  return out;
}

Result<std::string> TrustStore(std::string_view pem, const std::string& password) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
  STACK_OF(PKCS7)* safes = nullptr;
  bool good = true;
  int number = 0;
  // A broken certificate ends the reading with an error of its own; the next one is found behind its BEGIN line.
  while (!BIO_eof(memory)) {
    X509* certificate = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
    if (certificate == nullptr) continue;
    good = good && AddCertificate(&bags, certificate, ++number);
    X509_free(certificate);
  }
  BIO_free(memory);
  ERR_clear_error();
  good = good && number > 0 && PKCS12_add_safe(&safes, bags, -1, 0, nullptr) == 1;
  PKCS12* store = good ? PKCS12_add_safes(safes, 0) : nullptr;
  std::string out;
  if (store != nullptr && PKCS12_set_mac(store, password.c_str(), -1, nullptr, 0, kMacIterations, EVP_sha256()) == 1) {
    out = Der(store);
  }
  PKCS12_free(store);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  if (out.empty())
    return Error(ErrorCode::kIo, "the trust store cannot be made: there are no certificates to put into it");
  return out;
}

}  // namespace sluice::service
