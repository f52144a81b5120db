#include "net/base64.h"

#include <array>
#include <cstdint>

namespace sluice::net {
namespace {

constexpr uint8_t kBad = 0xff;

constexpr std::array<uint8_t, 256> MakeValues() {
  std::array<uint8_t, 256> values{};
  for (auto& v : values) v = kBad;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}
constexpr std::array<uint8_t, 256> kValues = MakeValues();

}  // namespace

std::optional<size_t> DecodeBase64(std::string_view text, char* out) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return 0;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t whole = text.size() / 4 - (padding > 0 ? 1 : 0);
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const char* begin = out;
  uint8_t seen = 0;
  for (size_t i = 0; i < whole; ++i, in += 4) {
    const uint8_t a = kValues[in[0]], b = kValues[in[1]], c = kValues[in[2]], d = kValues[in[3]];
    seen |= a | b | c | d;
    *out++ = static_cast<char>(a << 2 | b >> 4);
    *out++ = static_cast<char>(b << 4 | c >> 2);
    *out++ = static_cast<char>(c << 6 | d);
  }
  if (padding > 0) {
    const uint8_t a = kValues[in[0]], b = kValues[in[1]], c = padding == 1 ? kValues[in[2]] : 0;
    seen |= a | b | c;
    *out++ = static_cast<char>(a << 2 | b >> 4);
    if (padding == 1) *out++ = static_cast<char>(b << 4 | c >> 2);
  }
  // Values have six bits; only kBad has the highest.
  if ((seen & 0x80) != 0) return std::nullopt;
  return static_cast<size_t>(out - begin);
}

}  // namespace sluice::net
