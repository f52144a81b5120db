#include "engine/connectors/kafka/protocol/scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>

namespace sluice::engine::kafka {
namespace {

std::string Base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

std::string FromBase64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return {};
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

/// "r=…,s=…,i=…": the value of one letter.
std::string Attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const size_t end = std::min(message.find(','), message.size());
    const std::string_view part = message.substr(0, end);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return std::string(part.substr(2));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return {};
}

std::string Escaped(const std::string& user) {
  std::string out;
  for (const char c : user) {
    if (c == '=') {
      out += "=3D";
    } else if (c == ',') {
      out += "=2C";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

ScramClient::ScramClient(bool sha512, std::string user, std::string password, std::string nonce)
    : sha512_(sha512), user_(std::move(user)), password_(std::move(password)), nonce_(std::move(nonce)) {
  if (!nonce_.empty()) return;
  unsigned char random[18];
  RAND_bytes(random, sizeof(random));
  nonce_ = Base64({reinterpret_cast<char*>(random), sizeof(random)});
}

std::string ScramClient::Hmac(std::string_view key, std::string_view text) const {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(sha512_ ? EVP_sha512() : EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<char*>(digest), size};
}

std::string ScramClient::Hash(std::string_view text) const {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, sha512_ ? EVP_sha512() : EVP_sha256(), nullptr);
  return {reinterpret_cast<char*>(digest), size};
}

std::string ScramClient::First() const { return "n,,n=" + Escaped(user_) + ",r=" + nonce_; }

Result<std::string> ScramClient::Final(std::string_view server_first) {
  const std::string nonce = Attribute(server_first, 'r'), salt = FromBase64(Attribute(server_first, 's'));
  const std::string rounds = Attribute(server_first, 'i');
  int iterations = 0;
  std::from_chars(rounds.data(), rounds.data() + rounds.size(), iterations);
  if (!nonce.starts_with(nonce_) || salt.empty() || iterations < 1) {
    return Error(ErrorCode::kIo, "A Kafka broker sent a malformed SCRAM message.");
  }
  const size_t size = sha512_ ? 64 : 32;
  std::string salted(size, '\0');
  PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                    sha512_ ? EVP_sha512() : EVP_sha256(), static_cast<int>(size),
                    reinterpret_cast<unsigned char*>(salted.data()));
  const std::string without_proof = "c=biws,r=" + nonce;
  const std::string signed_text = First().substr(3) + "," + std::string(server_first) + "," + without_proof;
  const std::string client_key = Hmac(salted, "Client Key");
  std::string proof = Hmac(Hash(client_key), signed_text);
  for (size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  server_signature_ = Hmac(Hmac(salted, "Server Key"), signed_text);
  return without_proof + ",p=" + Base64(proof);
}

bool ScramClient::Check(std::string_view server_final) const {
  return !server_signature_.empty() && FromBase64(Attribute(server_final, 'v')) == server_signature_;
}

}  // namespace sluice::engine::kafka
