// A small hash map from bytes to bytes that remembers the order of insertion: what an operator keeps under one key
// (rows of a join, values of a DISTINCT). There are millions of them, most with one or two entries: everything lies in
// one block, and only larger maps have an index. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sluice::engine {

class ByteMap {
 public:
  ByteMap() = default;
  ~ByteMap() { Clear(); }
  ByteMap(const ByteMap&) = delete;
  ByteMap& operator=(const ByteMap&) = delete;

  size_t size() const { return live_; }
  bool empty() const { return live_ == 0; }

  static uint32_t HashOf(std::string_view key);

  /// The value, aligned to 8 bytes; null if the key is not there. Pointers hold until the next Set, Erase or Clear.
  std::byte* Find(std::string_view key) const { return Find(key, HashOf(key)); }
  std::byte* Find(std::string_view key, uint32_t hash) const;
  /// Makes room for a value of `bytes` under the key, of undefined content unless an old value had the same size. A key
  /// that is there keeps its place in the order. Answers whether it is new, too. `key` lies outside of the map.
  std::pair<std::byte*, bool> Set(std::string_view key, size_t bytes) { return Set(key, HashOf(key), bytes); }
  std::pair<std::byte*, bool> Set(std::string_view key, uint32_t hash, size_t bytes);
  /// For callers with many keys to look up: first all the one, then all the other, then the calls find what they need
  /// in the processor's cache.
  void PrefetchIndex(uint32_t hash) const {
    __builtin_prefetch(index_ != nullptr ? static_cast<const void*>(index_ + (hash & (index_size_ - 1))) : words_);
  }
  void PrefetchEntry(uint32_t hash) const {
    if (index_ == nullptr) return;
    const uint32_t at = index_[hash & (index_size_ - 1)];
    if (at != kNone) __builtin_prefetch(words_ + at);
  }
  /// False if the key is not there.
  bool Erase(std::string_view key);
  void Clear();

  /// f(key, value, bytes of the value) in order of insertion. f must not change the map, but may change values.
  template <typename F>
  void ForEach(F&& f) const {
    for (uint32_t at = 0; at < used_; at += WordsOf(HeadAt(at))) {
      const Head* head = &HeadAt(at);
      if (head->state == kMoved) {
        head = &HeadAt(head->moved_to);
      } else if (head->state != kLive) {
        continue;
      }
      f(KeyOf(*head), ValueOf(*head), static_cast<size_t>(head->value_bytes));
    }
  }
  /// Erases the entries that f(key, value, bytes) answers true for.
  template <typename F>
  void EraseIf(F&& f) {
    for (uint32_t at = 0; at < used_; at += WordsOf(HeadAt(at))) {
      const State state = HeadAt(at).state;
      if (state != kLive && state != kMoved) continue;
      const Head& head = Resolve(at);
      if (f(KeyOf(head), ValueOf(head), static_cast<size_t>(head.value_bytes))) EraseAt(at);
    }
    Tidy();
  }

 private:
  /// An entry is a head, the value, the key, and padding to whole words. Offsets are in words of 8 bytes.
  enum State : uint32_t {
    kLive,
    kMoved,        // the value outgrew its place; the entry stands at moved_to, its place in the order is here
    kReplacement,  // what a kMoved entry refers to
    kDead,
  };
  struct Head {
    uint32_t hash;
    uint32_t key_bytes;
    uint32_t value_bytes;
    State state;
    uint32_t moved_to;
    uint32_t words;  // of the whole entry
  };
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kIndexed = 12;  // entries from which on there is an index

  static uint32_t WordsOf(const Head& head) { return head.words; }
  static std::byte* ValueOf(const Head& head) {
    return reinterpret_cast<std::byte*>(const_cast<Head*>(&head)) + sizeof(Head);
  }
  static std::string_view KeyOf(const Head& head) {
    const std::byte* key = ValueOf(head) + (head.value_bytes + 7) / 8 * 8;
    return {reinterpret_cast<const char*>(key), head.key_bytes};
  }
  Head& HeadAt(uint32_t at) const { return *reinterpret_cast<Head*>(words_ + at); }
  Head& Resolve(uint32_t at) const {
    Head& head = HeadAt(at);
    return head.state == kMoved ? HeadAt(head.moved_to) : head;
  }
  uint32_t Locate(std::string_view key, uint32_t hash) const;
  uint32_t Append(std::string_view key, uint32_t hash, size_t value_bytes, State state);
  void Reserve(size_t words);
  void EraseAt(uint32_t at);
  /// Packs the block if most of it is dead.
  void Tidy();
  void Reindex();
  void PutIntoIndex(uint32_t at);

  uint64_t* words_ = nullptr;
  uint32_t* index_ = nullptr;  // open addressing: offsets of live, moved and dead entries; null: none
  uint32_t used_ = 0;          // words
  uint32_t capacity_ = 0;      // words
  uint32_t live_ = 0;
  uint32_t placed_ = 0;      // entries that the index has or would have
  uint32_t dead_words_ = 0;  // of dead entries, and of moved ones
  uint32_t index_size_ = 0;  // a power of two
};

}  // namespace sluice::engine
