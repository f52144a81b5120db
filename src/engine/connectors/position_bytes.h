// Numbers and texts as bytes and back: the positions and commits of connectors.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::engine {

class PositionWriter {
 public:
  void Number(uint64_t v) {
    for (int i = 0; i < 8; ++i) bytes_.push_back(static_cast<char>(v >> (8 * i)));
  }
  void Text(std::string_view s) {
    Number(s.size());
    bytes_.append(s);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Answers zeros and empty texts past the end; ok() tells.
class PositionReader {
 public:
  explicit PositionReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t Number() {
    if (bytes_.size() < 8) {
      ok_ = false;
      return 0;
    }
    uint64_t v = 0;
    for (int i = 0; i < 8; ++i)
      v |= static_cast<uint64_t>(static_cast<unsigned char>(bytes_[static_cast<size_t>(i)])) << (8 * i);
    bytes_.remove_prefix(8);
    return v;
  }
  std::string Text() {
    const uint64_t size = Number();
    if (size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    std::string s(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return s;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace sluice::engine
