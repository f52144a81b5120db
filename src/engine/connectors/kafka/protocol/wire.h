// Kafka's wire format: big-endian numbers, strings and arrays with their length before them; "compact" ones carry the
// length plus one as a varint, in the newer ("flexible") versions of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::engine::kafka {

class WireWriter {
 public:
  void Int8(int8_t v) { bytes_.push_back(static_cast<char>(v)); }
  void Int16(int16_t v) { BigEndian(static_cast<uint16_t>(v), 2); }
  void Int32(int32_t v) { BigEndian(static_cast<uint32_t>(v), 4); }
  void Int64(int64_t v) { BigEndian(static_cast<uint64_t>(v), 8); }
  void Bool(bool v) { Int8(v ? 1 : 0); }
  void String(std::string_view s) {
    Int16(static_cast<int16_t>(s.size()));
    bytes_.append(s);
  }
  void Bytes(std::string_view s) {
    Int32(static_cast<int32_t>(s.size()));
    bytes_.append(s);
  }
  void Varint(uint32_t v) {
    for (; v >= 0x80; v >>= 7) bytes_.push_back(static_cast<char>(v | 0x80));
    bytes_.push_back(static_cast<char>(v));
  }
  void CompactString(std::string_view s) {
    Varint(static_cast<uint32_t>(s.size()) + 1);
    bytes_.append(s);
  }
  void CompactLength(size_t n) { Varint(static_cast<uint32_t>(n) + 1); }
  void NoTags() { Varint(0); }
  void Raw(std::string_view s) { bytes_.append(s); }
  const std::string& bytes() const { return bytes_; }

 private:
  void BigEndian(uint64_t v, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(v >> shift));
  }
  std::string bytes_;
};

/// Answers zeros and empty strings past the end; ok() tells.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  int8_t Int8() { return static_cast<int8_t>(BigEndian(1)); }
  int16_t Int16() { return static_cast<int16_t>(BigEndian(2)); }
  int32_t Int32() { return static_cast<int32_t>(BigEndian(4)); }
  int64_t Int64() { return static_cast<int64_t>(BigEndian(8)); }
  /// Null is empty.
  std::string String() { return Take(Int16()); }
  std::string Bytes() { return Take(Int32()); }
  /// The same without a copy: of what the reader was given.
  std::string_view BytesView() { return TakeView(Int32()); }
  uint32_t Varint() {
    uint32_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = static_cast<uint8_t>(Int8());
      v |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) break;
    }
    return v;
  }
  std::string CompactString() { return Take(static_cast<int64_t>(Varint()) - 1); }
  /// Elements of a compact array; null is none.
  uint32_t CompactLength() {
    const uint32_t n = Varint();
    return n == 0 ? 0 : n - 1;
  }
  void SkipTags() {
    for (uint32_t n = Varint(); n > 0 && ok_; --n) {
      (void)Varint();
      (void)Take(Varint());
    }
  }
  bool ok() const { return ok_; }
  std::string_view rest() const { return bytes_; }

 private:
  uint64_t BigEndian(size_t size) {
    if (bytes_.size() < size) {
      ok_ = false;
      bytes_ = {};
      return 0;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < size; ++i) v = v << 8 | static_cast<uint8_t>(bytes_[i]);
    bytes_.remove_prefix(size);
    return v;
  }
  std::string Take(int64_t size) { return std::string(TakeView(size)); }
  std::string_view TakeView(int64_t size) {
    if (size <= 0) return {};
    if (static_cast<uint64_t>(size) > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, static_cast<size_t>(size));
    bytes_.remove_prefix(static_cast<size_t>(size));
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace sluice::engine::kafka
