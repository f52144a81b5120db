#include "engine/state/key_arena.h"

#include <algorithm>
#include <cstring>

namespace sluice::engine {

namespace {

size_t UnitsOf(size_t key_bytes, size_t unit) { return (StoredKey::kHeader + key_bytes + unit - 1) / unit; }

}  // namespace

char* KeyArena::Allocate(size_t units) {
  if (units < free_.size() && free_[units] != nullptr) {
    char* at = free_[units];
    std::memcpy(&free_[units], at, sizeof(char*));
    return at;
  }
  const size_t bytes = units * kUnit;
  if (blocks_.empty() || used_ + bytes > block_bytes_) {
    block_bytes_ = std::clamp(block_bytes_ * 2, kFirstBlock, kLargestBlock);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes_));
    memory_bytes_ += block_bytes_;
    used_ = 0;
  }
  char* at = blocks_.back().get() + used_;
  used_ += bytes;
  return at;
}

StoredKey* KeyArena::Store(uint64_t hash, std::string_view bytes) {
  const size_t units = UnitsOf(bytes.size(), kUnit);
  char* at;
  if (units < kClasses) {
    at = Allocate(units);
  } else {
    auto own = std::make_unique_for_overwrite<char[]>(units * kUnit);
    at = own.get();
    large_.emplace(reinterpret_cast<StoredKey*>(at), std::move(own));
    memory_bytes_ += units * kUnit;
  }
  auto* key = reinterpret_cast<StoredKey*>(at);
  key->hash = hash;
  key->size = static_cast<uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(at + StoredKey::kHeader, bytes.data(), bytes.size());
  return key;
}

void KeyArena::Release(StoredKey* key) {
  const size_t units = UnitsOf(key->size, kUnit);
  if (units >= kClasses) {
    memory_bytes_ -= units * kUnit;
    large_.erase(key);
    return;
  }
  if (free_.empty()) free_.resize(kClasses, nullptr);
  char* at = reinterpret_cast<char*>(key);
  std::memcpy(at, &free_[units], sizeof(char*));
  free_[units] = at;
}

}  // namespace sluice::engine
