#include "base/ids.h"

#include <fmt/format.h>

namespace sluice {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Id128::ToString() const { return fmt::format("{:016x}{:016x}", high, low); }

Result<Id128> Id128::Parse(std::string_view text) {
  Id128 id;
  bool good = text.size() == 32;
  for (size_t i = 0; good && i < text.size(); ++i) {
    const int digit = HexDigit(text[i]);
    good = digit >= 0;
    uint64_t& half = i < 16 ? id.high : id.low;
    half = half << 4 | static_cast<uint64_t>(digit);
  }
  if (good) return id;
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an id: expected 32 hexadecimal digits", text));
}

}  // namespace sluice
