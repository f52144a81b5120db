// The rows of one partition of an upsert stream in order, found again by their upsert key.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/operators/row_list.h"

namespace sluice::engine {

class UpsertRankRows {
 public:
  struct Entry {
    std::string order;  // encoded sort key
    std::string row;
  };
  /// Sort key → upsert keys of the rows with it, in order of arrival.
  using Order = std::map<std::string, std::vector<std::string>>;

  size_t size() const { return rows_.size(); }
  const Order& order() const { return order_; }
  const Entry* Find(const std::string& key) const {
    const auto at = rows_.find(key);
    return at == rows_.end() ? nullptr : &at->second;
  }
  const std::string& row(const std::string& key) const { return rows_.at(key).row; }

  void Add(const std::string& key, std::string order, std::string row) {
    order_[order].push_back(key);
    rows_[key] = {std::move(order), std::move(row)};
  }
  /// Same place in the order.
  void Replace(const std::string& key, std::string row) { rows_.at(key).row = std::move(row); }
  void Remove(const std::string& key) {
    const auto at = rows_.find(key);
    auto same = order_.find(at->second.order);
    std::erase(same->second, key);
    if (same->second.empty()) order_.erase(same);
    rows_.erase(at);
  }
  /// Removes the last row and answers it.
  std::string TakeLast() {
    const std::string key = order_.rbegin()->second.back();
    std::string row = rows_.at(key).row;
    Remove(key);
    return row;
  }
  /// From 1.
  int64_t RankOf(const std::string& key) const {
    int64_t rank = 0;
    const std::string& order = rows_.at(key).order;
    for (const auto& [at, keys] : order_) {
      if (at != order) {
        rank += static_cast<int64_t>(keys.size());
        continue;
      }
      for (const std::string& k : keys) {
        ++rank;
        if (k == key) return rank;
      }
    }
    return rank;
  }

  void Save(std::string& out) const {
    for (const auto& [order, keys] : order_) {
      for (const std::string& key : keys) {
        PutBytes(order, out);
        PutBytes(key, out);
        PutBytes(rows_.at(key).row, out);
      }
    }
  }
  bool Load(std::string_view in) {
    std::string_view order, key, row;
    while (!in.empty()) {
      if (!TakeBytes(in, order) || !TakeBytes(in, key) || !TakeBytes(in, row)) return false;
      Add(std::string(key), std::string(order), std::string(row));
    }
    return true;
  }

 private:
  Order order_;
  std::unordered_map<std::string, Entry> rows_;
};

}  // namespace sluice::engine
