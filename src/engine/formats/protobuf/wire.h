// Protobuf's wire format: tags, varints, lengths.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sluice::engine::protobuf {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kDelimited = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

/// Bytes of a message, from front to back. Every call answers false where the bytes end early or are broken.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), limit_(at_ + bytes.size()) {}

  bool done() const { return at_ == limit_; }
  bool Varint(uint64_t* out) {
    uint64_t v = 0;
    for (int shift = 0; shift < 70 && at_ < limit_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift < 64) v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        *out = v;
        return true;
      }
    }
    return false;
  }
  template <typename T>
  bool Fixed(T* out) {
    if (static_cast<size_t>(limit_ - at_) < sizeof(T)) return false;
    std::memcpy(out, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }
  bool Delimited(std::string_view* out) {
    uint64_t size = 0;
    if (!Varint(&size) || size > static_cast<uint64_t>(limit_ - at_)) return false;
    *out = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }
  /// The number is not 0.
  bool Tag(uint32_t* number, uint32_t* type) {
    uint64_t tag = 0;
    if (!Varint(&tag) || tag > UINT32_MAX) return false;
    *number = static_cast<uint32_t>(tag >> 3);
    *type = static_cast<uint32_t>(tag & 7);
    return *number != 0;
  }
  /// The value of a field that nobody asks for; of a group all of it.
  bool Skip(uint32_t number, uint32_t type, int depth = 0) {
    uint64_t v = 0;
    uint32_t v32 = 0;
    std::string_view bytes;
    switch (type) {
      case kVarint: return Varint(&v);
      case kFixed64: return Fixed(&v);
      case kFixed32: return Fixed(&v32);
      case kDelimited: return Delimited(&bytes);
      case kStartGroup: return GroupBytes(number, &bytes, depth);
      default: return false;
    }
  }
  /// What stands between the start of a group and its end.
  bool GroupBytes(uint32_t number, std::string_view* out, int depth = 0) {
    constexpr int kDeepest = 100;
    if (depth > kDeepest) return false;
    const char* begin = at_;
    while (true) {
      const char* before = at_;
      uint32_t inner = 0, type = 0;
      if (!Tag(&inner, &type)) return false;
      if (type == kEndGroup) {
        *out = {begin, static_cast<size_t>(before - begin)};
        return inner == number;
      }
      if (!Skip(inner, type, depth + 1)) return false;
    }
  }

 private:
  const char* at_;
  const char* limit_;
};

inline void WriteVarint(uint64_t v, std::string& out) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}
inline void WriteTag(int32_t number, WireType type, std::string& out) {
  WriteVarint(static_cast<uint64_t>(number) << 3 | type, out);
}
inline void WriteDelimited(std::string_view bytes, std::string& out) {
  WriteVarint(bytes.size(), out);
  out += bytes;
}
inline uint64_t ZigZag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
inline int64_t UnZigZag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

}  // namespace sluice::engine::protobuf
