// The rows of one partition in order: what Top-N keeps. Rows of equal order stand in order of arrival.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/operators/row_list.h"

namespace sluice::engine {

class RankRows {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Adds a row behind those of equal order; answers its rank (from 1). Ranks beyond `last` are not worth counting: any
  /// number beyond it is answered.
  int64_t Add(const std::string& key, std::string_view row, int64_t last) {
    auto& rows = rows_[key];
    rows.emplace_back(row);
    ++size_;
    return Before(key, last) + static_cast<int64_t>(rows.size());
  }
  /// Removes the first equal row; answers its rank as Add does, 0 if there is none.
  int64_t Remove(const std::string& key, std::string_view row, int64_t last) {
    auto at = rows_.find(key);
    if (at == rows_.end()) return 0;
    for (size_t k = 0; k < at->second.size(); ++k) {
      if (at->second[k] != row) continue;
      const int64_t rank = Before(key, last) + static_cast<int64_t>(k) + 1;
      at->second.erase(at->second.begin() + static_cast<std::ptrdiff_t>(k));
      if (at->second.empty()) rows_.erase(at);
      --size_;
      return rank;
    }
    return 0;
  }
  void RemoveLast() {
    auto last = std::prev(rows_.end());
    last->second.pop_back();
    if (last->second.empty()) rows_.erase(last);
    --size_;
  }
  const std::string& last_key() const { return rows_.rbegin()->first; }
  const std::string& last_row() const { return rows_.rbegin()->second.back(); }

  /// Calls f(rank, row) from rank `first` on while it answers true.
  template <typename F>
  void From(int64_t first, F&& f) const {
    int64_t rank = 0;
    for (const auto& [key, rows] : rows_) {
      const auto count = static_cast<int64_t>(rows.size());
      if (rank + count < first) {
        rank += count;
        continue;
      }
      for (const std::string& row : rows) {
        if (++rank >= first && !f(rank, row)) return;
      }
    }
  }
  template <typename F>
  void ForEachKey(F&& f) const {
    for (const auto& [key, rows] : rows_) f(rows);
  }

  /// The bound of the ranks that the partition's first row named; kNoEnd until then.
  static constexpr int64_t kNoEnd = INT64_MIN;
  static constexpr std::string_view kEndMark = "\xFF";  // in the place of a key: those begin with smaller bytes
  int64_t end = kNoEnd;

  void Save(std::string& out) const {
    if (end != kNoEnd) {
      PutBytes(kEndMark, out);
      PutBytes(std::to_string(end), out);
    }
    for (const auto& [key, rows] : rows_) {
      for (const std::string& row : rows) {
        PutBytes(key, out);
        PutBytes(row, out);
      }
    }
  }
  bool Load(std::string_view in) {
    std::string_view key, row;
    while (!in.empty()) {
      if (!TakeBytes(in, key) || !TakeBytes(in, row)) return false;
      if (key == kEndMark) {
        end = std::stoll(std::string(row));
        continue;
      }
      rows_[std::string(key)].emplace_back(row);
      ++size_;
    }
    return true;
  }

 private:
  /// How many rows stand before the key, or a number beyond `last`.
  int64_t Before(const std::string& key, int64_t last) const {
    int64_t count = 0;
    for (auto at = rows_.begin(); at != rows_.end() && count <= last && at->first < key; ++at) {
      count += static_cast<int64_t>(at->second.size());
    }
    return count;
  }

  std::map<std::string, std::vector<std::string>> rows_;
  size_t size_ = 0;
};

}  // namespace sluice::engine
