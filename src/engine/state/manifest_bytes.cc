#include "engine/state/manifest_bytes.h"

namespace sluice::engine {

void FieldWriter::Number(uint64_t value) {
  while (value >= 0x80) {
    bytes_ += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes_ += static_cast<char>(value);
}

void FieldWriter::Fixed(uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(value >> shift);
}

void FieldWriter::Text(std::string_view bytes) {
  Number(bytes.size());
  bytes_ += bytes;
}

uint64_t FieldReader::Number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

int64_t FieldReader::Signed() {
  const uint64_t value = Number();
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

uint64_t FieldReader::Fixed() {
  if (rest_.size() < 8) {
    Fail();
    return 0;
  }
  uint64_t value = 0;
  for (int k = 7; k >= 0; --k) value = value << 8 | static_cast<uint8_t>(rest_[static_cast<size_t>(k)]);
  rest_.remove_prefix(8);
  return value;
}

std::string_view FieldReader::Text() {
  const uint64_t size = Number();
  if (size > rest_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

uint64_t FieldReader::Count() { return Bounded(rest_.empty() ? 0 : rest_.size()); }

uint64_t FieldReader::Bounded(uint64_t limit) {
  const uint64_t value = Number();
  if (value <= limit) return value;
  Fail();
  return 0;
}

}  // namespace sluice::engine
