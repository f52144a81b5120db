// A set of entry numbers, a bit each.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::engine {

class EntrySet {
 public:
  /// Of numbers below `size`: all of them, or none.
  EntrySet(size_t size, bool full) : size_(size), words_((size + 63) / 64, full ? ~uint64_t{0} : 0) {
    if (full && size % 64 != 0) words_.back() = (uint64_t{1} << size % 64) - 1;
  }

  size_t size() const { return size_; }
  void Add(uint32_t number) { words_[number / 64] |= Bit(number); }
  /// Takes the number out: whether it was in. Safe against other threads' Take: only one of them is told so.
  bool Take(uint32_t number) {
    std::atomic_ref<uint64_t> word(words_[number / 64]);
    const uint64_t bit = Bit(number);
    return (word.load(std::memory_order_relaxed) & bit) != 0 &&
           (word.fetch_and(~bit, std::memory_order_relaxed) & bit) != 0;
  }
  /// Calls f(number) in ascending order.
  template <typename F>
  void ForEach(F&& f) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t word = words_[w]; word != 0; word &= word - 1) {
        f(static_cast<uint32_t>(w * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  friend class EntryRanks;
  static uint64_t Bit(uint32_t number) { return uint64_t{1} << number % 64; }

  size_t size_;
  std::vector<uint64_t> words_;
};

/// How many numbers of a set, as it is now, are below one.
class EntryRanks {
 public:
  explicit EntryRanks(const EntrySet& set) : words_(set.words_), before_(set.words_.size()) {
    for (size_t w = 0; w < words_.size(); ++w) {
      before_[w] = count_;
      count_ += static_cast<uint32_t>(std::popcount(words_[w]));
    }
  }
  uint32_t count() const { return count_; }
  uint32_t operator()(uint32_t number) const {
    const uint64_t below = (uint64_t{1} << number % 64) - 1;
    return before_[number / 64] + static_cast<uint32_t>(std::popcount(words_[number / 64] & below));
  }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> before_;
  uint32_t count_ = 0;
};

}  // namespace sluice::engine
