#include "service/auth/signed_token.h"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/files.h"
#include "net/digest.h"
#include "service/model/validate.h"

namespace sluice::service {
namespace {

constexpr size_t kSecretBytes = 32;

std::string ToUrlText(std::string_view bytes) {
  std::string text = net::Base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> FromUrlText(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;  // one text for one payload
  std::string base64(text);
  std::replace(base64.begin(), base64.end(), '-', '+');
  std::replace(base64.begin(), base64.end(), '_', '/');
  base64.append((4 - base64.size() % 4) % 4, '=');
  return Base64Decode(base64);
}

}  // namespace

Result<TokenSigner> TokenSigner::Open(const std::string& path, Random& random) {
  auto known = ReadFile(path);
  if (known.ok() && known->size() >= kSecretBytes) return TokenSigner(std::move(*known));
  if (!known.ok() && known.error().code() != ErrorCode::kNotFound) return known.error();
  std::string secret;
  while (secret.size() < kSecretBytes) {
    const uint64_t bits = random.Next();
    secret.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
  }
  const mode_t before = umask(077);  // the file must never be readable by others, not even for a moment
  auto written = WriteFileAtomically(path, secret);
  umask(before);
  if (!written.ok()) return written.error();
  return TokenSigner(std::move(secret));
}

std::string TokenSigner::Mac(std::string_view purpose, std::string_view payload) const {
  std::string message = std::to_string(purpose.size()) + ":";
  message.append(purpose).append(payload);
  return net::HmacSha256(secret_, message);
}

std::string TokenSigner::Sign(std::string_view purpose, std::string_view payload) const {
  return ToUrlText(payload) + "." + ToUrlText(Mac(purpose, payload));
}

std::optional<std::string> TokenSigner::Verify(std::string_view purpose, std::string_view token) const {
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto payload = FromUrlText(token.substr(0, dot));
  auto mac = FromUrlText(token.substr(dot + 1));
  if (!payload || !mac) return std::nullopt;
  const std::string expected = Mac(purpose, *payload);
  if (mac->size() != expected.size() || CRYPTO_memcmp(mac->data(), expected.data(), expected.size()) != 0) {
    return std::nullopt;
  }
  return payload;
}

}  // namespace sluice::service
