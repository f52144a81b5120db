#include "engine/operators/byte_map.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/result.h"

namespace sluice::engine {
namespace {

template <typename T>
T* Resized(T* block, size_t count) {
  void* grown = std::realloc(block, count * sizeof(T));
  if (grown == nullptr) throw std::bad_alloc();
  return static_cast<T*>(grown);
}

}  // namespace

uint32_t ByteMap::HashOf(std::string_view key) { return static_cast<uint32_t>(XXH3_64bits(key.data(), key.size())); }

std::byte* ByteMap::Find(std::string_view key, uint32_t hash) const {
  if (live_ == 0) return nullptr;
  const uint32_t at = Locate(key, hash);
  return at == kNone ? nullptr : ValueOf(Resolve(at));
}

std::pair<std::byte*, bool> ByteMap::Set(std::string_view key, uint32_t hash, size_t bytes) {
  const uint32_t at = Locate(key, hash);
  if (at == kNone) {
    const uint32_t added = Append(key, hash, bytes, kLive);
    ++live_;
    ++placed_;
    if (index_ != nullptr && placed_ * 2 <= index_size_) {
      PutIntoIndex(added);
    } else if (placed_ > kIndexed) {
      Reindex();
    }
    return {ValueOf(HeadAt(added)), true};
  }
  const Head& old = Resolve(at);
  if (old.value_bytes == bytes) return {ValueOf(old), false};
  const uint32_t added = Append(key, hash, bytes, kReplacement);
  Head& place = HeadAt(at);
  if (place.state == kMoved) {
    Head& before = HeadAt(place.moved_to);
    before.state = kDead;
    dead_words_ += before.words;
  } else {
    place.state = kMoved;
    dead_words_ += place.words;
  }
  place.moved_to = added;
  if (dead_words_ * 2 <= used_ || used_ < 64) return {ValueOf(HeadAt(added)), false};
  Tidy();
  return {ValueOf(Resolve(Locate(key, hash))), false};
}

bool ByteMap::Erase(std::string_view key) {
  if (live_ == 0) return false;
  const uint32_t at = Locate(key, HashOf(key));
  if (at == kNone) return false;
  EraseAt(at);
  Tidy();
  return true;
}

void ByteMap::Clear() {
  std::free(words_);
  std::free(index_);
  words_ = nullptr;
  index_ = nullptr;
  used_ = capacity_ = live_ = placed_ = dead_words_ = index_size_ = 0;
}

uint32_t ByteMap::Locate(std::string_view key, uint32_t hash) const {
  auto is_it = [&](uint32_t at) {
    const Head& place = HeadAt(at);
    if (place.hash != hash || (place.state != kLive && place.state != kMoved)) return false;
    return KeyOf(place) == key;
  };
  if (index_ != nullptr) {
    for (uint32_t slot = hash & (index_size_ - 1); index_[slot] != kNone; slot = (slot + 1) & (index_size_ - 1)) {
      if (is_it(index_[slot])) return index_[slot];
    }
    return kNone;
  }
  for (uint32_t at = 0; at < used_; at += WordsOf(HeadAt(at))) {
    if (is_it(at)) return at;
  }
  return kNone;
}

uint32_t ByteMap::Append(std::string_view key, uint32_t hash, size_t value_bytes, State state) {
  const size_t words = (sizeof(Head) + (value_bytes + 7) / 8 * 8 + key.size() + 7) / 8;
  Reserve(used_ + words);
  const uint32_t at = used_;
  used_ += static_cast<uint32_t>(words);
  Head* head = new (words_ + at) Head{.hash = hash,
                                      .key_bytes = static_cast<uint32_t>(key.size()),
                                      .value_bytes = static_cast<uint32_t>(value_bytes),
                                      .state = state,
                                      .moved_to = kNone,
                                      .words = static_cast<uint32_t>(words)};
  if (!key.empty()) std::memcpy(const_cast<char*>(KeyOf(*head).data()), key.data(), key.size());
  return at;
}

void ByteMap::Reserve(size_t words) {
  if (words <= capacity_) return;
  INVARIANT(words < kNone, "more than 32 GiB under one key of an operator's state");
  // The first entry gets just its room: most maps never have a second one.
  size_t wanted = capacity_ == 0 ? words : capacity_ + capacity_ / 2 + 8;
  if (wanted < words) wanted = words;
  if (wanted >= kNone) wanted = kNone - 1;
  words_ = Resized(words_, wanted);
  capacity_ = static_cast<uint32_t>(wanted);
}

void ByteMap::EraseAt(uint32_t at) {
  Head& place = HeadAt(at);
  if (place.state == kMoved) {
    Head& stands = HeadAt(place.moved_to);
    stands.state = kDead;
    dead_words_ += stands.words;
  } else {
    dead_words_ += place.words;
  }
  place.state = kDead;
  --live_;
}

void ByteMap::Tidy() {
  if (live_ == 0) return Clear();
  if (dead_words_ * 2 <= used_ || used_ < 64) return;
  ByteMap packed;
  packed.Reserve(used_ - dead_words_);
  ForEach([&](std::string_view key, std::byte* value, size_t bytes) {
    const uint32_t at = packed.Append(key, HashOf(key), bytes, kLive);
    std::memcpy(ValueOf(packed.HeadAt(at)), value, bytes);
    ++packed.live_;
  });
  packed.placed_ = packed.live_;
  if (packed.placed_ > kIndexed) packed.Reindex();
  std::swap(words_, packed.words_);
  std::swap(index_, packed.index_);
  used_ = packed.used_;
  capacity_ = packed.capacity_;
  placed_ = packed.placed_;
  dead_words_ = 0;
  index_size_ = packed.index_size_;
}

void ByteMap::Reindex() {
  // Dead entries are left out, so that the index does not grow with what comes and goes.
  placed_ = live_;
  size_t size = 32;
  while (size < size_t{4} * placed_) size *= 2;
  index_ = Resized(index_, size);
  index_size_ = static_cast<uint32_t>(size);
  std::memset(index_, 0xff, size * sizeof(uint32_t));
  for (uint32_t at = 0; at < used_; at += WordsOf(HeadAt(at))) {
    const State state = HeadAt(at).state;
    if (state == kLive || state == kMoved) PutIntoIndex(at);
  }
}

void ByteMap::PutIntoIndex(uint32_t at) {
  uint32_t slot = HeadAt(at).hash & (index_size_ - 1);
  while (index_[slot] != kNone) slot = (slot + 1) & (index_size_ - 1);
  index_[slot] = at;
}

}  // namespace sluice::engine
