// Encoded keys of a table: a hash and bytes, at addresses that never move. The room of erased keys is taken again by
// keys of about the same size, so a table with much coming and going stays as large as it was at its fullest.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::engine {

/// A key in an arena. The bytes follow.
struct StoredKey {
  uint64_t hash;
  uint32_t size;

  const char* data() const { return reinterpret_cast<const char*>(this) + kHeader; }
  std::string_view bytes() const { return {data(), size}; }
  static constexpr size_t kHeader = 12;
};

class KeyArena {
 public:
  KeyArena() = default;
  KeyArena(KeyArena&&) = default;
  KeyArena& operator=(KeyArena&&) = default;

  StoredKey* Store(uint64_t hash, std::string_view bytes);
  void Release(StoredKey* key);
  size_t memory_bytes() const { return memory_bytes_; }

 private:
  /// Sizes are counted in units of 8 bytes; keys above the last class have a block of their own.
  static constexpr size_t kUnit = 8;
  static constexpr size_t kClasses = 64;
  static constexpr size_t kFirstBlock = 1 << 10;
  static constexpr size_t kLargestBlock = 64 << 10;

  char* Allocate(size_t units);

  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_bytes_ = 0;
  size_t used_ = 0;          // of the last block
  std::vector<char*> free_;  // by class: the first one; each begins with the address of the next
  std::unordered_map<const StoredKey*, std::unique_ptr<char[]>> large_;
  size_t memory_bytes_ = 0;
};

}  // namespace sluice::engine
